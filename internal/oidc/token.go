package oidc

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/secret"
)

// Token is a token that vouches for a job.
type Token struct {
	Text    secret.Secret
	Expires time.Time // zero where it does not say
	claims  map[string]any
}

// shown are the claims that are told to people, in this order, where there are any: what an issuer's rules are written over. The
// first ones are GitHub's and Forgejo's (docs.github.com/actions/reference/security/oidc), the last GitLab's
// (docs.gitlab.com/ci/secrets/id_token_authentication).
var shown = []string{
	"sub", "aud", "repository_id", "ref", "environment", "job_workflow_ref", "event_name",
	"project_id", "ref_type", "ref_protected", "environment_protected", "pipeline_source",
}

// Claims are the claims of a token that people need to see, as name=value, in full.
func (t Token) Claims() []string {
	var list []string
	for _, name := range shown {
		value, ok := t.claims[name]
		if !ok {
			continue
		}
		text := fmt.Sprint(value)
		if name == "aud" {
			text = strings.Join(t.audiences(), ",")
		}
		list = append(list, name+"="+text)
	}
	return list
}

// parse reads a token. Its signature is not looked at.
func parse(text string) (Token, error) {
	if len(text) > tokenLimit {
		return Token{}, fmt.Errorf("what should be the job's token is longer than %d KiB", tokenLimit>>10)
	}
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return Token{}, errors.New("what should be the job's token is none")
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return Token{}, errors.New("what should be the job's token is none")
	}
	decoder := json.NewDecoder(strings.NewReader(string(payload)))
	decoder.UseNumber() // IDs of repositories have more digits than a float keeps
	t := Token{Text: secret.New(text)}
	if err := decoder.Decode(&t.claims); err != nil || t.claims == nil {
		return Token{}, errors.New("the claims of the job's token are no JSON")
	}
	if expires, err := t.number("exp"); err == nil {
		t.Expires = time.Unix(expires, 0)
	}
	return t, nil
}

func (t Token) number(claim string) (int64, error) {
	number, ok := t.claims[claim].(json.Number)
	if !ok {
		return 0, errors.New("no number")
	}
	return number.Int64()
}

// secrets are the token, and the part of it without which it is worth nothing.
func (t Token) secrets() []secret.Secret {
	text := t.Text.Reveal()
	return []secret.Secret{t.Text, secret.New(text[strings.LastIndexByte(text, '.')+1:])}
}

// audiences are whom the token is for: a text or a list of them (RFC 7519, 4.1.3).
func (t Token) audiences() []string {
	switch aud := t.claims["aud"].(type) {
	case string:
		return []string{aud}
	case []any:
		var list []string
		for _, one := range aud {
			if text, ok := one.(string); ok {
				list = append(list, text)
			}
		}
		return list
	}
	return nil
}

// refuse says what an issuer would say against the token: that it has expired, or is for somebody else.
func (t Token) refuse(audience string, now time.Time) error {
	if !t.Expires.IsZero() && !t.Expires.After(now) {
		return fault(fmt.Errorf("the job's token has expired at %s", t.Expires.UTC().Format(time.RFC3339)),
			"one from a variable is made when the job starts: give it a longer life, or ask for the certificate sooner")
	}
	if !slices.Contains(t.audiences(), audience) {
		return fault(fmt.Errorf("the job's token is for the audience %s, and not for %s", strings.Join(t.audiences(), ", "), audience),
			"make the two the same: `audience` of `ssh_certificate_from`, and what the CI makes the token for")
	}
	return nil
}
