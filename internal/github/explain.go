package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	api "github.com/google/go-github/v93/github"

	"github.com/slipway/slipway/internal/deploy"
)

// explain says what the error of a call means, and which line of `permissions:` the call needs. The context's error stays itself.
func (c *Client) explain(ctx context.Context, response *api.Response, err error, op, permission string) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	status, said := 0, ""
	var answer *api.ErrorResponse
	if errors.As(err, &answer) {
		status, said = answer.Response.StatusCode, answer.Message
	}
	if response != nil && response.Response != nil {
		status = response.StatusCode
	}
	failed := func(fault deploy.Fault, hint, format string, args ...any) error {
		return &deploy.Error{Op: op, Cause: fmt.Errorf("GitHub: %s: "+format, append([]any{op}, args...)...), Hint: hint, Fault: fault}
	}
	line := fmt.Sprintf("give the job `permissions: {%s}`, and beside it what else it needs: what is not named is none", permission)
	var limited *rateLimited
	switch {
	case errors.As(err, &limited):
		return failed(deploy.FaultHost, "run the job again then", "%w", limited)
	case status == http.StatusUnauthorized:
		return failed("", "is `github_token` the job's own, and not one that has expired?", "the token was refused (401 %s)", said)
	case status == http.StatusForbidden:
		return failed("", line, "the token may not do that in %s/%s (403 %s)", c.owner, c.name, said)
	case status == http.StatusGone:
		return failed("", "run the workflow that built it again", "it has expired or was deleted (410 %s)", said)
	case status == http.StatusNotFound:
		return failed("", "if it is there, the token may not see it: "+line, "%s/%s has none (404)", c.owner, c.name)
	case status >= 500 || status == http.StatusTooManyRequests:
		return failed(deploy.FaultHost, "look at the platform's status page, and run the job again", "it goes on answering %d", status)
	case status > 299:
		return failed("", "", "%d %s", status, said)
	}
	var there *url.Error
	if errors.As(err, &there) {
		err = there.Err // the URL's query may hold a signature
	}
	return failed(deploy.FaultHost, "run the job again; if it stays so, look at the network of this runner", "%w", err)
}
