package rollout

import (
	"context"
	"fmt"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/release/lock"
)

const (
	looksPerLease = 45               // how often a waiter looks: every two seconds
	noteEvery     = 15 * time.Second // how often it says what it waits for
)

// await waits for one host's lock and takes it. It keeps an eye on the later hosts, so that an owner who is dead on all of
// them costs one lease and not one for each.
func (l *locks) await(ctx context.Context, h *hostLock, deadline time.Time) error {
	var noted time.Time
	pause := time.NewTicker(l.lease / looksPerLease)
	defer pause.Stop()
	for {
		if err := l.try(ctx, h); err != nil {
			return hostError(h.host, deploy.Preflight, "", err)
		}
		if h.generation > 0 {
			return nil
		}
		if !time.Now().Before(deadline) {
			return l.waited(h)
		}
		if h.known && time.Since(noted) >= noteEvery {
			noted = time.Now()
			l.note(fmt.Sprintf("%s: waiting for %s", h.host, lock.Who(h.watch.state.Owner, noted)))
		}
		h.known = false
		select {
		case <-pause.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		l.watchOthers(ctx, h)
	}
}

// watchOthers looks at the hosts that are neither held nor waited for. One that does not answer is tried again later. One
// that may turn out to be ours is left alone: it may not be held while an earlier host is waited for.
func (l *locks) watchOthers(ctx context.Context, waited *hostLock) {
	ctx, cancel := context.WithTimeout(ctx, l.lease)
	defer cancel()
	_ = atOnce(l.holds, func(h *hostLock) error {
		if h == waited || h.generation > 0 || h.doubtful {
			return nil
		}
		return l.look(ctx, h)
	})
}

// waited is the error of a wait that was too long.
func (l *locks) waited(h *hostLock) error {
	unlock := "slipway unlock"
	if l.environment != "" {
		unlock += " -e " + l.environment
	}
	return &deploy.Error{
		Op: "lock", Host: h.host, Phase: deploy.Preflight,
		Cause: fmt.Errorf("%w: %s", lock.ErrTaken, lock.Who(h.watch.state.Owner, time.Now())),
		Hint:  "let it end, or raise lock_wait; if nothing of it lives any more, `" + unlock + "`",
	}
}
