// Package fleetlock is the lock of a deployment on many hosts: taken on all or on none, kept alive, released.
//
// Terms: an owner holds a generation of each host's lock (internal/release/lock); a lease is how long its heartbeat may stand still
// until a waiter takes over. The package must not know what the lock is for.
package fleetlock

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/fanout"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/lock"
	"github.com/slipway/slipway/internal/transport"
	"github.com/slipway/slipway/internal/transport/retry"
)

// Request is a lock on many hosts.
type Request struct {
	Wants       []Want
	Owner       deploy.LockOwner // its token is the caller's: a new one for each request
	Wait        time.Duration    // for other owners, in all; 0 is not at all
	Environment string           // for the command that a person is told
	Note        func(text string)
	Lease, Beat time.Duration // 0 is the usual one
}

// Want is one host's part of it.
type Want struct {
	Host string
	Conn transport.Conn // the bare one
	Site release.Site
	Path deploy.PathID    // as surveyed; without an ID where the host has none yet
	Seen deploy.LockState // as surveyed
}

// Locks is a lock that is held, or being taken, on every host of a request. It beats until it is released.
type Locks struct {
	Request
	holds []*hostLock // by the hosts' IDs once those are known: the order in which hosts are waited for
	lost  context.Context
	lose  context.CancelCauseFunc
}

// hostLock is the lock on one host.
type hostLock struct {
	Want
	watch      watch
	stale      bool // another owner may have changed the host since it was surveyed
	known      bool // the watch shows what is there, as far as we know
	doubtful   bool // an answer was lost: the lock may be ours
	generation int  // ours; 0 is none
	left       bool // not to be released
	stopBeat   func()
	ending     atomic.Bool // its lock is being given back: a heartbeat may find that done
	unseen     atomic.Bool // whether it was given back nobody saw
}

// Acquire takes the lock on every host at once. Where others own some, it keeps the hosts before the first of these, releases the
// rest, waits for that one and goes on. So whoever waits for a host holds only hosts before it, in an order that is the same for
// everybody: there is no deadlock. Each round ends at a later host than the one before.
//
// The error Is lock.ErrTaken when the wait was too long, lock.ErrFenced when a later attempt of this deployment has been
// here; nothing is held then.
func Acquire(ctx context.Context, request Request) (*Locks, error) {
	request.Lease = cmp.Or(request.Lease, Lease)
	request.Beat = cmp.Or(request.Beat, beatIn(request.Lease))
	l := &Locks{Request: request}
	l.lost, l.lose = context.WithCancelCause(context.WithoutCancel(ctx))
	now := time.Now()
	for _, want := range request.Wants {
		l.holds = append(l.holds, &hostLock{Want: want, known: true, watch: watch{state: want.Seen, since: now, asked: now}})
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

// bind returns a context that ends with ctx, or once another owner has taken the lock on any host. Its cause Is lock.ErrFenced
// then. stop frees it.
func (l *Locks) bind(ctx context.Context) (bound context.Context, stop func()) {
	bound, cancel := context.WithCancelCause(ctx)
	unhook := context.AfterFunc(l.lost, func() { cancel(context.Cause(l.lost)) })
	return bound, func() {
		unhook()
		cancel(context.Canceled)
	}
}

// Changed reports whether another owner may have changed something on a host since it was surveyed.
func (l *Locks) Changed() bool {
	return slices.ContainsFunc(l.holds, func(h *hostLock) bool { return h.stale })
}

// Conn is a host's connection for commands that change something. They are refused once the lock is lost.
func (l *Locks) Conn(host string) transport.Conn {
	h := l.of(host)
	return lock.Fence(h.Want.Conn, h.Site, h.generation)
}

// Generation is the generation of a host's lock that is held.
func (l *Locks) Generation(host string) int { return l.of(host).generation }

// OnLost calls do, once, when another owner has taken the lock on any host. Its error Is lock.ErrFenced.
func (l *Locks) OnLost(do func(cause error)) {
	context.AfterFunc(l.lost, func() { do(context.Cause(l.lost)) })
}

func (l *Locks) of(host string) *hostLock {
	return l.holds[slices.IndexFunc(l.holds, func(h *hostLock) bool { return h.Host == host })]
}

func (l *Locks) all(ctx context.Context) error {
	deadline := time.Now().Add(l.Wait)
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
			h.known = false // it has changed by the time it is tried again
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
func (l *Locks) sort() {
	slices.SortFunc(l.holds, func(a, b *hostLock) int {
		return cmp.Or(cmp.Compare(a.Path.ID, b.Path.ID), cmp.Compare(a.Path.Machine, b.Path.Machine), cmp.Compare(a.Host, b.Host))
	})
}

// oneEach refuses deploy paths that cannot be told apart.
func (l *Locks) oneEach() error {
	paths := deploy.Paths{}
	for _, h := range l.holds {
		if err := paths.Add(h.Host, h.Path); err != nil {
			err.Op, err.Host, err.Phase = "lock", h.Host, deploy.Preflight
			return err
		}
	}
	return nil
}

// try takes a host's lock if it may be taken. If not, h stays without a generation and the error is nil.
func (l *Locks) try(ctx context.Context, h *hostLock) error {
	if h.generation > 0 {
		return nil
	}
	return retry.Do(ctx, retry.Patience, func() error {
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

// mayTake reports whether a host's lock may be taken, by what was seen of it.
func (l *Locks) mayTake(h *hostLock) (bool, error) {
	state := h.watch.state
	if other := state.Owner; l.Owner.Deployment == other.Deployment && other.Deployment != "" && supersedes(other, l.Owner) {
		return false, &deploy.Error{
			Op: "lock", Host: h.Host, Phase: deploy.Preflight, Hint: "nothing more is done here: see that attempt",
			Cause: fmt.Errorf("%w: %s came after this attempt", lock.ErrFenced, lock.Who(other, time.Now())),
		}
	}
	return state.Free() || supersedes(l.Owner, state.Owner) || h.watch.still() >= l.Lease, nil
}

func (l *Locks) take(ctx context.Context, h *hostLock) error {
	h.known = false
	h.stale = h.stale || !h.watch.state.Free()
	var taken lock.Taken
	err := release.Run(ctx, h.Want.Conn, lock.Take(h.Site, h.watch.state, l.ownerOn(h.Host), &taken))
	h.Path.ID = cmp.Or(taken.ID, h.Path.ID)
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

// look asks for the state of a host's lock. After a lost answer it may find that the lock is ours.
func (l *Locks) look(ctx context.Context, h *hostLock) error {
	asked := time.Now()
	var state deploy.LockState
	if err := release.Run(ctx, h.Want.Conn, lock.Read(h.Site, &state)); err != nil {
		return err
	}
	h.watch.saw(state, asked)
	h.known, h.stale = true, true
	switch {
	case state.Free():
	case h.doubtful && l.isOurs(h, state):
		l.has(ctx, h, state.Generation)
	default:
		return l.notTwice(h, state)
	}
	return nil
}

// ownerOn is the owner as a host's lock names it: the token says for which host it was taken.
func (l *Locks) ownerOn(host string) deploy.LockOwner {
	owner := l.Owner
	owner.Token += " " + host
	return owner
}

func (l *Locks) isOurs(h *hostLock, state deploy.LockState) bool {
	return state.Owner.Token == l.ownerOn(h.Host).Token
}

// notTwice refuses a lock that this very request took by way of another host. The two share one deploy path, as machines do that
// mount it from a file server.
func (l *Locks) notTwice(h *hostLock, state deploy.LockState) error {
	other := slices.IndexFunc(l.holds, func(other *hostLock) bool { return other != h && l.isOurs(other, state) })
	if other < 0 {
		return nil
	}
	return &deploy.Error{
		Op: "lock", Host: h.Host, Phase: deploy.Preflight,
		Cause: fmt.Errorf("its deploy path is that of %s: a file system that both share", l.holds[other].Host),
		Hint:  "name one of the two, or give each a deploy_path on a disk of its own",
	}
}

// has records a generation as ours and starts its heartbeat.
func (l *Locks) has(ctx context.Context, h *hostLock, generation int) {
	h.generation, h.doubtful = generation, false
	beating, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var beats sync.WaitGroup
	beats.Go(func() { l.beat(beating, h, generation) })
	h.stopBeat = func() {
		cancel()
		beats.Wait()
	}
}

// atOnce does something for all hosts at once and returns their errors.
func atOnce(holds []*hostLock, do func(h *hostLock) error) error {
	errs := fanout.Failures(holds, func(h *hostLock) *deploy.Error { return deploy.OnHost(h.Host, deploy.Preflight, "", do(h)) })
	if len(errs) == 0 {
		return nil
	}
	return errs
}
