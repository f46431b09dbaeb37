package rollout

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/release"
	"slipway/internal/release/lock"
	"slipway/internal/transport"
	"slipway/internal/transport/redial"
)

// lockRequest is a lock on many hosts.
type lockRequest struct {
	wants       []lockWant
	owner       deploy.LockOwner // its token is drawn by the caller: another for each request
	wait        time.Duration    // for other owners, in all; 0 is not at all
	environment string           // for the command that a person is told
	note        func(text string)
	lease, beat time.Duration // 0 is the usual one
}

// lockWant is one host's part of it.
type lockWant struct {
	host string
	conn transport.Conn // the bare one
	site release.Site
	id   string           // .slipway/id as surveyed; "" where the host has none yet
	seen deploy.LockState // as surveyed
}

// locks is a lock that is held, or being taken, on every host of a request. It beats until it is released.
type locks struct {
	lockRequest
	holds []*hostLock // by the hosts' IDs once those are known: the order in which hosts are waited for
	lost  context.Context
	lose  context.CancelCauseFunc
}

// hostLock is the lock on one host.
type hostLock struct {
	lockWant
	watch      watch
	stale      bool // another owner may have changed the host since it was surveyed
	known      bool // the watch shows what is there, as far as we know
	doubtful   bool // an answer was lost: the lock may be ours without our knowing
	generation int  // ours; 0 is none
	left       bool // not to be given back
	stopBeat   func()
}

// acquire takes the lock on every host at once. Where others are in the way it keeps the hosts before the first of them,
// gives the rest back, waits for that one and goes on: whoever waits for a host holds only hosts before it, in an order
// that is the same for everybody, so nobody waits in a circle, and each round ends at a later host than the one before.
//
// The error Is lock.ErrTaken when the wait was too long, lock.ErrFenced when a later attempt of this deployment has been
// here; nothing is held then.
func acquire(ctx context.Context, request lockRequest) (*locks, error) {
	request.lease = cmp.Or(request.lease, lease)
	request.beat = cmp.Or(request.beat, beatIn(request.lease))
	l := &locks{lockRequest: request}
	l.lost, l.lose = context.WithCancelCause(context.WithoutCancel(ctx))
	now := time.Now()
	for _, want := range request.wants {
		l.holds = append(l.holds, &hostLock{lockWant: want, known: true, watch: watch{state: want.seen, since: now, asked: now}})
	}
	waiting, stop := l.bind(ctx)
	defer stop()
	err := l.oneEach()
	if err == nil {
		err = l.all(waiting)
	}
	if err != nil {
		_ = l.release(ctx) // what stays taken is free after a lease
		return nil, err
	}
	return l, nil
}

// bind gives a context that ends when ctx does, and, with a cause that Is lock.ErrFenced, once another owner has taken
// the lock on any host. stop frees it.
func (l *locks) bind(ctx context.Context) (bound context.Context, stop func()) {
	bound, cancel := context.WithCancelCause(ctx)
	unhook := context.AfterFunc(l.lost, func() { cancel(context.Cause(l.lost)) })
	return bound, func() {
		unhook()
		cancel(context.Canceled)
	}
}

// changed tells whether another owner may have changed something on a host since it was surveyed.
func (l *locks) changed() bool {
	return slices.ContainsFunc(l.holds, func(h *hostLock) bool { return h.stale })
}

// conn is a host's connection by which commands go that change something: they are refused once the lock is lost.
func (l *locks) conn(host string) transport.Conn {
	h := l.of(host)
	return lock.Fence(h.lockWant.conn, h.site, h.generation)
}

func (l *locks) of(host string) *hostLock {
	return l.holds[slices.IndexFunc(l.holds, func(h *hostLock) bool { return h.host == host })]
}

func (l *locks) all(ctx context.Context) error {
	deadline := time.Now().Add(l.wait)
	for {
		if err := atOnce(l.holds, func(h *hostLock) error { return l.try(ctx, h) }); err != nil {
			return err
		}
		if err := l.oneEach(); err != nil {
			return err
		}
		l.sort()
		first := slices.IndexFunc(l.holds, func(h *hostLock) bool { return h.generation == 0 })
		if first < 0 {
			return nil
		}
		for _, h := range l.holds[first+1:] {
			h.known = false // by the time that it is tried again, it has to be looked at
		}
		if err := l.giveBack(ctx, l.holds[first+1:]); err != nil {
			return err
		}
		if err := l.await(ctx, l.holds[first], deadline); err != nil {
			return err
		}
	}
}

// sort puts the hosts in an order that two deployments agree on, whatever each calls them.
func (l *locks) sort() {
	slices.SortFunc(l.holds, func(a, b *hostLock) int { return cmp.Or(cmp.Compare(a.id, b.id), cmp.Compare(a.host, b.host)) })
}

// oneEach refuses two names for one deploy path on one machine.
func (l *locks) oneEach() error {
	seen := map[string]string{}
	for _, h := range l.holds {
		if other := seen[h.id]; h.id != "" && other != "" {
			return &deploy.Error{
				Op: "lock", Host: h.host, Phase: deploy.Preflight, Cause: fmt.Errorf("it is the same machine and deploy path as %s", other),
				Hint: "name each host once, or give each its own deploy_path",
			}
		}
		seen[h.id] = h.host
	}
	return nil
}

// try takes a host's lock where it may be taken. That it may not is no error: it stays without a generation.
func (l *locks) try(ctx context.Context, h *hostLock) error {
	if h.generation > 0 {
		return nil
	}
	return redial.Retry(ctx, reconnectFor, func() error {
		if !h.known || h.doubtful {
			if err := l.look(ctx, h); err != nil || h.generation > 0 {
				return err
			}
		}
		may, err := l.mayTake(h)
		if !may || err != nil {
			return err
		}
		return l.take(ctx, h)
	})
}

// mayTake judges what was seen of a host's lock.
func (l *locks) mayTake(h *hostLock) (bool, error) {
	state := h.watch.state
	if other := state.Owner; l.owner.Deployment == other.Deployment && other.Deployment != "" && supersedes(other, l.owner) {
		return false, &deploy.Error{
			Op: "lock", Host: h.host, Phase: deploy.Preflight, Hint: "nothing more is done here: see that attempt",
			Cause: fmt.Errorf("%w: %s came after this attempt", lock.ErrFenced, lock.Who(other, time.Now())),
		}
	}
	return state.Free() || supersedes(l.owner, state.Owner) || h.watch.still() >= l.lease, nil
}

func (l *locks) take(ctx context.Context, h *hostLock) error {
	h.known = false
	h.stale = h.stale || !h.watch.state.Free()
	taken, err := lock.Take(ctx, h.lockWant.conn, h.site, h.watch.state, l.owner)
	h.id = cmp.Or(taken.ID, h.id)
	switch {
	case errors.Is(err, lock.ErrTaken):
		h.stale = true
		return nil
	case err != nil:
		h.doubtful = true
		return err
	}
	l.has(ctx, h, taken.Generation)
	return nil
}

// look asks what a host's lock is now. When an answer was lost, it may turn out to be ours.
func (l *locks) look(ctx context.Context, h *hostLock) error {
	asked := time.Now()
	state, err := lock.Read(ctx, h.lockWant.conn, h.site)
	if err != nil {
		return err
	}
	h.watch.saw(state, asked)
	h.known, h.stale = true, true
	if h.doubtful && !state.Free() && state.Owner.Token == l.owner.Token {
		l.has(ctx, h, state.Generation)
	}
	return nil
}

// has makes a generation ours, and lets it beat.
func (l *locks) has(ctx context.Context, h *hostLock, generation int) {
	h.generation, h.doubtful = generation, false
	beating, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var beats sync.WaitGroup
	beats.Go(func() { l.beat(beating, h, generation) })
	h.stopBeat = func() {
		cancel()
		beats.Wait()
	}
}

// atOnce does something for every host and gives the hosts' errors.
func atOnce(holds []*hostLock, do func(h *hostLock) error) error {
	failures := make([]error, len(holds))
	var wait sync.WaitGroup
	for i, h := range holds {
		wait.Go(func() { failures[i] = do(h) })
	}
	wait.Wait()
	var errs deploy.Errors
	for i, err := range failures {
		if err != nil {
			errs = append(errs, hostError(holds[i].host, deploy.Preflight, "", err))
		}
	}
	if len(errs) == 0 {
		return nil
	}
	return errs
}
