//go:build long

package app_test

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// kept is what was seen of a process while it ran.
type kept struct {
	names map[string]bool // its files of payloads, which it has open to its end
	wrote int64           // bytes, to files and connections
}

// wrote wants so many files of payloads: equal ones are made once.
func (e fleetEnd) wrote(t *testing.T, want int) {
	t.Helper()
	if len(e.kept.names) != want {
		t.Errorf("%s: there were %d files of payloads, wanted %d", e.what, len(e.kept.names), want)
	}
}

// keptBy looks at a process until it ends (proc(5)).
func keptBy(cmd *exec.Cmd) <-chan kept {
	done := make(chan kept, 1)
	go func() {
		seen := kept{names: map[string]bool{}}
		for {
			of := fmt.Sprintf("/proc/%d/", cmd.Process.Pid)
			open, err := os.ReadDir(of + "fd")
			if err != nil || len(open) == 0 { // it has ended
				done <- seen
				return
			}
			for _, fd := range open {
				if name, err := os.Readlink(of + "fd/" + fd.Name()); err == nil && strings.Contains(name, "/slipway-payload-") {
					seen.names[strings.TrimSuffix(name, " (deleted)")] = true
				}
			}
			if text, err := os.ReadFile(of + "io"); err == nil {
				_, after, _ := strings.Cut(string(text), "wchar: ")
				number, _, _ := strings.Cut(after, "\n")
				written, _ := strconv.ParseInt(number, 10, 64)
				seen.wrote = max(seen.wrote, written)
			}
			<-time.After(50 * time.Millisecond)
		}
	}()
	return done
}
