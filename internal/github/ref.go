package github

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	api "github.com/google/go-github/v93/github"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/lazyregexp"
)

// Named is what a ref names at the moment.
type Named struct {
	Ref    string // whole, refs/heads/main; "" where it is a commit itself
	Commit string // full
}

var (
	wholeCommit = lazyregexp.New(`^([0-9a-f]{40}|[0-9a-f]{64})$`)
	someCommit  = lazyregexp.New(`^[0-9a-f]{7,64}$`)
)

// Resolve says which commit a ref names: a branch or tag by its name or as refs/heads/..., an annotated tag's too, refs/pull/..., or a
// commit, at least 7 digits of it. A name that a branch and a tag have is refused.
func (c *Client) Resolve(ctx context.Context, ref string) (Named, error) {
	switch {
	case wholeCommit.MatchString(ref):
		return c.oneOf(ctx, ref, Named{Commit: ref})
	case strings.HasPrefix(ref, "refs/"):
		return c.oneOf(ctx, ref, Named{Ref: ref})
	}
	branch, err := c.commit(ctx, "heads/"+ref)
	if err != nil {
		return Named{}, err
	}
	tag, err := c.commit(ctx, "tags/"+ref)
	if err != nil {
		return Named{}, err
	}
	switch {
	case branch != "" && tag != "":
		return Named{}, refuse("write refs/heads/"+ref+" or refs/tags/"+ref, "%s is a branch and a tag", ref)
	case branch != "":
		return Named{Ref: "refs/heads/" + ref, Commit: branch}, nil
	case tag != "":
		return Named{Ref: "refs/tags/" + ref, Commit: tag}, nil
	case someCommit.MatchString(ref):
		return c.oneOf(ctx, ref, Named{Commit: ref})
	}
	return c.oneOf(ctx, ref, Named{})
}

// oneOf completes what is known of a ref, and refuses one that there is not.
func (c *Client) oneOf(ctx context.Context, ref string, named Named) (Named, error) {
	asked := named.Commit
	if named.Ref != "" {
		asked = strings.TrimPrefix(named.Ref, "refs/")
	}
	commit := ""
	if asked != "" {
		var err error
		if commit, err = c.commit(ctx, asked); err != nil {
			return Named{}, err
		}
	}
	if commit == "" {
		return Named{}, refuse("a branch, a tag, or a commit of at least 7 digits; if it is there, give the job `permissions: {contents: read}`",
			"%s/%s has no ref %s", c.owner, c.name, ref)
	}
	named.Commit = commit
	return named, nil
}

// commit is what heads/<branch>, tags/<tag>, pull/<n>/merge or digits of a commit name; "" where there is no such thing.
func (c *Client) commit(ctx context.Context, ref string) (string, error) {
	var commit string
	var response *api.Response
	var err error
	if strings.HasPrefix(ref, "heads/") || strings.HasPrefix(ref, "tags/") || someCommit.MatchString(ref) {
		commit, response, err = c.api.Repositories.GetCommitSHA1(ctx, c.owner, c.name, ref, "")
	} else {
		var found *api.Reference
		found, response, err = c.api.Git.GetRef(ctx, c.owner, c.name, ref)
		commit = found.GetObject().GetSHA()
	}
	switch {
	case err == nil && wholeCommit.MatchString(commit):
		return commit, nil
	case err == nil:
		err = fmt.Errorf("%.80q is no commit", commit)
	case ctx.Err() == nil && response != nil && (response.StatusCode == http.StatusNotFound || response.StatusCode == http.StatusUnprocessableEntity):
		return "", nil
	}
	return "", c.explain(ctx, response, err, "look up "+ref, "contents: read")
}

// Contains reports whether a branch or tag, as refs/heads/..., has a commit in its history. One that does not exist has none.
func (c *Client) Contains(ctx context.Context, ref, commit string) (bool, error) {
	head, err := c.commit(ctx, strings.TrimPrefix(ref, "refs/"))
	if err != nil || head == "" || head == commit {
		return head == commit && err == nil, err
	}
	compared, response, err := c.api.Repositories.CompareCommits(ctx, c.owner, c.name, commit, head, &api.ListOptions{PerPage: 1})
	if err != nil {
		return false, c.explain(ctx, response, err, "compare "+commit+" with "+ref, "contents: read")
	}
	status := compared.GetStatus() // identical: the head by fewer digits
	return status == "ahead" || status == "identical", nil
}

// Differ counts the commits that the history of one has and that of another has not, and the other way round.
func (c *Client) Differ(ctx context.Context, one, other string) (only, missing int, err error) {
	compared, response, err := c.api.Repositories.CompareCommits(ctx, c.owner, c.name, other, one, &api.ListOptions{PerPage: 1})
	if err != nil {
		return 0, 0, c.explain(ctx, response, err, fmt.Sprintf("compare %.7s with %.7s", other, one), "contents: read")
	}
	return compared.GetAheadBy(), compared.GetBehindBy(), nil
}

func refuse(hint, format string, args ...any) error {
	return refused("find artifact", hint, format, args...)
}

func refused(op, hint, format string, args ...any) error {
	return &deploy.Error{Op: op, Cause: fmt.Errorf(format, args...), Hint: hint}
}
