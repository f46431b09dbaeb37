//go:build bench && linux

package bench

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// cost is what a deployment took.
type cost struct {
	wall   time.Duration
	runner time.Duration // CPU time of the command and its children
	hosts  time.Duration // CPU time of the hosts' sshd and all that they started
}

// meter measures what happens between its making and its end.
type meter struct {
	t     *testing.T
	hosts []*host
	begun time.Time
	cpu   cost
}

func newMeter(t *testing.T, hosts []*host) *meter {
	t.Helper()
	m := &meter{t: t, hosts: hosts, cpu: cost{runner: childrenCPU(t), hosts: hostsCPU(t, hosts)}}
	m.begun = time.Now()
	return m
}

func (m *meter) end() cost {
	m.t.Helper()
	wall := time.Since(m.begun)
	return cost{wall: wall, runner: childrenCPU(m.t) - m.cpu.runner, hosts: hostsCPU(m.t, m.hosts) - m.cpu.hosts}
}

// childrenCPU is the CPU time of all children of this process that have ended: sshd's are not among them yet.
func childrenCPU(t *testing.T) time.Duration {
	t.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_CHILDREN, &usage); err != nil {
		t.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// hostsCPU is the CPU time of the hosts' sshd and their children, once all of those have ended.
func hostsCPU(t *testing.T, hosts []*host) time.Duration {
	t.Helper()
	var all time.Duration
	for _, h := range hosts {
		pid := h.server.PID
		for deadline := time.Now().Add(20 * time.Second); ; <-time.After(5 * time.Millisecond) {
			children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
			if err != nil {
				t.Fatal(err)
			}
			if len(bytes.TrimSpace(children)) == 0 {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s still has sessions: processes %s", h.name, children)
			}
		}
		all += processCPU(t, pid)
	}
	return all
}

// processCPU is the CPU time of a process and of its children that have ended: fields 14 to 17 of its stat (proc(5)), in
// hundredths of a second.
func processCPU(t *testing.T, pid int) time.Duration {
	t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:])) // from the third on
	var ticks int64
	for _, field := range fields[11:15] {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}
