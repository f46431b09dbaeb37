package config

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/slipway/slipway/internal/ci"
)

// TestBorrowedLogin: the log-in that the inputs give is the target's; an environment that is promoted from goes by the deploy file where
// that names an issuer for it, and takes what it is lent where not.
func TestBorrowedLogin(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{"slipway.yml": {Data: []byte(`
app: x
deploy_path: /srv/x
environments:
  own: {hosts: [deploy@a], ssh_certificate_from: {step_ca: https://ca.example.com}}
  none: {hosts: [deploy@b]}
  production: {hosts: [deploy@c]}
`)}}
	const fromInput = "{vault: https://vault.example.com, role: deploy}"
	tests := []struct {
		name, from, key, issuer, fromKey string
		want                             string // the issuer; "" is the key
	}{
		{name: "own issuer, the target's key", from: "own", key: "KEY", want: "https://ca.example.com"},
		{name: "own issuer, the target's issuer", from: "own", issuer: fromInput, want: "https://ca.example.com"},
		{name: "no issuer, the target's issuer", from: "none", issuer: fromInput, want: "https://vault.example.com"},
		{name: "no issuer, the target's key", from: "none", key: "KEY"},
		{name: "no issuer, a key of its own", from: "none", issuer: fromInput, fromKey: "KEY"},
	}
	for _, test := range tests {
		in := ci.Inputs{Command: "promote", Environment: "production", SSHKey: test.key, SSHCertificateFrom: test.issuer, FromSSHKey: test.fromKey, KnownHosts: "a ssh-ed25519 AAAA"}
		c, err := Load(SourceOf(in, test.from), files, Env{})
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		switch got := c.Login; {
		case test.want == "" && (got.From != nil || got.Key.Reveal() != "KEY"):
			t.Errorf("%s: logs in with %+v", test.name, got)
		case test.want != "" && (got.From == nil || got.From.URL != test.want || !got.Key.IsEmpty()):
			t.Errorf("%s: logs in with %+v", test.name, got)
		}
	}
}

// TestExposedIssuer: where the deploy file may be a pull request's own, nobody that it names is shown the job's token.
func TestExposedIssuer(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{"slipway.yml": {Data: []byte("app: x\ndeploy_path: /srv/x\nhosts: [deploy@a]\nssh_certificate_from: {endpoint: https://evil.example.com}\n")}}
	const exposed = "a run of pull_request_target"
	for name, test := range map[string]struct {
		command, exposed string
		policy           fs.FS
		refused          bool
	}{
		"status":                {"status", exposed, nil, true},
		"doctor":                {"doctor", exposed, nil, true},
		"a push":                {"status", "", nil, false},
		"no host is asked":      {"validate", exposed, nil, false},
		"of a protected branch": {"status", exposed, files, false},
	} {
		in := ci.Inputs{Command: test.command, KnownHosts: "a ssh-ed25519 AAAA"}
		_, err := Load(in, files, Env{Exposed: test.exposed, Policy: test.policy})
		switch {
		case test.refused && (err == nil || !strings.Contains(err.Error(), "slipway.yml:4:23: a run of pull_request_target may show the job's token to no issuer")):
			t.Errorf("%s: it was not refused: %v", name, err)
		case !test.refused && err != nil:
			t.Errorf("%s: %v", name, err)
		}
	}
}
