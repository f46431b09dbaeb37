package ssh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/transport"
)

// A host counts sessions (MaxSessions, 10 unless set), and frees a place when the process in it has ended, a little after
// the channel is closed. So a refused session is asked for again: when one of ours ends, and after a while.
const (
	slotRetry    = 100 * time.Millisecond // doubled each time
	slotRetryMax = time.Second
	slotLimit    = 5 * time.Second // without any session of ours open: it is not we who fill the places
)

// take gives a shell for one command: the control shell when it is idle and will do, else one on a channel of its own.
// giveBack says whether it can be used again. reused tells that commands have run in it before.
func (c *Conn) take(ctx context.Context, controlWillDo bool) (ch *channel, reused bool, giveBack func(bool), err error) {
	var control chan *channel
	makeRoom := c.closeIdleControl
	if controlWillDo {
		control, makeRoom = c.control, func() {}
		select {
		case idle := <-control:
			return c.takeControl(ctx, idle)
		default:
		}
	}
	ch, err = c.openChannel(ctx, makeRoom, control)
	var idle *controlIdle
	switch {
	case errors.As(err, &idle):
		return c.takeControl(ctx, idle.taken)
	case err != nil:
		return nil, false, nil, err
	}
	return ch, false, c.finish(ch), nil
}

// takeControl is take for the control shell, which the caller has taken; it is opened where there is none.
func (c *Conn) takeControl(ctx context.Context, ch *channel) (*channel, bool, func(bool), error) {
	reused := ch != nil && !ch.over()
	if !reused {
		if ch != nil {
			ch.close()
		}
		var err error
		if ch, err = c.openChannel(ctx, func() {}, nil); err != nil {
			c.control <- nil
			return nil, false, nil, err
		}
	}
	return ch, reused, func(again bool) {
		if again {
			c.control <- ch
			return
		}
		ch.close()
		c.control <- nil
	}, nil
}

// closeIdleControl gives the control shell's place to somebody who cannot use it.
func (c *Conn) closeIdleControl() {
	select {
	case ch := <-c.control:
		if ch != nil {
			c.finish(ch)(true)
		}
		c.control <- nil
	default:
	}
}

// controlIdle is not an error but the other thing that can happen to who waits for a place.
type controlIdle struct{ taken *channel }

func (*controlIdle) Error() string { return "the control shell became idle" }

// openChannel opens a session. Where the host has no place for it, it makes room, and waits for one; where control is not
// nil and the control shell becomes idle first, it takes that and gives a *controlIdle.
func (c *Conn) openChannel(ctx context.Context, makeRoom func(), control <-chan *channel) (*channel, error) {
	begun, wait := time.Now(), slotRetry
	for {
		c.mu.Lock()
		freed := c.freed
		c.mu.Unlock()
		ch, err := c.tryOpen(ctx)
		var refused *ssh.OpenChannelError
		if err == nil || !errors.As(err, &refused) {
			return ch, err
		}
		if err := c.mayWait(begun, refused); err != nil {
			return nil, err
		}
		makeRoom()
		timer := time.NewTimer(wait)
		wait = min(2*wait, slotRetryMax)
		select {
		case ch := <-control:
			timer.Stop()
			return nil, &controlIdle{ch}
		case <-freed:
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, context.Cause(ctx)
		}
		timer.Stop()
	}
}

// mayWait is the error of a session that is refused although nothing of ours fills the places.
func (c *Conn) mayWait(begun time.Time, refused *ssh.OpenChannelError) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open > 0 || time.Since(begun) < slotLimit {
		return nil
	}
	return &deploy.Error{
		Op: "open a session", Host: c.host.Name, Cause: fmt.Errorf("the log-in is accepted, a session refused: %s", refused.Message),
		Hint: "MaxSessions in the host's sshd_config must be 1 or more, and the user must be allowed to run commands",
	}
}

func (c *Conn) openError(err error) error {
	var refused *ssh.OpenChannelError
	if errors.As(err, &refused) {
		return err
	}
	// A connection that ends fails what is being opened in several ways, and a moment before it tells why.
	lost := c.lost()
	if why := c.link.life.why(); why == nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: %w", transport.ErrLost, short(err))
	}
	return lost
}

// sessionEnded tells all who wait for a place.
func (c *Conn) sessionEnded() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open--
	c.tell()
}

// tell wakes all who wait for a session to end. The lock is held.
func (c *Conn) tell() {
	close(c.freed)
	c.freed = make(chan struct{})
}
