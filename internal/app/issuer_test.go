package app_test

import (
	"maps"
	"os"
	"os/user"
	"slices"
	"strings"
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
	letAsk(ts, ci)
}

// letAsk sets the variables by which a job of GitHub Actions asks for a token.
func letAsk(ts *testscript.TestScript, ci *issuertest.CI) {
	env := ci.Env()
	for _, name := range slices.Sorted(maps.Keys(env)) {
		ts.Setenv(name, env[name])
	}
}

// stepca ENVIRONMENT starts a CI that gives a job of an environment tokens and a real step-ca that signs by the template of the
// documentation. $CA_URL is its address, root.crt the authority of its own certificate, authority.pub what hosts must trust.
func stepCA(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: stepca ENVIRONMENT")
	}
	t := ts.Value("t").(testing.TB)
	ci := issuertest.StartCI(t)
	ci.Claims["environment"] = args[0]
	template, err := os.ReadFile("../../examples/keyless/ssh-user.tpl")
	ts.Check(err)
	who, err := user.Current() // whom the real sshd lets in
	ts.Check(err)
	ca := issuertest.StartStepCA(t, ci, strings.Replace(string(template), `["deploy"]`, `["`+who.Username+`"]`, 1))
	ts.Check(os.WriteFile(ts.MkAbs("root.crt"), []byte(ca.Root), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("authority.pub"), ca.UserKey(t), 0o600))
	ts.Setenv("CA_URL", ca.URL)
	letAsk(ts, ci)
}
