package certificate

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/transport/ssh/sshkey"
)

// TestEndpoint is the example of docs/keyless.md: what a service of one's own is sent, over TLS with its own authority, and answers.
func TestEndpoint(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	authority, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	var bodies []string
	status := http.StatusOK
	server := httptest.NewTLSServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies = append(bodies, r.Method+" "+r.URL.Path+" "+r.Header.Get("Authorization")[:10]+" "+string(body))
		rw.WriteHeader(status)
		var asked struct {
			Key        string   `json:"public_key"`
			Principals []string `json:"principals"`
		}
		if err := json.Unmarshal(body, &asked); err != nil {
			t.Error(err)
		}
		key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(asked.Key))
		if err != nil {
			t.Error(err)
			return
		}
		c := &ssh.Certificate{Key: key, CertType: ssh.UserCert, KeyId: "own", ValidPrincipals: asked.Principals, ValidBefore: uint64(time.Now().Add(time.Hour).Unix())}
		if err := c.SignCert(rand.Reader, authority); err != nil {
			t.Error(err)
		}
		_ = json.NewEncoder(rw).Encode(map[string]string{"certificate": string(ssh.MarshalAuthorizedKey(c))})
	}))
	defer server.Close()
	w.from = deploy.CertificateFrom{Kind: deploy.Endpoint, URL: server.URL + "/sign", Audience: "sign", Principals: []string{"deploy"}, TTL: 15 * time.Minute}
	w.begin()
	_, err = w.source.Login(t.Context())
	var failure *deploy.Error
	if !errors.As(err, &failure) || !strings.Contains(failure.Hint, "give that as `ca`") || errors.Is(err, sshkey.ErrLater) {
		t.Errorf("an authority that nobody trusts: %v", err)
	}
	w.from.CA = pemOf(server.Certificate().Raw)
	w.begin()
	if _, err := w.source.Login(t.Context()); err != nil {
		t.Fatal(err)
	}
	const want = `POST /sign Bearer eyJ {"principals":["deploy"],"public_key":"ssh-ed25519 AAAA`
	if len(bodies) != 1 || !strings.HasPrefix(bodies[0], want) || !strings.HasSuffix(bodies[0], `","ttl":900}`) {
		t.Errorf("it was sent %q", bodies)
	}
	status = http.StatusBadGateway
	w.begin()
	if _, err := w.source.Login(t.Context()); !errors.Is(err, sshkey.ErrLater) || len(bodies) != 2 {
		t.Errorf("a token that may have been taken is not sent again: %d calls, %v", len(bodies), err)
	}
}

func pemOf(der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// TestDocumentedTemplate: the page shows the template that a real step-ca is tested with.
func TestDocumentedTemplate(t *testing.T) {
	t.Parallel()
	template, err := os.ReadFile("../../examples/keyless/ssh-user.tpl")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../docs/keyless.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), "```\n"+string(template)+"```\n") {
		t.Error("docs/keyless.md shows another template than examples/keyless/ssh-user.tpl")
	}
}
