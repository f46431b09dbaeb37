package fleetlock

import (
	"context"
	"errors"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/release"
	"slipway/internal/release/lock"
	"slipway/internal/transport/retry"
)

// beat gives a host signs of life until ctx ends, or until another owner has the lock. A link that
// drops is made again at once, since the lease runs; whatever else goes wrong, the next beat may not.
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
			l.lose(deploy.OnHost(h.Host, "", "", err))
			return
		}
	}
}

// Leave has a host's lock outlive its owner: a step that still runs there beats in it. It is free a lease after that.
func (l *Locks) Leave(host string) { l.of(host).left = true }

// release gives every host's lock back that was not left. An error names the hosts whose lock
// could not be given back: it is free after a lease.
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

// giveBackTimeout bounds giving locks back; hastyTimeout does for an owner that was cancelled.
const (
	giveBackTimeout = time.Minute
	hastyTimeout    = 5 * time.Second
)

// Release gives one host's lock back, unless it was left, and tries until ctx ends. What stays taken is free after a lease.
func (l *Locks) Release(ctx context.Context, host string) error { return l.releaseOne(ctx, l.of(host)) }

func (l *Locks) releaseOne(ctx context.Context, h *hostLock) error {
	if h.stopBeat != nil {
		h.stopBeat()
		h.stopBeat = nil
	}
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
	h.watch.state = deploy.LockState{Generation: h.generation, Released: true}
	h.generation, h.doubtful, h.known = 0, false, true
	return nil
}
