//go:build bench && linux

package bench

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// cost is what a deployment took.
type cost struct {
	wall   time.Duration
	runner time.Duration      // CPU time of the command and its children
	hosts  time.Duration      // CPU time of the hosts' sshd and all that they started
	others float64            // what others than the benchmark took of the machine's CPUs meanwhile; 1 is all of it
	phases map[string]float64 // seconds of each
}

// meter measures what happens between its making and its end.
type meter struct {
	t       *testing.T
	hosts   []*host
	begun   time.Time
	cpu     cost
	self    time.Duration
	machine time.Duration
}

func newMeter(t *testing.T, hosts []*host) *meter {
	t.Helper()
	m := &meter{t: t, hosts: hosts, cpu: cost{runner: usage(t, syscall.RUSAGE_CHILDREN), hosts: hostsCPU(t, hosts)}}
	m.self, m.machine = usage(t, syscall.RUSAGE_SELF), machineCPU(t)
	m.begun = time.Now()
	return m
}

func (m *meter) end() cost {
	m.t.Helper()
	c := cost{wall: time.Since(m.begun), runner: usage(m.t, syscall.RUSAGE_CHILDREN) - m.cpu.runner}
	machine, self := machineCPU(m.t)-m.machine, usage(m.t, syscall.RUSAGE_SELF)-m.self
	c.hosts = hostsCPU(m.t, m.hosts) - m.cpu.hosts
	c.others = max(0, (machine-self-c.runner-c.hosts).Seconds()/(c.wall.Seconds()*float64(runtime.NumCPU())))
	return c
}

// usage is the CPU time of this process (RUSAGE_SELF), or of all of its children that have ended (RUSAGE_CHILDREN): sshd's
// are not among them yet.
func usage(t *testing.T, who int) time.Duration {
	t.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(who, &usage); err != nil {
		t.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// tick is the unit of CPU times in /proc.
const tick = 10 * time.Millisecond

// machineCPU is the time that all CPUs were busy, or another virtual machine had them: the line cpu of /proc/stat (proc(5))
// less idle and iowait.
func machineCPU(t *testing.T) time.Duration {
	t.Helper()
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(stat), "\n")
	var ticks int64
	for i, field := range strings.Fields(line)[1:9] {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		if i != 3 && i != 4 {
			ticks += n
		}
	}
	return time.Duration(ticks) * tick
}

// hostsCPU is the CPU time of the hosts' sshd and their children, once all of those have ended.
func hostsCPU(t *testing.T, hosts []*host) time.Duration {
	t.Helper()
	var all time.Duration
	for _, h := range hosts {
		pid := h.server.PID
		for deadline := time.Now().Add(time.Minute); ; <-time.After(5 * time.Millisecond) {
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

// processCPU is the CPU time of a process and of its children that have ended: fields 14 to 17 of its stat (proc(5)).
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
	return time.Duration(ticks) * tick
}
