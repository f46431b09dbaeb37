package sshtest

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// groups are the process groups that the server is answerable for: those of running commands, and those in which a
// command that ended has left processes.
type groups struct {
	mu     sync.Mutex
	alive  map[int]*group
	closed bool
}

// group is one process group. Its number is its own while its leader was not waited for, and then for as long as anybody is in
// it; afterwards the system may give it to somebody else.
type group struct {
	ended bool           // its leader was waited for
	left  map[int]string // whom that left there, as seen last: process -> when it started
}

func (g *groups) add(id int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		_ = syscall.Kill(-id, syscall.SIGKILL)
		return
	}
	if g.alive == nil {
		g.alive = map[int]*group{}
	}
	g.forget()
	g.alive[id] = &group{}
}

// leaderEnded takes note that a command has ended. What it left in its group keeps that alive.
func (g *groups) leaderEnded(id int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if own := g.alive[id]; own != nil {
		own.ended = true
		if syscall.Kill(-id, 0) == syscall.ESRCH {
			delete(g.alive, id)
		} else {
			own.left = members([]int{id})[id]
		}
	}
	g.forget()
}

// forget drops the groups that nobody is left in, and those whose number is somebody else's by now: none of the processes is
// there that were seen last.
func (g *groups) forget() {
	var ended []int
	for id, own := range g.alive {
		switch {
		case !own.ended:
		case syscall.Kill(-id, 0) == syscall.ESRCH:
			delete(g.alive, id)
		default:
			ended = append(ended, id)
		}
	}
	if len(ended) == 0 {
		return
	}
	all := members(ended)
	for _, id := range ended {
		own, now, same := g.alive[id], all[id], false
		for pid, start := range own.left {
			same = same || now[pid] == start
		}
		if own.left = now; !same {
			delete(g.alive, id)
		}
	}
}

// signal reaches a group, if it is still ours.
func (g *groups) signal(id int, number syscall.Signal) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.forget()
	if g.alive[id] != nil {
		_ = syscall.Kill(-id, number)
	}
}

// kill ends all groups, and every one that is added later.
func (g *groups) kill() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	g.forget()
	for id := range g.alive {
		_ = syscall.Kill(-id, syscall.SIGKILL)
	}
	clear(g.alive)
}

// members are the processes of some groups, with the time of their start. None where there is no /proc. Every process is looked at,
// often, so no more is read of those of other groups than which that is.
func members(groups []int) map[int]map[int]string {
	found := map[int]map[int]string{}
	entries, _ := os.ReadDir("/proc")
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		id, err := syscall.Getpgid(pid)
		if err != nil || !slices.Contains(groups, id) {
			continue
		}
		if start, ok := startOf(pid); ok {
			if found[id] == nil {
				found[id] = map[int]string{}
			}
			found[id][pid] = start
		}
	}
	return found
}

// startOf is when a process started: field 22 of /proc/<pid>/stat, see proc_pid_stat(5).
func startOf(pid int) (start string, ok bool) {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return "", false
	}
	text := string(stat)
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:]) // from field 3 on: the name may hold anything
	if len(fields) <= 19 {
		return "", false
	}
	return fields[19], true
}
