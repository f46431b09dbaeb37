package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/config"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/github"
)

type rollbackCmd struct {
	inputs
	comments
}

// Run activates an earlier release that the hosts keep.
func (c *rollbackCmd) Run(ctx context.Context, a *app) error {
	return a.deployment(ctx, c.given(c.Inputs))
}

// Help is the end of the command's help.
func (*rollbackCmd) Help() string {
	return `Examples:

  slipway rollback -e production

  slipway rollback -e production --to 77aa001`
}

// refTime is how long it may take to look a ref up.
const refTime = 30 * time.Second

// lookUp asks GitHub for the commit of a rollback's target where no host knows the target: it may be a branch or tag. Why it is not
// found is for the plan to say.
func (l launch) lookUp(ctx context.Context, made *planned) {
	token := l.token()
	if l.reconcile || made.hosts == nil || l.run.API == "" || token.IsEmpty() || !config.IsRef(l.cfg.To) || !made.plan.Unknown(made.hosts.Facts()) {
		return
	}
	ctx, cancel := context.WithTimeoutCause(ctx, refTime, fmt.Errorf("GitHub did not answer within %s", refTime))
	defer cancel()
	commit, err := commitNamed(ctx, github.Options{API: l.run.API, Repository: l.run.Repository, Token: token}, l.cfg.To)
	var failure *deploy.Error
	if err != nil && !errors.As(err, &failure) {
		failure = &deploy.Error{Cause: err, Hint: "give the commit"}
	}
	made.plan.Ref.Commit, made.plan.Ref.Why = commit, failure
}

// commitNamed is the commit of a branch or tag. That of a pull request is none: it is a merge that nobody made.
func commitNamed(ctx context.Context, of github.Options, ref string) (string, error) {
	if strings.HasPrefix(ref, "refs/pull/") {
		return "", &deploy.Error{Cause: fmt.Errorf("%s is of a pull request, which nobody has merged", ref), Hint: "give a branch, a tag or a commit"}
	}
	client, err := github.New(of)
	if err != nil {
		return "", err
	}
	named, err := client.Resolve(ctx, ref)
	return named.Commit, err
}
