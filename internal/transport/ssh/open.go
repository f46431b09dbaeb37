package ssh

import (
	"bytes"
	"context"
	"time"
)

// opening is a session that the host was asked for, in which nothing runs yet.
type opening struct {
	done chan struct{} // closed once what follows is set
	ch   *channel
	err  error // an *ssh.OpenChannelError of a host that refuses
}

// ask asks the host for a session.
func (c *Conn) ask() *opening {
	o, asked := &opening{done: make(chan struct{})}, time.Now()
	go func() {
		defer close(o.done)
		ch, requests, err := c.link.client.OpenChannel("session", nil)
		if err != nil {
			o.err = err
			return
		}
		c.answered(asked)
		c.mu.Lock()
		c.open++
		c.mu.Unlock()
		o.ch = newChannel(ch, requests, c.sessionEnded)
	}()
	return o
}

// askAhead asks for a session that somebody will need: who opens the next one takes it, and waits no round trip. Dropbear gets no such
// question, as it has trouble with several sessions: see settle.
func (c *Conn) askAhead() {
	if c.isDropbear() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ahead == nil {
		c.ahead = c.ask()
	}
}

func (c *Conn) takeAhead() *opening {
	c.mu.Lock()
	defer c.mu.Unlock()
	o := c.ahead
	c.ahead = nil
	return o
}

// tryOpen opens a session and starts a shell in it. The error of a host that refuses is an *ssh.OpenChannelError.
func (c *Conn) tryOpen(ctx context.Context) (*channel, error) {
	c.settle(ctx)
	if o := c.takeAhead(); o != nil {
		if ch, err := c.startIn(ctx, o); err == nil || ctx.Err() != nil {
			return ch, err
		}
		// It was refused, or the host has closed it since.
	}
	return c.startIn(ctx, c.ask())
}

func (c *Conn) startIn(ctx context.Context, o *opening) (*channel, error) {
	select {
	case <-o.done:
	case <-ctx.Done():
		go func() {
			if <-o.done; o.err == nil {
				o.ch.close()
			}
		}()
		return nil, context.Cause(ctx)
	}
	if o.err != nil {
		return nil, c.openError(o.err)
	}
	err := o.ch.start(c.startLimit)
	c.link.life.conn.quick.Store(false) // from its first exec on, sshd sets TCP_NODELAY itself
	if err != nil {
		return nil, c.openError(err)
	}
	return o.ch, nil
}

func (c *Conn) isDropbear() bool {
	return bytes.Contains(c.link.client.ServerVersion(), []byte("dropbear"))
}
