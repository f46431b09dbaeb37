// Package oidc gets the token by which CI vouches for a job, and reads what it says.
//
// Terms: the token is a JSON Web Token (RFC 7519) that the CI has signed; its claims are what it says of the job; its audience is
// whom it is for. Whether the signature is right is for that audience to say: nothing here is decided by a claim, they are shown. The
// package must not know what the token is for.
package oidc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/call"
	"github.com/slipway/slipway/internal/call/request"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/secret"
)

// The variables by which GitHub Actions, and Forgejo from version 15 on, let a job ask for a token
// (docs.github.com/actions/reference/security/oidc).
const (
	requestURL   = "ACTIONS_ID_TOKEN_REQUEST_URL"
	requestToken = "ACTIONS_ID_TOKEN_REQUEST_TOKEN"
)

// forgejo is the platform of Gitea and Forgejo Actions. In a private network its address may be one of http.
const forgejo = "gitea"

const tokenLimit = 64 << 10 // bytes of a token, and of the answer that it comes in: GitHub's have about 2 KiB

// Source is where a token comes from. At most one of Env and File is set; without either the CI is asked for one.
type Source struct {
	Env      string // name of the variable that holds it
	File     string // path of the file that holds it
	Platform string // the CI, as ci.Run has it

	Getenv   func(name string) string
	ReadFile func(path string) ([]byte, error)
	Mask     func(...secret.Secret) // is told of what must not be shown, before it is sent anywhere
}

// MayHave reports whether the job may have a token: there is one, or the CI lets it ask.
func (s Source) MayHave() bool {
	switch {
	case s.Env != "":
		return s.Getenv(s.Env) != ""
	case s.File != "":
		return true
	}
	return s.Getenv(requestURL) != "" && s.Getenv(requestToken) != ""
}

// Token is a token for an audience, with all that can be said against it without its issuer's keys. An error is a *deploy.Error.
func (s Source) Token(ctx context.Context, audience string, now time.Time) (Token, error) {
	text, err := s.text(ctx, audience)
	if err != nil {
		return Token{}, err
	}
	t, err := parse(text)
	if err != nil {
		return Token{}, fault(err, "a token is three parts in base64 with points between them, and begins with eyJ")
	}
	s.Mask(t.secrets()...)
	return t, t.refuse(audience, now)
}

// text is the token as it comes.
func (s Source) text(ctx context.Context, audience string) (string, error) {
	switch {
	case s.Env != "":
		text := strings.TrimSpace(s.Getenv(s.Env))
		if text == "" {
			return "", fault(errors.New("the variable "+s.Env+" is empty: the job has no token"), s.adviceOn(s.Env, audience))
		}
		return text, nil
	case s.File != "":
		text, err := s.ReadFile(s.File)
		if err != nil {
			return "", fault(fmt.Errorf("the file of the token cannot be read: %w", err), "mend `token_file`, or have an earlier step write it")
		}
		return strings.TrimSpace(string(text)), nil
	}
	return s.ask(ctx, audience)
}

// ask asks GitHub's or Forgejo's runner for a token.
func (s Source) ask(ctx context.Context, audience string) (string, error) {
	if !s.MayHave() {
		return "", fault(errors.New("the job has no OIDC token"), s.adviceOn("", audience))
	}
	u, err := request.Address(s.Getenv(requestURL), s.Platform == forgejo)
	if err != nil {
		return "", fault(errors.New(requestURL+" is no https address"), "the runner sets it")
	}
	query := u.Query()
	query.Set("audience", audience)
	u.RawQuery = query.Encode()
	bearer := secret.New(s.Getenv(requestToken))
	s.Mask(bearer)
	header := http.Header{"Authorization": {"Bearer " + bearer.Reveal()}, "Accept": {"application/json"}}
	policy := call.Policy{Timeout: 20 * time.Second, Retries: 4}
	body, err := call.Ask(ctx, request.Filled{Method: http.MethodGet, URL: u, Header: header, Idempotent: true}, policy, tokenLimit, func(string) {})
	if err != nil {
		return "", fault(fmt.Errorf("the CI gives no token: %w", err), hintOf(err))
	}
	var answer struct {
		Value string `json:"value"`
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Value == "" {
		return "", fault(errors.New("the CI's answer holds no token"), "run the job again; is this runner's version too old?")
	}
	return answer.Value, nil
}

// adviceOn says how a job of this CI gets a token.
func (s Source) adviceOn(variable, audience string) string {
	switch s.Platform {
	case "github":
		return "give the job `permissions: {id-token: write}`, with what else it needs, like contents: read; a fork's pull request gets none"
	case forgejo:
		return "give the job `enable-openid-connect: true`; it takes Forgejo 15 or newer"
	case "gitlab":
		if variable == "" {
			variable = "SLIPWAY_ID_TOKEN"
		}
		return "give the job `id_tokens: {" + variable + ": {aud: \"" + audience + "\"}}`, and the deploy file `token_env: " + variable + "`"
	}
	if variable != "" {
		return "have the CI set it to a token for " + audience
	}
	return "have the CI put one for " + audience + " into a variable or a file, and name that as `token_env` or `token_file`"
}

func hintOf(err error) string {
	var failed *call.Error
	if errors.As(err, &failed) {
		return failed.Hint
	}
	return ""
}

func fault(cause error, hint string) error {
	return &deploy.Error{Op: "get the job's token", Cause: cause, Hint: hint, Fault: deploy.FaultHost}
}
