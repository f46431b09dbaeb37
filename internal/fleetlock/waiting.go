package fleetlock

import (
	"context"
	"fmt"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release/lock"
)

const (
	looksPerLease  = 45               // how often a waiter looks: every two seconds
	othersPerLease = 9                // how often it looks at the hosts after that: every ten
	noteEvery      = 15 * time.Second // how often it says what it waits for
)

// await waits for one host's lock and takes it. It watches the later hosts, too, so that an owner who is dead on all of them
// costs one lease and not one for each.
func (l *Locks) await(ctx context.Context, h *hostLock, deadline time.Time) error {
	var noted, others time.Time
	pause := time.NewTicker(l.Lease / looksPerLease)
	defer pause.Stop()
	for {
		if err := l.try(ctx, h); err != nil {
			return deploy.OnHost(h.Host, deploy.Preflight, "", err)
		}
		if h.generation > 0 {
			return nil
		}
		if !time.Now().Before(deadline) {
			return l.waited(h)
		}
		if h.known && time.Since(noted) >= noteEvery {
			noted = time.Now()
			l.Note(fmt.Sprintf("%s: waiting for %s", h.Host, l.owner(h, noted)))
		}
		h.known = false
		select {
		case <-pause.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if time.Since(others) >= l.Lease/othersPerLease {
			l.watchOthers(ctx, h)
			others = time.Now()
		}
	}
}

// owner is who has a host's lock, and for how long it has been silent where it should have given a sign of life by now.
func (l *Locks) owner(h *hostLock, now time.Time) string {
	who := lock.Who(h.watch.state.Owner, now)
	if silent := h.watch.still(); silent > 2*l.Beat {
		who += fmt.Sprintf("; no sign of life for %s, and the lock is taken after %s", lock.Age(silent), lock.Age(l.Lease))
	}
	return who
}

// watchOthers looks at the hosts that are neither held nor waited for. One that does not answer is asked again later. One whose
// lock may be ours already is left out: a look would take it, and no host may be held that comes after the one waited for.
func (l *Locks) watchOthers(ctx context.Context, waited *hostLock) {
	ctx, cancel := context.WithTimeout(ctx, l.Lease)
	defer cancel()
	_ = atOnce(l.holds, func(h *hostLock) error {
		if h == waited || h.generation > 0 || h.doubtful {
			return nil
		}
		return l.look(ctx, h)
	})
}

// waited is the error when the wait is over.
func (l *Locks) waited(h *hostLock) error {
	unlock := deploy.Joined(" -e ", "slipway unlock", l.Environment)
	return &deploy.Error{
		Op: "lock", Host: h.Host, Phase: deploy.Preflight,
		Cause: fmt.Errorf("%w: %s", lock.ErrTaken, l.owner(h, time.Now())),
		Hint:  "to wait longer, raise `lock_wait`; if nothing of it lives any more, `" + unlock + "`",
	}
}
