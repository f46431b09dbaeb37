package pool

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/transport"
)

// Conn is a transport.Conn to one host over as many connections, one after another, as it takes. What was under way when a
// link dropped gives transport.ErrLost, and the next use dials again.
type Conn struct {
	pool *Pool
	host deploy.Host

	// All below is under the pool's lock.
	hasSlot      bool
	work, urgent int            // uses
	conn         transport.Conn // nil while there is none
	before       transport.Conn // of the host whose slot it was: closed before anything is dialled
	dialling     chan struct{}  // closed when that is over; nil when nobody dials
	away         bool           // it could not be reached when it was last dialled
	closed       bool
}

var _ transport.Conn = (*Conn)(nil)

// Host implements transport.Conn.
func (c *Conn) Host() deploy.Host { return c.host }

// RoundTrip implements transport.Conn. A connection that is not open any more has none.
func (c *Conn) RoundTrip() time.Duration {
	c.pool.mu.Lock()
	conn := c.conn
	c.pool.mu.Unlock()
	if conn == nil {
		return 0
	}
	return conn.RoundTrip()
}

// Connect waits for a slot and connects, where that is not done. Its error is the dialer's.
func (c *Conn) Connect(ctx context.Context) error {
	_, done, err := c.use(ctx, false)
	if err != nil {
		return err
	}
	done()
	return nil
}

// Lease waits for a slot and keeps it until done is called, also while the host is dialled again. It is for commands that
// belong together, and for what has a time limit, in which no wait for a slot may fall. When ctx ends first nothing is kept.
//
// Nothing may wait for another host between the two: all slots might be kept by hosts that wait for one without.
func (c *Conn) Lease(ctx context.Context) (done func()) {
	if err := c.begin(ctx, false); err != nil {
		return func() {}
	}
	return sync.OnceFunc(func() { c.end(false) })
}

// Run implements transport.Conn.
func (c *Conn) Run(ctx context.Context, cmd transport.Command) error {
	conn, done, err := c.use(ctx, cmd.Urgent)
	if err != nil {
		return err
	}
	defer done()
	err = conn.Run(ctx, cmd)
	c.drop(conn, err)
	return err
}

// Dial implements transport.Conn. The host keeps its slot until what is dialled is closed.
func (c *Conn) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, done, err := c.use(ctx, false)
	if err != nil {
		return nil, err
	}
	forwarded, err := conn.Dial(ctx, network, address)
	if err != nil {
		c.drop(conn, err)
		done()
		return nil, err
	}
	return &forward{Conn: forwarded, done: sync.OnceFunc(done)}, nil
}

// forward is a use until it is closed.
type forward struct {
	net.Conn
	done func()
}

func (f *forward) Close() error {
	defer f.done()
	return f.Conn.Close()
}

// Close implements transport.Conn. Nothing is dialled after it.
func (c *Conn) Close() error {
	c.pool.mu.Lock()
	if c.closed {
		c.pool.mu.Unlock()
		return nil
	}
	c.closed = true
	c.pool.hosts--
	conn, before := c.conn, c.before
	c.conn, c.before = nil, nil
	c.pool.mu.Unlock()
	err := closeBoth(conn, before)
	c.pool.mu.Lock()
	defer c.pool.mu.Unlock()
	if c.dialling == nil { // else who dials gives the slot back
		c.pool.leave(c)
	}
	c.pool.serve()
	return err
}

func closeBoth(conns ...transport.Conn) error {
	var errs []error
	for _, conn := range conns {
		if conn != nil {
			errs = append(errs, conn.Close())
		}
	}
	return errors.Join(errs...)
}

// use begins a use and gives the connection for it.
func (c *Conn) use(ctx context.Context, urgent bool) (conn transport.Conn, done func(), err error) {
	if err := c.begin(ctx, urgent); err != nil {
		return nil, nil, err
	}
	conn, err = c.dialled(ctx, urgent)
	if err != nil {
		c.end(urgent)
		return nil, nil, err
	}
	return conn, func() { c.end(urgent) }, nil
}

// begin waits for the host's slot. Its error is ErrLost when the connection is closed, or the cause of ctx's end.
func (c *Conn) begin(ctx context.Context, urgent bool) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	p := c.pool
	w := &waiter{conn: c, urgent: urgent, granted: make(chan struct{})}
	p.mu.Lock()
	p.queue = append(p.queue, w)
	p.serve()
	p.mu.Unlock()
	select {
	case <-w.granted:
	case <-ctx.Done():
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if at := slices.Index(p.queue, w); at >= 0 {
		p.queue = slices.Delete(p.queue, at, at+1)
		p.serve() // one behind it may need less
		return context.Cause(ctx)
	}
	return w.err
}

// end ends a use.
func (c *Conn) end(urgent bool) {
	p := c.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	*c.count(urgent)--
	if c.hasSlot && c.idle() {
		p.slots = append(slices.DeleteFunc(p.slots, func(other *Conn) bool { return other == c }), c)
	}
	p.serve()
}

// urgentLimit is how long a host is dialled for an urgent command: others wait for the slot.
const urgentLimit = 10 * time.Second

// dialled is the connection, made where there is none. The caller has begun a use.
func (c *Conn) dialled(ctx context.Context, urgent bool) (transport.Conn, error) {
	p := c.pool
	for {
		p.mu.Lock()
		conn, others, closed := c.conn, c.dialling, c.closed
		if !closed && conn == nil && others == nil {
			break
		}
		p.mu.Unlock()
		switch {
		case closed:
			return nil, transport.ErrLost
		case conn != nil:
			return conn, nil
		}
		select {
		case <-others:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	done, before := make(chan struct{}), c.before
	c.dialling, c.before = done, nil
	p.mu.Unlock()
	_ = closeBoth(before)
	if urgent {
		limited, cancel := context.WithTimeout(ctx, urgentLimit)
		defer cancel()
		ctx = limited
	}
	conn, err := p.dialer.Connect(ctx, c.host)
	p.mu.Lock()
	defer p.mu.Unlock()
	close(done)
	c.dialling, c.away = nil, err != nil
	switch {
	case err != nil:
		conn = nil
	case c.closed:
		_ = conn.Close()
		conn, err = nil, transport.ErrLost
	}
	c.conn = conn
	if c.closed {
		p.leave(c)
		p.serve()
	}
	return conn, err
}

// drop forgets a connection that an error shows to be gone.
func (c *Conn) drop(conn transport.Conn, err error) {
	if !errors.Is(err, transport.ErrLost) {
		return
	}
	_ = conn.Close() // what it still held is freed
	c.pool.mu.Lock()
	defer c.pool.mu.Unlock()
	if c.conn == conn {
		c.conn = nil
	}
}

// idle reports whether nothing uses the slot.
func (c *Conn) idle() bool { return c.work == 0 && c.urgent == 0 }

func (c *Conn) count(urgent bool) *int {
	if urgent {
		return &c.urgent
	}
	return &c.work
}

// giveUp takes the connection from a host that loses its slot, to be closed by who gets that.
func (c *Conn) giveUp() transport.Conn {
	conn := c.conn
	if conn == nil {
		conn = c.before
	}
	c.hasSlot, c.conn, c.before = false, nil, nil
	return conn
}
