package certificate

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/slipway/slipway/internal/certificate/issuertest"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/oidc"
	"github.com/slipway/slipway/internal/secret"
	"github.com/slipway/slipway/internal/transport/ssh/sshkey"
)

// world is a CI, an issuer, and a job that gets certificates.
type world struct {
	ci     *issuertest.CI
	vault  *issuertest.Vault
	env    map[string]string
	from   deploy.CertificateFrom
	source *Source
	ahead  atomic.Int64 // nanoseconds that the job's clock is ahead

	mu     sync.Mutex
	said   []string
	masked []string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{ci: issuertest.StartCI(t)}
	w.ci.Life = 2 * time.Hour
	w.vault = issuertest.StartVault(t, w.ci)
	w.env = w.ci.Env()
	w.from = deploy.CertificateFrom{
		Kind: deploy.Vault, URL: w.vault.URL, Role: "deploy", Mount: "ssh", JWTRole: "deploy", JWTMount: "jwt", Audience: w.vault.URL, Principals: []string{"deploy"},
	}
	w.begin()
	return w
}

// begin makes a source of what the world says now.
func (w *world) begin() {
	redactor := secret.NewRedactor()
	mask := func(values ...secret.Secret) {
		redactor.Add(values...)
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, v := range values {
			w.masked = append(w.masked, v.Reveal())
		}
	}
	w.source = New(Options{
		From: w.from,
		Token: oidc.Source{
			Env: w.from.TokenEnv, Platform: "github", Getenv: func(name string) string { return w.env[name] }, Mask: mask,
		},
		Mask:   mask,
		Redact: redactor.Head,
		Said: func(line string) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.said = append(w.said, line)
		},
		Now: func() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) },
	})
}

func TestVault(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	login, err := w.source.Login(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if c, ok := login.Signer.PublicKey().(*ssh.Certificate); !ok || !slices.Equal(c.ValidPrincipals, []string{"deploy"}) {
		t.Errorf("the key is %s", login.Name)
	}
	if len(w.said) != 1 {
		t.Fatalf("said: %q", w.said)
	}
	for _, want := range []string{
		"Vault at " + w.vault.URL, "for deploy,", `key ID "jwt-acme/site"`, "until 2", "sub=repo:acme@123456/site@456789:environment:production",
		"aud=" + w.vault.URL, "repository_id=456789", "ref=refs/heads/production", "environment=production", "job_workflow_ref=acme/site/.github/workflows/deploy.yml@",
	} {
		if !strings.Contains(w.said[0], want) {
			t.Errorf("%q is not in %q", want, w.said[0])
		}
	}
	masked := strings.Join(w.masked, "\n")
	for _, prefix := range []string{"eyJ", issuertest.RequestToken, "hvs."} {
		if !strings.Contains("\n"+masked, "\n"+prefix) {
			t.Errorf("nothing that begins with %s is masked", prefix)
		}
	}
	for _, value := range w.masked {
		if strings.Contains(w.said[0], value) {
			t.Errorf("the line shows a secret: %q", w.said[0])
		}
	}
}

// TestRefusals is what can be said against a log-in before any host is contacted.
func TestRefusals(t *testing.T) {
	t.Parallel()
	sign := func(change func(*ssh.Certificate)) func(*world) {
		return func(w *world) {
			w.vault.Sign(time.Hour, func(c *ssh.Certificate) error { change(c); return nil })
		}
	}
	unix := func(d time.Duration) uint64 { return uint64(time.Now().Add(d).Unix()) }
	tests := []struct {
		name   string
		change func(*world)
		want   string // of the cause
		hint   string
		later  bool
	}{
		{"no permission", func(w *world) { w.env = nil }, "the job has no OIDC token", "id-token: write", false},
		{"CI refuses", func(w *world) { w.ci.Refuses.Store(true) }, "the CI gives no token: the answer was 401 Unauthorized", "", false},
		{
			"another environment", func(w *world) { w.ci.Claims["environment"] = "staging" },
			`400 Bad Request: {"errors":["error validating claims: claim \"environment\" does not match any associated bound claim values"]}; the job is sub=repo:acme@123456/site@456789:environment:production aud=http`,
			"docs/keyless.md", false,
		},
		{"a token that is quoted", func(w *world) { w.vault.Quotes.Store(true) }, "400 Bad Request: {\"errors\":[\"no such token: ***\"]}", "docs/keyless.md", false},
		{"another audience", func(w *world) { w.from.Audience = "https://other.example.com" }, "invalid audience (aud)", "docs/keyless.md", false},
		{"another role", func(w *world) { w.from.JWTRole = "admin" }, `role \"admin\" could not be found`, "docs/keyless.md", false},
		{"another principal", func(w *world) { w.from.Principals = []string{"root"} }, "root is not a valid value for valid_principals", "docs/keyless.md", false},
		{"no principals", sign(func(c *ssh.Certificate) { c.ValidPrincipals = nil }), "has no principals", "principals", false},
		{"another key", sign(func(c *ssh.Certificate) { c.Key = c.SignatureKey; c.Key = otherKey(t) }), "is for another key", "", false},
		{"a host's", sign(func(c *ssh.Certificate) { c.CertType = ssh.HostCert }), "a host's certificate", "", false},
		{"expired", sign(func(c *ssh.Certificate) { c.ValidBefore = unix(-time.Second) }), "has expired: at ", "", false},
		{"not yet valid", sign(func(c *ssh.Certificate) { c.ValidAfter = unix(10 * time.Minute) }), "is not valid yet: from ", "clocks", false},
		{"not up to it", func(w *world) { w.vault.Refuse.Store(http.StatusNotImplemented) }, "the log-in: the answer was 501", "", true},
		{"out of reach", func(w *world) { w.from.URL = "http://127.0.0.1:1" }, "connection refused", "reaches 127.0.0.1", true},
		{"token expired", func(w *world) { w.ahead.Store(int64(3 * time.Hour)) }, "the job's token has expired at ", "", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			test.change(w)
			w.begin()
			_, err := w.source.Login(t.Context())
			var failure *deploy.Error
			if !errors.As(err, &failure) {
				t.Fatalf("got %v", err)
			}
			if !strings.Contains(failure.Cause.Error(), test.want) || !strings.Contains(failure.Hint, test.hint) || errors.Is(err, sshkey.ErrLater) != test.later {
				t.Errorf("later: %v\n%s\n%s", errors.Is(err, sshkey.ErrLater), failure.Cause, failure.Hint)
			}
			if strings.Contains(err.Error(), "eyJ") {
				t.Errorf("the error shows the token: %v", err)
			}
		})
	}
}

func otherKey(t *testing.T) ssh.PublicKey {
	t.Helper()
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJMb6q9wY2xQ0nEo3mFqQXVbQ0mIqkq3r0bqg0g1qT5v"))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// TestRenewal: a certificate serves until it is about to end; the next one has another key; where there is none, the old one serves as
// long as it is valid.
func TestRenewal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := func(ahead time.Duration) (string, error) {
		w.ahead.Store(int64(ahead))
		login, err := w.source.Login(t.Context())
		if err != nil {
			return "", err
		}
		return ssh.FingerprintSHA256(login.Signer.PublicKey().(*ssh.Certificate).Key), nil
	}
	first, err := at(0)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := at(20 * time.Minute); err != nil || again != first {
		t.Errorf("after 20 of 30 minutes: %v, another: %v", err, again != first)
	}
	w.vault.Refuse.Store(http.StatusForbidden)
	asked := w.vault.Asked.Load()
	for ahead := range 5 { // seconds: each of many connections
		if again, err := at(27*time.Minute + time.Duration(ahead)*time.Second); err != nil || again != first {
			t.Errorf("the issuer refuses, 3 minutes before the end: %v, another: %v", err, again != first)
		}
	}
	if n := w.vault.Asked.Load() - asked; n != 1 {
		t.Errorf("an issuer that refuses was asked %d times at once", n)
	}
	if _, err := at(28 * time.Minute); err != nil || w.vault.Asked.Load()-asked != 2 {
		t.Errorf("a minute later: %v, asked %d times", err, w.vault.Asked.Load()-asked)
	}
	if _, err := at(30 * time.Minute); err == nil {
		t.Error("a certificate that has ended was used")
	}
	w.vault.Refuse.Store(0)
	w.vault.Sign(2*time.Hour, nil)
	if second, err := at(30 * time.Minute); err != nil || second == first {
		t.Errorf("at the end: %v, the same: %v", err, second == first)
	}
	if n := w.vault.Signed.Load(); n != 2 {
		t.Errorf("%d were signed", n)
	}
}

// TestSilence: an issuer that never answers holds up no connection that the old certificate can make.
func TestSilence(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, err := w.source.Login(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.vault.Silent.Store(true)
	w.source.patience = 100 * time.Millisecond
	w.ahead.Store(int64(27 * time.Minute))
	impatient, cancel := context.WithTimeout(t.Context(), 15*time.Second) // the issuer is given up after 80
	defer cancel()
	if login, err := w.source.Login(impatient); err != nil || login.Name != first.Name {
		t.Errorf("got %q, %v", login.Name, err)
	}
	for w.vault.Asked.Load() < 3 { // the first certificate took two calls
		select {
		case <-impatient.Done():
			t.Fatal("the issuer was not asked for a new one")
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// TestOneForAll: many connections that begin at once have one certificate issued, and who gives up waiting takes it from nobody.
func TestOneForAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.source.Login(gone); !errors.Is(err, context.Canceled) && err != nil {
		t.Error(err)
	}
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if _, err := w.source.Login(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := w.vault.Signed.Load(); n != 1 {
		t.Errorf("%d were signed", n)
	}
}
