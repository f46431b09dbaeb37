// Package issuertest has a CI that vouches for its jobs; a Vault that is as strict as the real one with what it is sent, and knows
// the two calls that a certificate takes and nothing else; and a real step-ca. It is for tests alone.
package issuertest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// CI is the part of a CI that gives jobs tokens: an OIDC provider, and the address at which a job of GitHub Actions asks.
type CI struct {
	URL     string         // the issuer of the tokens
	Claims  map[string]any // of the job; not to be changed once a token was asked for
	Life    time.Duration  // of a token
	Asked   atomic.Int32   // how many tokens were asked for
	Refuses atomic.Bool    // whether it gives none now

	key    *rsa.PrivateKey
	mu     sync.Mutex
	serial int64
}

// RequestToken is what the job shows the CI.
const RequestToken = "request-token-of-the-job"

const keyID = "ci-key-1"

// StartCI starts a CI whose job is one of acme/site, for its environment production.
func StartCI(t testing.TB) *CI {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ci := &CI{key: key, Life: 5 * time.Minute, Claims: map[string]any{
		"sub": "repo:acme@123456/site@456789:environment:production", "repository": "acme/site", "repository_id": "456789",
		"ref": "refs/heads/production", "environment": "production", "run_id": "412", "event_name": "push", "actor": "anna",
		"job_workflow_ref": "acme/site/.github/workflows/deploy.yml@refs/heads/production",
	}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /token", ci.give)
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{"issuer": ci.URL, "jwks_uri": ci.URL + "/keys", "token_endpoint": ci.URL + "/none", "authorization_endpoint": ci.URL + "/none"})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		public := big.NewInt(int64(key.E)).Bytes()
		answer(w, map[string]any{"keys": []any{map[string]string{
			"kty": "RSA", "use": "sig", "alg": "RS256", "kid": keyID, "n": part(key.N.Bytes()), "e": part(public),
		}}})
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	ci.URL = server.URL
	return ci
}

// Env are the variables of its jobs.
func (ci *CI) Env() map[string]string {
	return map[string]string{"ACTIONS_ID_TOKEN_REQUEST_URL": ci.URL + "/token?api-version=2.0", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": RequestToken}
}

func (ci *CI) give(w http.ResponseWriter, r *http.Request) {
	ci.Asked.Add(1)
	audience := r.URL.Query().Get("audience")
	if ci.Refuses.Load() || r.Header.Get("Authorization") != "Bearer "+RequestToken || r.URL.Query().Get("api-version") != "2.0" || audience == "" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	answer(w, map[string]string{"value": ci.Token(audience)})
}

// Token is a token of the job for an audience.
func (ci *CI) Token(audience string) string {
	ci.mu.Lock()
	ci.serial++
	serial := ci.serial
	ci.mu.Unlock()
	now := time.Now()
	claims := maps.Clone(ci.Claims)
	maps.Copy(claims, map[string]any{
		"iss": ci.URL, "aud": audience, "iat": now.Unix(), "nbf": now.Add(-time.Minute).Unix(), "exp": now.Add(ci.Life).Unix(), "jti": big.NewInt(serial).String(),
	})
	header, _ := json.Marshal(map[string]string{"alg": "RS256", "typ": "JWT", "kid": keyID})
	payload, _ := json.Marshal(claims)
	signed := part(header) + "." + part(payload)
	digest := sha256.Sum256([]byte(signed))
	signature, _ := rsa.SignPKCS1v15(rand.Reader, ci.key, crypto.SHA256, digest[:])
	return signed + "." + part(signature)
}

// verify gives the claims of a token that the CI signed for an audience, and that holds now.
func (ci *CI) verify(token, audience string) (map[string]any, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, errors.New("no token")
	}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || rsa.VerifyPKCS1v15(&ci.key.PublicKey, crypto.SHA256, digest[:], signature) != nil {
		return nil, errors.New("error verifying token signature")
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil, err
	}
	var claims map[string]any
	if err := json.Unmarshal(payload, &claims); err != nil {
		return nil, err
	}
	switch {
	case claims["aud"] != audience:
		return nil, errors.New("invalid audience (aud) claim: audience claim does not match any bound audience")
	case time.Now().Unix() > int64(claims["exp"].(float64)):
		return nil, errors.New("token is expired (exp)")
	}
	return claims, nil
}

func part(bytes []byte) string { return base64.RawURLEncoding.EncodeToString(bytes) }

func answer(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(value)
}
