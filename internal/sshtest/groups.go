package sshtest

import (
	"sync"
	"syscall"
)

// groups are the process groups that the server is answerable for: those of running commands, and those in which a
// command that ended has left processes.
type groups struct {
	mu     sync.Mutex
	alive  map[int]struct{}
	closed bool
}

func (g *groups) add(id int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		_ = syscall.Kill(-id, syscall.SIGKILL)
		return
	}
	if g.alive == nil {
		g.alive = map[int]struct{}{}
	}
	g.forget()
	g.alive[id] = struct{}{}
}

// leaderEnded takes note that a command has ended. What it left in its group keeps that alive.
func (g *groups) leaderEnded() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.forget()
}

// forget drops the groups that nobody is left in: their numbers may be given to somebody else.
func (g *groups) forget() {
	for id := range g.alive {
		if syscall.Kill(-id, 0) == syscall.ESRCH {
			delete(g.alive, id)
		}
	}
}

// kill ends all groups, and every one that is added later.
func (g *groups) kill() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	for id := range g.alive {
		_ = syscall.Kill(-id, syscall.SIGKILL)
	}
	clear(g.alive)
}
