package fleetlock

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/lock"
	"github.com/slipway/slipway/internal/transport/retry"
)

// beat writes heartbeats on a host until ctx ends or another owner has the lock. When the link drops it connects again at once,
// since the lease is running. After any other error it waits for the next beat.
func (l *Locks) beat(ctx context.Context, h *hostLock, generation int) {
	ticks := time.NewTicker(l.Request.Beat)
	defer ticks.Stop()
	for {
		select {
		case <-ticks.C:
		case <-ctx.Done():
			return
		}
		one, cancel := context.WithTimeout(ctx, l.Lease)
		err := release.Do(one, lock.Fence(h.Want.Conn, h.Site, generation), lock.Beat(h.Site, generation), l.Lease)
		cancel()
		if errors.Is(err, lock.ErrFenced) {
			if !h.ending.Load() && !h.unseen.Load() {
				l.lose(deploy.OnHost(h.Host, "", "", err))
			}
			return
		}
	}
}

// Leave keeps a host's lock when the others are released: a step that still runs there keeps it alive. It is free a lease after
// the step's end.
func (l *Locks) Leave(host string) { l.of(host).left = true }

// release releases every host's lock but those that were left. The error names the hosts where that failed: their locks are free
// after a lease.
func (l *Locks) release(ctx context.Context) error { return l.giveBack(ctx, l.holds) }

func (l *Locks) giveBack(ctx context.Context, holds []*hostLock) error {
	limit := giveBackTimeout
	if ctx.Err() != nil {
		limit = hastyTimeout
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	return atOnce(holds, func(h *hostLock) error { return l.releaseOne(ctx, h) })
}

// giveBackTimeout bounds releasing locks; hastyTimeout bounds it for an owner that was cancelled.
const (
	giveBackTimeout = time.Minute
	hastyTimeout    = 5 * time.Second
)

// Release releases one host's lock, unless it was left, and tries until ctx ends. A lock that stays taken is free after a lease.
func (l *Locks) Release(ctx context.Context, host string) error { return l.releaseOne(ctx, l.of(host)) }

// ReleaseAfter does the last thing under one host's lock, as ReleaseWith does, and then is Release.
func (l *Locks) ReleaseAfter(ctx context.Context, host string, last release.Operation, do func(release.Operation) error) error {
	released, err := l.ReleaseWith(ctx, host, last, do)
	if released {
		return nil
	}
	return cmp.Or(l.releaseOne(ctx, l.of(host)), err)
}

// ReleaseWith does the last thing under one host's lock, which do carries out there, and releases that in the same command, where the last
// thing comes to its end. Until then the lock is kept alive. released says that it came to that; else another last thing may be done, or
// the lock released. The last thing may be done twice.
func (l *Locks) ReleaseWith(ctx context.Context, host string, last release.Operation, do func(release.Operation) error) (released bool, err error) {
	h := l.of(host)
	if h.left || h.doubtful || h.generation == 0 {
		return false, do(last)
	}
	h.ending.Store(true)
	defer h.ending.Store(false)
	both := release.Then(last, lock.Release(h.Site, h.generation))
	both.Next = func(err error) (release.Operation, bool) {
		if retry.LinkFailed(err) {
			h.unseen.Store(true)
		}
		return release.Operation{}, false
	}
	err = do(both)
	if ctx.Err() != nil {
		h.unseen.Store(true)
	}
	if err == nil || h.unseen.Load() && errors.Is(err, lock.ErrFenced) && l.gaveBack(ctx, h) {
		h.beatNoMore()
		h.released()
		return true, nil
	}
	return false, err
}

// gaveBack reports whether a host's lock is ours no more because it was given back.
func (l *Locks) gaveBack(ctx context.Context, h *hostLock) bool {
	var state deploy.LockState
	err := release.Run(ctx, h.Want.Conn, lock.Read(h.Site, &state))
	return err == nil && state.Released && state.Generation == h.generation
}

// beatNoMore ends the heartbeat, and waits for that.
func (h *hostLock) beatNoMore() {
	if h.stopBeat != nil {
		h.stopBeat()
		h.stopBeat = nil
	}
}

// released notes that the lock was given back.
func (h *hostLock) released() {
	h.watch.state = deploy.LockState{Generation: h.generation, Released: true}
	h.generation, h.doubtful, h.known = 0, false, true
}

func (l *Locks) releaseOne(ctx context.Context, h *hostLock) error {
	h.beatNoMore()
	if h.left {
		return nil
	}
	return retry.Do(ctx, retry.Patience, func() error { return l.giveOneBack(ctx, h) })
}

func (l *Locks) giveOneBack(ctx context.Context, h *hostLock) error {
	if h.doubtful {
		var state deploy.LockState
		if err := release.Run(ctx, h.Want.Conn, lock.Read(h.Site, &state)); err != nil {
			return err
		}
		if l.isOurs(h, state) && !state.Free() {
			h.generation = state.Generation
		}
	}
	if h.generation == 0 {
		return nil
	}
	if err := release.Run(ctx, h.Want.Conn, lock.Release(h.Site, h.generation)); err != nil {
		return err
	}
	h.released()
	return nil
}
