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
	g.alive[id] = struct{}{}
}

// leaderEnded forgets a group that nobody is left in: its number may be given to somebody else.
func (g *groups) leaderEnded(id int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if syscall.Kill(-id, 0) == syscall.ESRCH {
		delete(g.alive, id)
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
