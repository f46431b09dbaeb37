package ssh

import (
	"context"
	"sync"
)

// bastion is a jump host: one connection to it serves all that lies behind it.
type bastion struct {
	dialer *Dialer
	hop    hop
	slots  gate // of the handshakes under way behind it

	mu      sync.Mutex
	current *link    // nil: none, or the last one ended
	dial    *dialing // under way, or nil
	refused error    // of its identity or our key: it is not asked again
}

// dialing is one attempt to connect to a bastion, on behalf of all who wait for it.
type dialing struct {
	done    chan struct{}
	link    *link
	err     error
	waiting int
	cancel  context.CancelCauseFunc
}

func newBastion(d *Dialer, index int) *bastion {
	address := d.config.Jump[index]
	return &bastion{
		dialer: d, hop: hop{name: "jump host " + address.String(), address: address, via: index},
		slots: make(gate, d.config.MaxParallel),
	}
}

// gate has a place for each handshake that may be under way.
type gate chan struct{}

// enter waits for a place.
func (g gate) enter(ctx context.Context) (free func(), err error) {
	select {
	case g <- struct{}{}:
		return func() { <-g }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// link is the connection to the bastion; it is made by the first who asks, and again when it was lost. It ends with the
// context of whoever waits, while the attempt goes on as long as somebody does.
func (b *bastion) link(ctx context.Context) (*link, error) {
	b.mu.Lock()
	if b.refused != nil {
		defer b.mu.Unlock()
		return nil, b.refused
	}
	if b.current != nil && b.current.life.why() == nil {
		defer b.mu.Unlock()
		return b.current, nil
	}
	dial := b.dial
	if dial == nil {
		dial = b.start(ctx)
	}
	dial.waiting++
	b.mu.Unlock()
	select {
	case <-dial.done:
		return dial.link, dial.err
	case <-ctx.Done():
		b.mu.Lock()
		defer b.mu.Unlock()
		if dial.waiting--; dial.waiting == 0 {
			dial.cancel(context.Cause(ctx))
			if b.dial == dial {
				b.dial = nil
			}
		}
		return nil, context.Cause(ctx)
	}
}

// start begins an attempt. The lock is held.
func (b *bastion) start(ctx context.Context) *dialing {
	shared, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	dial := &dialing{done: make(chan struct{}), cancel: cancel}
	b.dial = dial
	go func() {
		defer cancel(nil)
		link, err := b.dialer.dialHop(shared, b.hop)
		b.mu.Lock()
		defer b.mu.Unlock()
		dial.link = link
		if err != nil {
			dial.err = b.dialer.explain(shared, b.hop, err)
		}
		if b.dial == dial {
			b.dial = nil
			b.current = link
			if err != nil && !transient(err) && !withoutLogin(err) {
				b.refused = dial.err // asking again would cost penalties
			}
		} else if link != nil { // nobody waited for it any more
			link.close()
		}
		close(dial.done)
	}()
	return dial
}

// close ends the connection and has nobody make another.
func (b *bastion) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refused = errClosed
	if b.dial != nil {
		b.dial.cancel(errClosed)
		b.dial = nil
	}
	if b.current != nil {
		b.current.close()
	}
}
