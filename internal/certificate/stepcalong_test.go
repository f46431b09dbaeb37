//go:build long

package certificate

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/slipway/slipway/internal/certificate/issuertest"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/sshtest/sshd"
	"github.com/slipway/slipway/internal/transport"
	transportssh "github.com/slipway/slipway/internal/transport/ssh"
)

// templateOfExample is the template that docs/keyless.md shows.
const templateOfExample = "../../examples/keyless/ssh-user.tpl"

// TestStepCA: a real step-ca, with the template of the documentation, signs for the job that the template is for and for no other; a real
// sshd that trusts the key which step-ca gives out lets the certificate in.
func TestStepCA(t *testing.T) {
	w := newWorld(t)
	text, err := os.ReadFile(templateOfExample)
	if err != nil {
		t.Fatal(err)
	}
	// sshd lets in the user who runs the test, and no other.
	me := sshd.Start(t, sshd.Options{}).User
	ca := issuertest.StartStepCA(t, w.ci, strings.Replace(string(text), `["deploy"]`, `["`+me+`"]`, 1))
	w.from = deploy.CertificateFrom{
		Kind: deploy.StepCA, URL: ca.URL, CA: ca.Root, Audience: ca.URL, Principals: []string{"root", "admin"}, // the template has the last word
	}
	w.begin()
	login, err := w.source.Login(t.Context())
	if err != nil {
		t.Fatalf("%v\n%s", err, ca.Log())
	}
	c := login.Signer.PublicKey().(*ssh.Certificate)
	if len(c.ValidPrincipals) != 1 || c.ValidPrincipals[0] != me || !strings.HasSuffix(c.KeyId, ":environment:production, run 412") || len(c.Extensions) != 1 {
		t.Errorf("signed for %q as %q with %v", c.ValidPrincipals, c.KeyId, c.Extensions)
	}
	if life := time.Until(end(c)); life > 31*time.Minute || life < 20*time.Minute {
		t.Errorf("it is valid for %s", life)
	}

	authority := filepath.Join(t.TempDir(), "authority.pub")
	if err := os.WriteFile(authority, ca.UserKey(t), 0o600); err != nil {
		t.Fatal(err)
	}
	server := sshd.Start(t, sshd.Options{Config: []string{"TrustedUserCAKeys " + authority}})
	dialer, err := transportssh.NewDialer(transportssh.Config{Login: w.source.Login, KnownHosts: server.KnownHosts})
	if err != nil {
		t.Fatal(err)
	}
	defer dialer.Close()
	for _, ahead := range []time.Duration{0, 28 * time.Minute} { // the second time with a certificate of its own
		w.ahead.Store(int64(ahead))
		conn, err := dialer.Connect(t.Context(), deploy.Host{Name: "web1", Address: server.Address()})
		if err != nil {
			t.Fatalf("%v\n%s", err, server.Log())
		}
		if err := conn.Run(t.Context(), transport.Command{Script: "true"}); err != nil {
			t.Error(err)
		}
		_ = conn.Close()
	}
	if len(w.said) != 2 {
		t.Errorf("certificates: %q", w.said)
	}

	// A shorter one, for who asks.
	w.ahead.Store(0)
	w.from.TTL = 5 * time.Minute
	w.begin()
	if login, err := w.source.Login(t.Context()); err != nil {
		t.Error(err)
	} else if life := time.Until(end(login.Signer.PublicKey().(*ssh.Certificate))); life > 6*time.Minute {
		t.Errorf("asked for 5 minutes, it is valid for %s", life)
	}

	refused := func(name, want string) {
		t.Helper()
		_, err := w.source.Login(t.Context())
		var failure *deploy.Error
		if !errors.As(err, &failure) || !strings.Contains(failure.Cause.Error(), want) || !strings.Contains(failure.Cause.Error(), "the job is sub=") {
			t.Errorf("%s: %v\n%s", name, err, ca.Log())
		}
	}
	for claim, other := range map[string]any{"repository_id": "456780", "environment": "staging"} {
		was := w.ci.Claims[claim]
		w.ci.Claims[claim] = other
		w.begin()
		refused("another "+claim, "the signature: the answer was 4")
		delete(w.ci.Claims, claim)
		w.begin()
		refused("no "+claim, "the signature: the answer was 4")
		w.ci.Claims[claim] = was
	}
	w.from.Audience = "https://other.example.com"
	w.begin()
	refused("another audience", "the signature: the answer was 401")
	// A token serves once: what comes from a variable gets no second certificate.
	w.from.Audience, w.from.TokenEnv, w.env = ca.URL, "T", map[string]string{"T": w.ci.Token(ca.URL)}
	w.begin()
	if _, err := w.source.Login(t.Context()); err != nil {
		t.Error(err)
	}
	w.begin()
	refused("a token that was used", "the signature: the answer was 401")
}

// TestStepCAWithoutTemplate: why the template is needed. The default one makes no principals for a job's token, whatever is asked for.
func TestStepCAWithoutTemplate(t *testing.T) {
	w := newWorld(t)
	ca := issuertest.StartStepCA(t, w.ci, "")
	w.from = deploy.CertificateFrom{Kind: deploy.StepCA, URL: ca.URL, CA: ca.Root, Audience: ca.URL, Principals: []string{"deploy"}}
	w.begin()
	_, err := w.source.Login(t.Context())
	if err == nil || !strings.Contains(err.Error(), "has no principals") || !strings.Contains(err.Error(), "docs/keyless.md") {
		t.Fatalf("%v\n%s", err, ca.Log())
	}
}
