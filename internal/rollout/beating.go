package rollout

import (
	"context"
	"errors"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/release/lock"
	"slipway/internal/transport/redial"
)

// beat gives a host signs of life until ctx ends, or until another owner has the lock. A link that
// drops is made again at once, since the lease runs; whatever else goes wrong, the next beat may not.
func (l *locks) beat(ctx context.Context, h *hostLock, generation int) {
	ticks := time.NewTicker(l.lockRequest.beat)
	defer ticks.Stop()
	for {
		select {
		case <-ticks.C:
		case <-ctx.Done():
			return
		}
		one, cancel := context.WithTimeout(ctx, l.lease)
		err := redial.Retry(one, l.lease, func() error { return lock.Beat(one, h.lockWant.conn, h.site, generation) })
		cancel()
		if errors.Is(err, lock.ErrFenced) {
			l.lose(hostError(h.host, "", "", err))
			return
		}
	}
}

// giveBackTimeout bounds giving the lock back: a cancelled run has only seconds.
const giveBackTimeout = 5 * time.Second

// leave has a host's lock outlive this run: a step that still runs there beats in it. It is free a lease after that.
func (l *locks) leave(host string) { l.of(host).left = true }

// release gives every host's lock back that was not left, also when ctx has ended. An error names the hosts whose lock
// could not be given back: it is free after a lease.
func (l *locks) release(ctx context.Context) error { return l.giveBack(ctx, l.holds) }

func (l *locks) giveBack(ctx context.Context, holds []*hostLock) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), giveBackTimeout)
	defer cancel()
	return atOnce(holds, func(h *hostLock) error {
		if h.stopBeat != nil {
			h.stopBeat()
			h.stopBeat = nil
		}
		if h.left {
			return nil
		}
		return redial.Retry(ctx, giveBackTimeout, func() error { return l.giveOneBack(ctx, h) })
	})
}

func (l *locks) giveOneBack(ctx context.Context, h *hostLock) error {
	if h.doubtful {
		state, err := lock.Read(ctx, h.lockWant.conn, h.site)
		if err != nil {
			return err
		}
		if state.Owner.Token == l.owner.Token && !state.Free() {
			h.generation = state.Generation
		}
	}
	if h.generation == 0 {
		return nil
	}
	if err := lock.Release(ctx, h.lockWant.conn, h.site, h.generation); err != nil {
		return err
	}
	h.watch.state = deploy.LockState{Generation: h.generation, Released: true}
	h.generation, h.doubtful, h.known = 0, false, true
	return nil
}
