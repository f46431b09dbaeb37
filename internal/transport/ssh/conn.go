package ssh

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/transport"
	"github.com/slipway/slipway/internal/transport/shell"
)

var _ transport.Conn = (*Conn)(nil)

// Conn is a connection to a host.
type Conn struct {
	host deploy.Host
	link *link

	// control holds the one control shell, or nil before the first command and after one that was cut off. Who has taken
	// it from the channel has it to himself.
	control chan *channel

	works      *atomic.Bool // the host's log-in has run a command before, over this connection or an earlier one
	startLimit time.Duration

	mu        sync.Mutex
	quickest  time.Duration // answer of the host; 0 before the first
	ahead     *opening      // a session for who needs the next one; nil is none
	open      int           // sessions that the host still counts
	finishing int           // of these, how many have done their work
	freed     chan struct{} // closed, and made anew, when a session ends
}

func newConn(host deploy.Host, link *link, works *atomic.Bool, startLimit time.Duration) *Conn {
	c := &Conn{host: host, link: link, works: works, startLimit: startLimit, control: make(chan *channel, 1), freed: make(chan struct{})}
	c.control <- nil
	return c
}

// Host implements transport.Conn.
func (c *Conn) Host() deploy.Host { return c.host }

// answered notes that the host answered what it was asked.
func (c *Conn) answered(asked time.Time) {
	took := time.Since(asked)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.quickest == 0 || took < c.quickest {
		c.quickest = took
	}
}

// RoundTrip implements transport.Conn: no session is opened, and no command ended, in less.
func (c *Conn) RoundTrip() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.quickest
}

// Close implements transport.Conn.
func (c *Conn) Close() error {
	c.link.close()
	return nil
}

// drain is how long after a connection's end what had already come may still be read.
const drain = time.Second

// Run implements transport.Conn. A script whose last command was killed by a signal ends with 128 + its number, as sh has
// it; Signal is set where the script's own shell was killed. What a process left behind by a command writes later to the
// standard output it inherited may show in the output of a later command.
func (c *Conn) Run(ctx context.Context, cmd transport.Command) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stop := context.AfterFunc(c.link.life.over, func() { //nolint:contextcheck // the connection's life is not the caller's
		timer := time.NewTimer(drain)
		defer timer.Stop()
		select {
		case <-timer.C:
			cancel(c.lost())
		case <-ctx.Done():
		}
	})
	defer stop()
	err := c.run(ctx, cmd)
	if errors.Is(err, transport.ErrLost) && cmd.Name != "" {
		return fmt.Errorf("%s: %w", cmd.Name, err)
	}
	return err
}

func (c *Conn) run(ctx context.Context, cmd transport.Command) error {
	ch, reused, giveBack, err := c.take(ctx, cmd.Stdin == nil)
	if err != nil {
		return err
	}
	if cmd.Ahead {
		c.askAhead()
	}
	err = c.runOn(ctx, ch, cmd)
	var unused *shell.NotStartedError
	if reused && errors.As(err, &unused) {
		// The control shell ended while nobody used it. It said itself that it is gone, so the command has not begun.
		giveBack(false)
		if ch, err = c.openChannel(ctx, func() {}, nil); err != nil {
			return err
		}
		giveBack = c.finish(ch)
		err = c.runOn(ctx, ch, cmd)
	}
	giveBack(ch.session.Idle())
	return err
}

// runOn runs a command on a channel and says what the end of the channel means.
func (c *Conn) runOn(ctx context.Context, ch *channel, cmd transport.Command) error {
	asked := time.Now()
	err := ch.session.Run(ctx, cmd)
	var unused *shell.NotStartedError
	var unfit *shell.UnfitError
	var broken *shell.EndedError
	switch {
	case err == nil:
		c.answered(asked)
		c.works.Store(true)
	case errors.As(err, &unused):
		if ended, ok := ch.end(ctx); ok {
			return c.unfit(fmt.Errorf("%w (%s)", unused, ended))
		}
		return c.lost()
	case errors.As(err, &unfit) && c.works.Load():
		return fmt.Errorf("%w: %w", transport.ErrLost, err) // it has run commands before: the host is busy
	case errors.As(err, &unfit):
		return c.unfit(unfit)
	case errors.As(err, &broken):
		ended, ok := ch.end(ctx)
		if ok && (ended.signal != "" || ended.status != 0) {
			return &transport.ExitError{Name: cmd.Name, Status: ended.status, Signal: ended.signal, Stderr: broken.Stderr}
		}
		return c.lost()
	case errors.Is(err, transport.ErrTooMuch), errors.Is(err, transport.ErrSilent):
		return c.overstepped(cmd, err)
	}
	return err
}

// lost is ErrLost with the reason. A connection closes its channels a moment before it tells why.
func (c *Conn) lost() error {
	timer := time.NewTimer(drain)
	defer timer.Stop()
	select {
	case <-c.link.life.over.Done():
	case <-timer.C:
	}
	if cause := c.link.life.why(); cause != nil {
		return fmt.Errorf("%w: %w", transport.ErrLost, short(cause))
	}
	return fmt.Errorf("%w: the host closed the command's channel", transport.ErrLost)
}

// Dial implements transport.Conn. The connection has no deadlines: close it to end a read or a write.
func (c *Conn) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	if network != "tcp" {
		return nil, fmt.Errorf("dial %s from the host: only tcp is forwarded", network)
	}
	conn, err := c.link.client.DialContext(ctx, network, address)
	if err == nil {
		return conn, nil
	}
	var refused *ssh.OpenChannelError
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case errors.As(err, &refused) && refused.Reason == ssh.Prohibited:
		return nil, fmt.Errorf("dial %s: %w: %s", address, transport.ErrForwardingRefused, refused.Message)
	case errors.As(err, &refused):
		return nil, fmt.Errorf("dial %s: %s", address, refused.Message)
	case c.link.life.why() != nil:
		return nil, fmt.Errorf("dial %s: %w", address, c.lost())
	}
	return nil, fmt.Errorf("dial %s: %w", address, err)
}
