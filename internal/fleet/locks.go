package fleet

import (
	"cmp"
	"context"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/fanout"
	"github.com/slipway/slipway/internal/fleetlock"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/hold"
	"github.com/slipway/slipway/internal/release/lock"
)

// LockOn is a host's lock as it was seen last.
type LockOn struct {
	Host  string
	State deploy.LockState
}

// Locks are the locks of all hosts, in the order of names. The error is those of the hosts that could not be asked.
func (f *Fleet) Locks(names []string) ([]LockOn, error) {
	var locks []LockOn
	var errs deploy.Errors
	for _, name := range names {
		h := f.hosts[name]
		if h.Span.Err != nil {
			errs = append(errs, h.Span.Err)
			continue
		}
		locks = append(locks, LockOn{name, h.Facts.Lock})
	}
	if len(errs) == 0 {
		return locks, nil
	}
	return locks, errs
}

// Living watches held locks for a lease (0 is the usual one) and returns as soon as an owner gives a sign of life, with the locks
// whose owners did. It returns none when no owner did within the lease, or when all locks were released.
func (f *Fleet) Living(ctx context.Context, locks []LockOn, length time.Duration) ([]LockOn, error) {
	looking, found := context.WithCancel(ctx)
	defer found()
	type seen struct {
		lock  LockOn
		lives bool
		err   *deploy.Error
	}
	var living []LockOn
	var errs deploy.Errors
	for _, one := range fanout.Do(locks, func(held LockOn) seen {
		h := f.hosts[held.Host]
		state, lives, err := fleetlock.Lives(looking, h.Conn(), h.Site(), held.State, length)
		if lives {
			found()
		} else if looking.Err() != nil {
			err = nil
		}
		return seen{LockOn{held.Host, state}, lives, deploy.OnHost(held.Host, "", "", err)}
	}) {
		if one.lives {
			living = append(living, one.lock)
		} else if one.err != nil {
			errs = append(errs, one.err)
		}
	}
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case len(living) == 0 && len(errs) > 0:
		return nil, errs
	}
	return living, nil
}

// Unlock releases locks that others own. Commands that these owners still send are refused.
func (f *Fleet) Unlock(ctx context.Context, locks []LockOn) error {
	var names []string
	generation := map[string]int{}
	for _, held := range locks {
		if !held.State.Free() {
			names, generation[held.Host] = append(names, held.Host), held.State.Generation
		}
	}
	return f.everywhere(ctx, names, func(h *Host) release.Operation { return lock.Release(h.Site(), generation[h.Name]) })
}

// Hold puts deployments to all hosts on hold.
func (f *Fleet) Hold(ctx context.Context, names []string, note deploy.Hold) error {
	return f.everywhere(ctx, names, func(h *Host) release.Operation { return hold.Set(h.Site(), note) })
}

// Unhold lifts the hold of all hosts. It returns the hold of the first host that had one.
func (f *Fleet) Unhold(ctx context.Context, names []string) (*deploy.Hold, error) {
	var was *deploy.Hold
	for _, name := range names {
		was = cmp.Or(was, f.hosts[name].Facts.Hold)
	}
	return was, f.everywhere(ctx, names, func(h *Host) release.Operation { return hold.Clear(h.Site()) })
}

// everywhere carries an operation out on all hosts at once. Hosts that could not be asked fail; the others
// go on.
func (f *Fleet) everywhere(ctx context.Context, names []string, op func(h *Host) release.Operation) error {
	failures := fanout.Failures(names, func(name string) *deploy.Error {
		h := f.hosts[name]
		if h.Span.Err != nil {
			return h.Span.Err
		}
		return deploy.OnHost(name, "", "", h.Do(ctx, op(h)))
	})
	if len(failures) == 0 {
		return nil
	}
	return failures
}
