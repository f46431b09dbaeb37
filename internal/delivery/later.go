package delivery

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/slipway/slipway/internal/artifact/content"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/plan"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/stage"
)

// errSooner ends an upload in whose place a patch is sent.
var errSooner = errors.New("a patch is there sooner")

// leastLeft is how many bytes of an upload must be left for a patch to be thought of again, and oftener how many times longer these must take
// than the patch: it may turn out larger than it was expected to be.
const (
	leastLeft = 1 << 20
	oftener   = 2
)

// later is an upload without a patch that looks, once the bytes that the host has read show how fast the link is, whether one is there
// sooner than what is left. Only what was not handed to the connection yet counts as left: the rest goes before a patch, too.
type later struct {
	*Delivery
	h     plan.Host
	b     *base
	reuse *content.Reuse
	delta stage.Payload

	mu    sync.Mutex
	over  bool
	left  int64         // bytes
	done  chan struct{} // closed when no patch is made any more; nil before one is
	patch *patch        // in the place of what is left
}

// sent makes the release of a base and a delta, or, where the link is slower than it was taken for, gives the patch that is to be sent in
// the place of that.
func (l *later) sent(ctx context.Context, rest release.Operation, traffic *deploy.Traffic) (instead *patch, unfit []string, err error) {
	sending, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	_, size := l.chosen(l.reuse.Changed)
	making := oftener * compressing(2*size, true)
	count, end := l.counting(l.h.Name, traffic)
	counted := func(done, total int64) {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.over { // who was stopped may not know yet
			return
		}
		count(done, total)
		l.left = total - done
		if l.done == nil && l.pays(making) {
			l.done = make(chan struct{})
			go l.make(sending, stop)
		}
	}
	op := stage.Copy(l.Fleet.On(l.h.Name).Site(), l.Schedule.Release, l.delta, l.b.Base, &unfit, counted)
	err = l.upload(sending, l.h, op, rest)
	l.mu.Lock()
	l.over = true
	made := l.done
	l.mu.Unlock()
	end()
	stop(nil)
	if made != nil {
		<-made
	}
	if err != nil && ctx.Err() == nil {
		instead = l.patch
	}
	return instead, unfit, err
}

// pays reports whether what is left takes longer than something else. The lock is held.
func (l *later) pays(than time.Duration) bool {
	return l.left >= leastLeft && l.link.measured() && l.link.sending(l.left, l.needing(l.b, l.reuse), l.roundTrip) > than
}

// make makes the patch, and stops the upload where it is there sooner.
func (l *later) make(ctx context.Context, stop context.CancelCauseFunc) {
	defer close(l.done)
	made := l.again(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	if made != nil && !l.over && l.pays(oftener*l.sending(made.payload, l.needing(l.b, l.reuse))) {
		l.patch = made
		stop(errSooner)
	}
}

// again makes the patch by what is known of the link now, once for all hosts that have the same.
func (l *later) again(ctx context.Context) *patch {
	select {
	case l.remaking <- struct{}{}:
		defer func() { <-l.remaking }()
	case <-ctx.Done():
		return nil
	}
	if known, tried := l.remade[l.reuse]; tried {
		return known
	}
	made := l.makePatch(ctx, l.h, l.b, l.reuse, l.delta)
	if ctx.Err() == nil {
		l.remade[l.reuse] = made // nil, too: what cannot be had is not asked for by each host
	}
	return made
}
