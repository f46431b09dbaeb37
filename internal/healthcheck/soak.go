package healthcheck

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/slipway/slipway/internal/deploy"
)

// Soak is for how long checks that passed must go on passing.
type Soak struct {
	Until    time.Time
	Interval time.Duration // of each check, at least
	// How says how it went until it failed: "was up after 2s and down again after 9s"; moments are the pieces of it that
	// differ by chance.
	How func() (how string, moments []string)
}

// Soak asks all checks until the time is over, each at its interval, and each once more at the end. The first failure ends it.
// A program that comes up and dies passes a check once.
func (h *Host) Soak(ctx context.Context, checks []Check, s Soak) *deploy.Error {
	group, ctx := errgroup.WithContext(ctx)
	for _, c := range checks {
		group.Go(func() error {
			if err := h.soakOne(ctx, c, s); err != nil {
				how, moments := s.How()
				return h.failure(ctx, c, attempt{how: how, moments: moments, last: err, soaking: true})
			}
			return nil
		})
	}
	var failure *deploy.Error
	errors.As(group.Wait(), &failure) // the group is given no other
	return failure
}

func (h *Host) soakOne(ctx context.Context, c Check, s Soak) error {
	k := kindOf(c)
	interval := max(c.Interval, s.Interval, k.leastPause())
	for time.Now().Before(s.Until) {
		if !pause(ctx, min(interval, time.Until(s.Until))) {
			return context.Cause(ctx)
		}
		if err := h.askLinked(ctx, k, c.Within); err != nil {
			return err
		}
	}
	return nil
}

// askLinked asks once, over a link that holds.
func (h *Host) askLinked(ctx context.Context, k kind, left time.Duration) error {
	for {
		err := k.ask(ctx, h, left)
		switch again, down := h.unheard(ctx, k, err); {
		case down != nil:
			return down
		case !again:
			return err
		}
	}
}
