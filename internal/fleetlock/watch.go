package fleetlock

import (
	"cmp"
	"context"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/lock"
	"github.com/slipway/slipway/internal/transport"
	"github.com/slipway/slipway/internal/transport/retry"
)

// Lease is how long a lock's heartbeat stands still, by the clock of whoever waits, before its owner counts as dead.
const Lease = 90 * time.Second

// beatIn is the time between two heartbeats: 20 seconds for that lease.
func beatIn(lease time.Duration) time.Duration { return lease * 2 / 9 }

// watch is what a waiter saw of a lock, by its own clock.
type watch struct {
	state deploy.LockState
	since time.Time // when the state was first seen, at the latest
	asked time.Time // when the look began that saw it last
}

// saw records the state that a look found. The look began at asked and is over now.
func (w *watch) saw(state deploy.LockState, asked time.Time) {
	if !sameLife(w.state, state) {
		w.since = time.Now()
	}
	w.state, w.asked = state, asked
}

// still is for how long the state is known not to have changed.
func (w *watch) still() time.Duration { return w.asked.Sub(w.since) }

// sameLife reports whether an owner gave no sign of life between two looks. Times are left
// out: equal ones may be written differently.
func sameLife(a, b deploy.LockState) bool {
	return a.Generation == b.Generation && a.Released == b.Released && a.Beat == b.Beat && a.Owner.Token == b.Owner.Token
}

// PostCommand is what the action's post step calls itself in a lock.
const PostCommand = "post"

// supersedes reports whether an owner takes a lock from another, alive or not: a later attempt of the same deployment, or the
// post step of the same attempt, which starts when nothing else of its job runs any more. Of jobs that are shards of one deployment each
// has a post step of its own: the others may still run.
func supersedes(mine, other deploy.LockOwner) bool {
	if mine.Deployment == "" || mine.Deployment != other.Deployment {
		return false
	}
	if mine.Attempt != other.Attempt {
		return mine.Attempt > other.Attempt
	}
	return mine.Shard == other.Shard && mine.Command == PostCommand && other.Command != PostCommand
}

// Lives watches a lock for a lease (0 is the usual one). It reports whether the owner gave a sign of life, as soon as there is one;
// a lock that was released has none. The state is the one seen last.
func Lives(ctx context.Context, conn transport.Conn, site release.Site, seen deploy.LockState, length time.Duration) (deploy.LockState, bool, error) {
	if seen.Free() {
		return seen, false, nil
	}
	length = cmp.Or(length, Lease)
	w := watch{state: seen, since: time.Now()}
	pause := time.NewTicker(length / looksPerLease)
	defer pause.Stop()
	for w.still() < length {
		select {
		case <-pause.C:
		case <-ctx.Done():
			return w.state, false, context.Cause(ctx)
		}
		asked := time.Now()
		var state deploy.LockState
		err := release.Do(ctx, conn, lock.Read(site, &state), retry.Patience)
		switch {
		case err != nil:
			return state, false, err
		case state.Free():
			return state, false, nil
		case !sameLife(state, seen):
			return state, true, nil
		}
		w.saw(state, asked)
	}
	return w.state, false, nil
}
