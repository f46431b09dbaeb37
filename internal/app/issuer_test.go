package app_test

import (
	"maps"
	"os"
	"os/user"
	"slices"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/slipway/slipway/internal/certificate/issuertest"
)

// vault starts a CI that gives the job tokens and a Vault that signs for it. $VAULT_URL is its address, authority.pub what hosts must
// trust, and the variables by which a job of GitHub Actions asks for a token are set.
func vault(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: vault")
	}
	t := ts.Value("t").(testing.TB)
	ci := issuertest.StartCI(t)
	v := issuertest.StartVault(t, ci)
	who, err := user.Current() // whom the real sshd lets in
	ts.Check(err)
	v.Principals = []string{"deploy", who.Username}
	ts.Check(os.WriteFile(ts.MkAbs("authority.pub"), []byte(v.Authority+"\n"), 0o600))
	ts.Setenv("VAULT_URL", v.URL)
	env := ci.Env()
	for _, name := range slices.Sorted(maps.Keys(env)) {
		ts.Setenv(name, env[name])
	}
}
