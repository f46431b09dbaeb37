package source

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/github"
	"github.com/slipway/slipway/internal/lazyregexp"
)

// Wanted is the artifact of CI that a deployment asks for.
type Wanted struct {
	Artifact string // its name
	Workflow string // that built it, as in github.Wanted; "" is any
	Ref      string // branch, tag or commit; "" is the commit of the run that deploys
	Commit   string // that Fetcher.Commit found
	Rule     *deploy.ProvenanceRule

	RunCommit, RunRef string   // of the run that deploys
	AllowRefs         []string // patterns of the whole refs that may be deployed; none is all but those of pull requests
	Earlier           deploy.Provenance
}

// FromCI brings what CI built of the commit that is wanted.
func (f Fetcher) FromCI(ctx context.Context, w Wanted) (*Fetched, error) {
	built, err := f.API.Find(ctx, github.Wanted{Commit: w.Commit, Artifact: w.Artifact, Workflow: w.Workflow, Rule: w.Rule, RunID: w.Earlier.RunID})
	if err != nil {
		return nil, err
	}
	called := fmt.Sprintf("artifact %s of run %d", built.Name, built.By.RunID)
	path, err := f.bring(ctx, f.stored(built.Stored, called))
	if err != nil {
		return nil, err
	}
	return &Fetched{Path: path, Name: called, Commit: w.Commit, By: built.By}, nil
}

// Recorded brings the very artifact that a record names, as CI keeps it still.
func (f Fetcher) Recorded(ctx context.Context, by deploy.Provenance) (*Fetched, error) {
	stored, err := f.API.Recorded(ctx, by)
	if err != nil {
		return nil, err
	}
	called := fmt.Sprintf("artifact %s of run %d", stored.Name, by.RunID)
	path, err := f.bring(ctx, f.stored(stored, called))
	if err != nil {
		return nil, err
	}
	return &Fetched{Path: path, Name: called, Commit: by.Commit, By: by}, nil
}

var wholeCommit = lazyregexp.New(`^([0-9a-f]{40}|[0-9a-f]{64})$`)

// Commit is the commit that the ref names, and that may be deployed here. What an earlier attempt deployed of that ref is taken again,
// though the ref may name another commit by now.
func (f Fetcher) Commit(ctx context.Context, w Wanted) (string, error) {
	switch earlier := w.Earlier.Commit; {
	case w.Ref == "":
		return w.RunCommit, nil // the run's own ref was judged already
	case wholeCommit.MatchString(earlier):
		return earlier, f.allowCommit(ctx, w, earlier)
	case earlier != "":
		return "", refuse("deploy in a new run", "the record that an earlier attempt left on a host is damaged: %.80q is no commit", earlier)
	}
	named, err := f.API.Resolve(ctx, w.Ref)
	switch {
	case err != nil:
		return "", err
	case named.Ref == "":
		return named.Commit, f.allowCommit(ctx, w, named.Commit)
	case w.allows(named.Ref):
		return named.Commit, nil
	case len(w.AllowRefs) == 0:
		return "", refuse("merge it first, or name it in `allow.refs`", "%s is of a pull request, which nobody has merged", named.Ref)
	}
	return "", refuse("allow.refs has "+strings.Join(w.AllowRefs, ", "), "`%s` may not be deployed here", named.Ref)
}

// allows reports whether a whole ref may be deployed.
func (w Wanted) allows(ref string) bool {
	for _, pattern := range w.AllowRefs {
		if ok, err := doublestar.Match(pattern, ref); ok && err == nil {
			return true
		}
	}
	return len(w.AllowRefs) == 0 && !strings.HasPrefix(ref, "refs/pull/")
}

// allowCommit refuses a commit that no ref has which may be deployed: whoever forks a repository can put commits into it.
func (f Fetcher) allowCommit(ctx context.Context, w Wanted, commit string) error {
	if len(w.AllowRefs) == 0 {
		return nil
	}
	refs := append([]string{w.RunRef, "refs/heads/" + w.Ref, "refs/tags/" + w.Ref}, w.AllowRefs...)
	for i, ref := range refs {
		if slices.Contains(refs[:i], ref) || !strings.HasPrefix(ref, "refs/") || strings.ContainsAny(ref, `*?[{\`) || !w.allows(ref) {
			continue
		}
		contained, err := f.API.Contains(ctx, ref, commit)
		if err != nil {
			return err
		}
		if contained {
			return nil
		}
	}
	return refuse("name the branch or tag that it is on, or merge it; allow.refs has "+strings.Join(w.AllowRefs, ", "), "commit %.7s is on no ref that may be deployed here", commit)
}
