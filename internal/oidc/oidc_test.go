package oidc

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/secret"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// token has claims and no signature that anybody could check.
func token(claims string) string {
	part := base64.RawURLEncoding.EncodeToString
	return part([]byte(`{"alg":"RS256"}`)) + "." + part([]byte(claims)) + "." + part([]byte("a signature that is none"))
}

func TestWhereTokensComeFrom(t *testing.T) {
	t.Parallel()
	good := token(`{"sub":"x","aud":["other","vault"],"exp":1795262460}`)
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(good+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	answers := map[string]string{"/good": `{"value":"` + good + `"}`, "/empty": `{}`, "/page": "<html>", "/long": `{"value":"` + strings.Repeat("x", tokenLimit) + `"}`}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer shown-to-the-CI" || r.URL.Query().Get("audience") != "vault" || r.URL.Query().Get("v") != "2" {
			t.Errorf("asked %s with %v", r.URL, r.Header)
		}
		_, _ = w.Write([]byte(answers[r.URL.Path]))
	}))
	defer server.Close()
	asking := func(path string) map[string]string {
		return map[string]string{requestURL: server.URL + path + "?v=2", requestToken: "shown-to-the-CI"}
	}
	tests := []struct {
		name       string
		source     Source
		env        map[string]string
		want, hint string // of the error; "" is none
	}{
		{name: "asked for", env: asking("/good")},
		{name: "a variable", source: Source{Env: "T"}, env: map[string]string{"T": good + "\n"}},
		{name: "a file", source: Source{File: file}},
		{name: "GitHub, no permission", source: Source{Platform: "github"}, want: "the job has no OIDC token", hint: "id-token: write"},
		{name: "Forgejo, not switched on", source: Source{Platform: "gitea"}, want: "the job has no OIDC token", hint: "enable-openid-connect: true"},
		{name: "GitLab, no variable", source: Source{Platform: "gitlab"}, want: "the job has no OIDC token", hint: `id_tokens: {SLIPWAY_ID_TOKEN: {aud: "vault"}}`},
		{name: "GitLab, an empty one", source: Source{Platform: "gitlab", Env: "T"}, want: "the variable T is empty", hint: `id_tokens: {T: {aud: "vault"}}`},
		{name: "another CI", want: "the job has no OIDC token", hint: "token_env"},
		{name: "no file", source: Source{File: file + "2"}, want: "cannot be read", hint: "token_file"},
		{name: "no value", env: asking("/empty"), want: "the CI's answer holds no token"},
		{name: "no JSON", env: asking("/page"), want: "the CI's answer holds no token"},
		{name: "too long", env: asking("/long"), want: "longer than 64 KiB"},
		{name: "plain http", env: map[string]string{requestURL: "http://ci.example.com/", requestToken: "x"}, want: "is no https address"},
		{name: "not a token", source: Source{Env: "T"}, env: map[string]string{"T": "correct horse"}, want: "the job's token is none"},
		{name: "claims that are none", source: Source{Env: "T"}, env: map[string]string{"T": token(`[1]`)}, want: "no JSON"},
		{name: "another audience", source: Source{Env: "T"}, env: map[string]string{"T": token(`{"aud":"other"}`)}, want: "is for the audience other, and not for vault", hint: "`audience`"},
		{name: "expired", source: Source{Env: "T"}, env: map[string]string{"T": token(`{"aud":"vault","exp":1795262399}`)}, want: "has expired at 2026-11-21T11:59:59Z"},
	}
	for _, test := range tests {
		var masked []string
		s := test.source
		s.Getenv, s.ReadFile = func(name string) string { return test.env[name] }, os.ReadFile
		s.Mask = func(values ...secret.Secret) {
			for _, v := range values {
				masked = append(masked, v.Reveal())
			}
		}
		got, err := s.Token(t.Context(), "vault", noon)
		var failure *deploy.Error
		switch {
		case test.want == "" && (err != nil || got.Text.Reveal() != good):
			t.Errorf("%s: %v", test.name, err)
		case test.want == "":
			if all := fmt.Sprint(masked); !strings.Contains(all, good) || !strings.Contains(all, " "+good[strings.LastIndex(good, ".")+1:]) {
				t.Errorf("%s: masked is %q", test.name, masked)
			}
		case !errors.As(err, &failure) || !strings.Contains(failure.Cause.Error(), test.want) || !strings.Contains(failure.Hint, test.hint):
			t.Errorf("%s: %v", test.name, err)
		case strings.Contains(err.Error(), "correct horse") || strings.Contains(err.Error(), "shown-to-the-CI"):
			t.Errorf("%s: it shows a secret: %v", test.name, err)
		}
	}
}

func TestClaims(t *testing.T) {
	t.Parallel()
	got, err := parse(token(`{"aud":["a","b"],"repository_id":12345678901234567890,"sub":"x","email":"anna@example.com","ref_protected":true}`))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"sub=x", "aud=a,b", "repository_id=12345678901234567890", "ref_protected=true"}
	if fmt.Sprint(got.Claims()) != fmt.Sprint(want) {
		t.Errorf("got  %q\nwant %q", got.Claims(), want)
	}
}
