//go:build bench && linux

package bench

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// watchMemory looks again and again at how much memory the runner's processes have, and the hosts', until it is asked for the most that
// it saw of each, in bytes. A page that several processes share counts once (PSS). Looking costs CPU time: it takes at most a
// twentieth of one CPU.
func watchMemory(reaper int, servers []int) (most func() (ofRunner, ofHosts int64)) {
	type peaks struct{ runner, hosts int64 }
	stop, done := make(chan struct{}), make(chan peaks)
	go func() {
		runtime.LockOSThread() // its own CPU time is what is limited: on a busy machine it waits for most of the time
		defer runtime.UnlockOSThread()
		var peak peaks
		for {
			before := usage(unix.RUSAGE_THREAD)
			tree := processes()
			peak.runner = max(peak.runner, tree.below(reaper))
			hosts := int64(0)
			for _, server := range servers {
				hosts += tree.below(server)
			}
			for _, child := range tree[os.Getpid()] {
				if child != reaper && !isServer(child) {
					hosts += shareOf(child) + tree.below(child)
				}
			}
			peak.hosts = max(peak.hosts, hosts)
			select {
			case <-stop:
				done <- peak
				return
			case <-time.After(max(20*time.Millisecond, 20*(usage(unix.RUSAGE_THREAD)-before))):
			}
		}
	}()
	return func() (int64, int64) {
		close(stop)
		peak := <-done
		return peak.runner, peak.hosts
	}
}

// family is the children of each process.
type family map[int][]int

func processes() family {
	entries, _ := os.ReadDir("/proc")
	tree := family{}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil { // it has ended
			continue
		}
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		parent, _ := strconv.Atoi(fields[1])
		tree[parent] = append(tree[parent], pid)
	}
	return tree
}

// descendants are the children of a process, theirs, and so on.
func (f family) descendants(pid int) (all []int) {
	for _, child := range f[pid] {
		all = append(append(all, child), f.descendants(child)...)
	}
	return all
}

// below is what the descendants of a process have, in bytes.
func (f family) below(pid int) int64 {
	all := int64(0)
	for _, descendant := range f.descendants(pid) {
		all += shareOf(descendant)
	}
	return all
}

// shareOf is the memory of one process; where it may not be looked into, as sshd's before the log-in, with all that it shares.
func shareOf(pid int) int64 {
	field, file := "Pss:", "smaps_rollup"
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, file))
	if err != nil {
		field = "VmRSS:"
		text, _ = os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	}
	_, rest, _ := strings.Cut(string(text), field)
	line, _, _ := strings.Cut(rest, "kB")
	kib, _ := strconv.ParseInt(strings.TrimSpace(line), 10, 64)
	return kib << 10
}
