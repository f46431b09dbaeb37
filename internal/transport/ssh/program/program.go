// Package program makes a connection of a program: what is written goes to its standard input, what is read comes from its standard
// output, as with ProxyCommand of ssh_config(5).
//
// Terms: the end of a program is its exit, or that it closes its standard output; its group are it and the processes that it started,
// which end with it. The package must not know what is spoken over the connection, nor with whom.
package program

import (
	"net"
	"os/exec"
	"sync"
	"time"
)

// Programs are the programs of one caller, which can end all of them. It is safe for concurrent use.
type Programs struct {
	Env []string // of each of them, NAME=value; the process's own variables are not handed on

	mu      sync.Mutex
	closed  bool
	running map[*Conn]struct{}
}

// Start starts a program with its arguments. Its error is a *StartError.
func (p *Programs) Start(words []string) (*Conn, error) {
	c := &Conn{name: words[0], exited: make(chan struct{}), quiet: make(chan struct{}), isClosed: make(chan struct{})}
	path, err := exec.LookPath(words[0])
	if err != nil {
		return nil, &StartError{words[0], reason(err)}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, &StartError{words[0], net.ErrClosed}
	}
	if err := c.start(path, words, p.Env, func() { p.forget(c) }); err != nil {
		return nil, &StartError{words[0], reason(err)}
	}
	if p.running == nil {
		p.running = map[*Conn]struct{}{}
	}
	p.running[c] = struct{}{}
	return c, nil
}

func (p *Programs) forget(c *Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.running, c)
}

// Close ends all programs and waits for that: a moment, for what does not end by itself is killed. None is started afterwards.
func (p *Programs) Close() {
	p.mu.Lock()
	p.closed = true
	var running []*Conn
	for c := range p.running {
		running = append(running, c)
	}
	p.mu.Unlock()
	for _, c := range running {
		_ = c.Close()
	}
	limit := time.NewTimer(2 * grace) // one that the kernel does not let end holds nobody up
	defer limit.Stop()
	for _, c := range running {
		select {
		case <-c.exited:
		case <-limit.C:
			return
		}
	}
}
