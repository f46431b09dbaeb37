package app

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/fleet"
	"github.com/slipway/slipway/internal/github"
	"github.com/slipway/slipway/internal/inspect/ask"
)

// lookBackTime is how long a rollback, or its plan, waits for what it only tells.
const lookBackTime = 10 * time.Second

// lookBack completes what there is to say of a rollback to a release: how many commits it takes back, and which migrations stay. What
// nobody can tell in time is said as not known; nothing depends on it.
func (s *session) lookBack(ctx context.Context, to deploy.ReleaseID, hosts *fleet.Fleet, back *deploy.Back) {
	if len(back.Over) == 0 {
		return
	}
	ctx, cancel := context.WithTimeoutCause(ctx, lookBackTime, fmt.Errorf("no answer within %s", lookBackTime))
	defer cancel()
	var asking sync.WaitGroup
	asking.Go(func() { back.Applied = ask.Migrated(ctx, to, s.cfg.Hosts, hosts) })
	asking.Go(func() { back.Commits = s.commits(ctx, back.From, back.To) })
	asking.Wait()
}

// commits asks GitHub how the commit that is live differs from the one to go back to; where it cannot be asked, the checkout here.
func (s *session) commits(ctx context.Context, live, to string) (c deploy.Commits) {
	token := s.token()
	here := func(why string) {
		var err error
		if c.Gone, c.New, err = s.checkout.Differ(ctx, live, to); err != nil {
			c.Unknown = why + ", and " + err.Error()
		}
	}
	switch {
	case live == "" || to == "":
		c.Unknown = "nothing records what was built of which commit"
	case strings.HasPrefix(live, to) || strings.HasPrefix(to, live):
	case s.run.API == "":
		here("this is no run of GitHub Actions")
	case token.IsEmpty():
		here("there is no `github_token`")
	default:
		client, err := github.New(github.Options{API: s.run.API, Repository: s.run.Repository, Token: token})
		if err == nil {
			c.Gone, c.New, err = client.Differ(ctx, live, to)
		}
		if err != nil {
			c.Unknown = cmp.Or(context.Cause(ctx), deploy.CauseIn(err)).Error()
		}
	}
	return c
}
