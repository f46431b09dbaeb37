package issuertest

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// Vault is a Vault that signs SSH certificates for jobs of a CI. What it is not asked in the very form that Vault has, it refuses, and
// the test fails.
type Vault struct {
	URL        string
	Authority  string            // its public key, as TrustedUserCAKeys takes it
	Audience   string            // of bound_audiences
	Bound      map[string]string // of bound_claims
	Principals []string          // of allowed_users
	Namespace  string            // that the calls must name; "" is none
	Signed     atomic.Int32      // how many certificates it signed
	Quotes     atomic.Bool       // whether it refuses each token, and quotes it
	Refuse     atomic.Int32      // a status that it answers with for now; 0 is none
	Asked      atomic.Int32      // how many calls there were
	Silent     atomic.Bool       // whether it takes calls and answers none of them

	mu     sync.Mutex
	life   time.Duration                // of the certificates
	change func(*ssh.Certificate) error // before it is signed; nil is nothing
	tokens map[string]bool              // that are good for one more call

	t      testing.TB
	ci     *CI
	signer ssh.Signer
}

// StartVault starts a Vault that trusts a CI, with a JWT role and an SSH role called deploy.
func StartVault(t testing.TB, ci *CI) *Vault {
	t.Helper()
	v := &Vault{
		t: t, ci: ci, Bound: map[string]string{"repository_id": "456789", "environment": "production"}, Principals: []string{"deploy"},
		life: 30 * time.Minute, tokens: map[string]bool{}, signer: newAuthority(t),
	}
	v.Authority = strings.TrimSpace(string(ssh.MarshalAuthorizedKey(v.signer.PublicKey())))
	server := httptest.NewServer(http.HandlerFunc(v.serve))
	t.Cleanup(func() {
		server.CloseClientConnections() // of calls that are not answered
		server.Close()
	})
	v.URL, v.Audience = server.URL, server.URL
	return v
}

func newAuthority(t testing.TB) ssh.Signer {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

// Sign says how the next certificates are signed: valid for how long, and with what changed.
func (v *Vault) Sign(life time.Duration, change func(*ssh.Certificate) error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.life, v.change = life, change
}

func (v *Vault) serve(w http.ResponseWriter, r *http.Request) {
	v.Asked.Add(1)
	if v.Silent.Load() {
		_, _ = io.Copy(io.Discard, r.Body) // the server sees that the caller has gone only once the body is read
		<-r.Context().Done()
		return
	}
	if status := v.Refuse.Load(); status != 0 {
		refuse(w, int(status), "told to")
		return
	}
	if r.Method != http.MethodPost || r.Header.Get("X-Vault-Request") != "true" || r.Header.Get("X-Vault-Namespace") != v.Namespace ||
		r.Header.Get("Content-Type") != "application/json" || r.URL.RawQuery != "" {
		v.odd(w, "%s %s %v", r.Method, r.URL, r.Header)
		return
	}
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	switch r.URL.Path {
	case "/v1/auth/jwt/login":
		v.login(w, r, decoder)
	case "/v1/ssh/sign/deploy":
		v.sign(w, r, decoder)
	default:
		v.odd(w, "the path %s", r.URL.Path)
	}
}

func (v *Vault) login(w http.ResponseWriter, r *http.Request, body *json.Decoder) {
	var in struct {
		Role string `json:"role"`
		JWT  string `json:"jwt"`
	}
	if err := body.Decode(&in); err != nil || r.Header.Get("X-Vault-Token") != "" {
		v.odd(w, "a log-in: %v", err)
		return
	}
	if v.Quotes.Load() {
		refuse(w, http.StatusBadRequest, "no such token: "+in.JWT)
		return
	}
	if in.Role != "deploy" {
		refuse(w, http.StatusBadRequest, fmt.Sprintf("role %q could not be found", in.Role))
		return
	}
	claims, err := v.ci.verify(in.JWT, v.Audience)
	if err != nil {
		refuse(w, http.StatusBadRequest, "error validating token: "+err.Error())
		return
	}
	for name, want := range v.Bound {
		if claims[name] != want {
			refuse(w, http.StatusBadRequest, fmt.Sprintf("error validating claims: claim %q does not match any associated bound claim values", name))
			return
		}
	}
	random := make([]byte, 24)
	_, _ = rand.Read(random)
	token := "hvs." + hex.EncodeToString(random)
	v.mu.Lock()
	v.tokens[token] = true
	v.mu.Unlock()
	answer(w, map[string]any{"auth": map[string]any{"client_token": token, "policies": []string{"deploy"}, "lease_duration": 120}})
}

func (v *Vault) sign(w http.ResponseWriter, r *http.Request, body *json.Decoder) {
	var in struct {
		PublicKey  string `json:"public_key"`
		CertType   string `json:"cert_type"`
		Principals string `json:"valid_principals"`
		TTL        int    `json:"ttl"`
	}
	if err := body.Decode(&in); err != nil || in.CertType != "user" {
		v.odd(w, "a signature: %v", err)
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	token := r.Header.Get("X-Vault-Token")
	if !v.tokens[token] {
		refuse(w, http.StatusForbidden, "permission denied")
		return
	}
	delete(v.tokens, token)
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(in.PublicKey))
	if err != nil || key.Type() != ssh.KeyAlgoED25519 {
		v.odd(w, "the key %q: %v", in.PublicKey, err)
		return
	}
	for name := range strings.SplitSeq(in.Principals, ",") {
		if !slices.Contains(v.Principals, name) {
			refuse(w, http.StatusBadRequest, name+" is not a valid value for valid_principals")
			return
		}
	}
	life := v.life
	if in.TTL > 0 {
		life = time.Duration(in.TTL) * time.Second
	}
	now := time.Now()
	certificate := &ssh.Certificate{
		Key: key, CertType: ssh.UserCert, KeyId: "jwt-acme/site", ValidPrincipals: strings.Split(in.Principals, ","), Serial: uint64(v.Signed.Add(1)),
		ValidAfter: uint64(now.Add(-30 * time.Second).Unix()), ValidBefore: uint64(now.Add(life).Unix()),
		Permissions: ssh.Permissions{Extensions: map[string]string{"permit-port-forwarding": ""}},
	}
	if v.change != nil {
		if err := v.change(certificate); err != nil {
			refuse(w, http.StatusInternalServerError, err.Error())
			return
		}
	}
	if err := certificate.SignCert(rand.Reader, v.signer); err != nil {
		v.odd(w, "signing: %v", err)
		return
	}
	answer(w, map[string]any{"data": map[string]string{"serial_number": "1", "signed_key": string(ssh.MarshalAuthorizedKey(certificate))}})
}

// odd answers what Vault is never asked.
func (v *Vault) odd(w http.ResponseWriter, format string, args ...any) {
	v.t.Errorf("Vault was asked what it does not know: "+format, args...)
	refuse(w, http.StatusNotFound, "unsupported operation")
}

func refuse(w http.ResponseWriter, status int, why string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string][]string{"errors": {why}})
}
