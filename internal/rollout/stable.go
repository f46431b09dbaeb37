package rollout

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"slipway/internal/deploy"
	"slipway/internal/release/activate"
)

// stable goes on asking the checks of a host that passed until the block's StableFor is over. `up` is how long they took to
// pass. A program that comes up and dies passes a check once.
func (t *turn) stable(ctx context.Context, block activate.Block, up time.Duration) *deploy.Error {
	if block.Activation.StableFor == 0 || len(block.Activation.Verify) == 0 {
		return nil
	}
	return t.part(deploy.PartSoak, "", func(span *deploy.Span) *deploy.Error {
		failure := t.steady(ctx, block, vigil{until: span.Start.Add(block.Activation.StableFor), fell: func() (string, []string) {
			upAfter, downAfter := tenths(up), tenths(up+time.Since(span.Start))
			return fmt.Sprintf("was up after %s and down again after %s", upAfter, downAfter), []string{upAfter, downAfter}
		}})
		if failure != nil {
			span.Step, span.Status = failure.Step, causeOf(failure)
		}
		return failure
	})
}

// vigil is how a host that passed its checks is asked on.
type vigil struct {
	until    time.Time
	interval time.Duration                         // of each check, at least
	fell     func() (how string, moments []string) // how it went until now, of a host that failed
}

// steady asks all checks of a host, each at its interval, until the time is over. The first failure ends it.
func (t *turn) steady(ctx context.Context, block activate.Block, v vigil) *deploy.Error {
	group, ctx := errgroup.WithContext(ctx)
	for i, check := range block.Activation.Verify {
		group.Go(func() error {
			q := question{Check: check, number: i + 1, vars: block.Vars}
			q.Interval = max(q.Interval, v.interval)
			err := t.hold(ctx, q, v.until)
			if err == nil {
				return nil
			}
			how, moments := v.fell()
			failure := t.notPassed(ctx, q, how, err)
			failure.Own = append(failure.Own, moments...)
			if failure.Hint == hintNoStart {
				failure.Hint = hintDied
			}
			return failure
		})
	}
	err := group.Wait()
	if err == nil {
		return nil
	}
	return err.(*deploy.Error) //nolint:errorlint // the group was given no other
}

func tenths(d time.Duration) string { return d.Round(100 * time.Millisecond).String() }

// scriptPause is how long to wait at least before a script that passed is run again: each run leaves files in the journal.
const scriptPause = 5 * time.Second

// hold asks a check at its interval, and once more when the time is over. Its error is the first failure.
func (t *turn) hold(ctx context.Context, q question, until time.Time) error {
	interval := q.Interval
	if q.Run != nil {
		interval = max(interval, scriptPause)
	}
	for time.Now().Before(until) {
		if !pause(ctx, min(interval, time.Until(until))) {
			return context.Cause(ctx)
		}
		if err := t.askLinked(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

// askLinked asks once, over a link that holds.
func (t *turn) askLinked(ctx context.Context, q question) error {
	for {
		err := t.ask(ctx, q, q.Within)
		switch back, gone := t.unheard(ctx, q, err); {
		case gone != nil:
			return gone
		case !back:
			return err
		}
	}
}
