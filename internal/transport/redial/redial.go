// Package redial is a connection that is made again after it was lost, so that a deployment outlives a dropped link and a
// host that restarts.
//
// It repeats nothing by itself: what was under way when the link dropped gives transport.ErrLost, and the caller alone
// knows whether it may be done again. Retry is for those that may. It must not know what the commands do.
package redial

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/transport"
)

// Conn is a transport.Conn to one host over as many connections, one after another, as it takes.
type Conn struct {
	dialer transport.Dialer
	host   deploy.Host

	mu     sync.Mutex // held while dialling: whoever comes second finds the connection made
	conn   transport.Conn
	closed bool
}

var _ transport.Conn = (*Conn)(nil)

// Connect makes the first connection. Its error is the dialer's.
func Connect(ctx context.Context, dialer transport.Dialer, host deploy.Host) (*Conn, error) {
	c := &Conn{dialer: dialer, host: host}
	if _, err := c.get(ctx); err != nil {
		return nil, err
	}
	return c, nil
}

// Host implements transport.Conn.
func (c *Conn) Host() deploy.Host { return c.host }

// Run implements transport.Conn. After ErrLost the next call dials again.
func (c *Conn) Run(ctx context.Context, cmd transport.Command) error {
	conn, err := c.get(ctx)
	if err != nil {
		return err
	}
	err = conn.Run(ctx, cmd)
	c.drop(conn, err)
	return err
}

// Dial implements transport.Conn.
func (c *Conn) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := c.get(ctx)
	if err != nil {
		return nil, err
	}
	forwarded, err := conn.Dial(ctx, network, address)
	c.drop(conn, err)
	return forwarded, err
}

// Close implements transport.Conn. Nothing is dialled after it.
func (c *Conn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	if c.conn == nil {
		return nil
	}
	return c.conn.Close()
}

func (c *Conn) get(ctx context.Context) (transport.Conn, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
		return nil, transport.ErrLost
	case c.conn != nil:
		return c.conn, nil
	}
	conn, err := c.dialer.Connect(ctx, c.host)
	if err != nil {
		return nil, err
	}
	c.conn = conn
	return conn, nil
}

// drop forgets a connection that an error shows to be gone.
func (c *Conn) drop(conn transport.Conn, err error) {
	if !errors.Is(err, transport.ErrLost) {
		return
	}
	_ = conn.Close() // it is gone; what it still held is freed
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conn == conn {
		c.conn = nil
	}
}

// Pauses between two tries of Retry.
const (
	firstPause = 200 * time.Millisecond
	maxPause   = 5 * time.Second
)

// Retry does something that may be done twice until the link no longer fails it, for at most `limit`; then its last error
// stands. Whatever else fails it is no reason to do it again.
func Retry(ctx context.Context, limit time.Duration, do func() error) error {
	deadline := time.Now().Add(limit)
	for pause := firstPause; ; pause = min(2*pause, maxPause) {
		err := do()
		if !OfLink(err) || ctx.Err() != nil || time.Now().Add(pause).After(deadline) {
			return err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return err
		}
	}
}

// OfLink tells whether an error is the link's: the connection was lost, or cannot be made for now.
func OfLink(err error) bool {
	return errors.Is(err, transport.ErrLost) || errors.Is(err, transport.ErrUnreachable)
}
