//go:build long

package rollout_test

import (
	"cmp"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/needtest"
	"github.com/slipway/slipway/internal/sshtest"
)

// TestProcesses counts what a deployment starts on a host that has had one before, with strace under the host's shells.
func TestProcesses(t *testing.T) {
	t.Parallel()
	needtest.Linux(t)
	moved := heavy("index.html", "v2", "moved/two", noise(2, 150<<10))
	delete(moved, "static/two")
	for name, test := range map[string]struct {
		first, second map[string]string
		most          int // forked subshells count like programs; how many sleeps there are depends on how busy the machine is
	}{
		"all of it": {good, good, 104},
		"delta":     {heavy(), moved, 132},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			traces := t.TempDir()
			f := tracedFleet(t, traces)
			result, _ := f.deploy(t.Context(), test.first)
			wantEnd(t, result, deploy.ExitDone, deploy.OutcomeActivated)
			_ = processes(t, traces)
			result, log := f.deploy(t.Context(), test.second)
			wantEnd(t, result, deploy.ExitDone, deploy.OutcomeActivated)
			if reused := strings.HasPrefix(said(log, "web1"), "reused "); reused != (name == "delta") {
				t.Errorf("the upload says %q", said(log, "web1"))
			}
			wantProcesses(t, processes(t, traces), test.most)
		})
	}
}

// wantProcesses fails where more processes were started.
func wantProcesses(t *testing.T, started map[string]int, most int) {
	t.Helper()
	total := 0
	var lines []string
	for _, name := range slices.SortedFunc(maps.Keys(started), func(a, b string) int { return cmp.Compare(started[b], started[a]) }) {
		total += started[name]
		lines = append(lines, fmt.Sprintf("%d %s", started[name], name))
	}
	t.Logf("%d processes: %s", total, strings.Join(lines, ", "))
	if total > most || total < 20 {
		t.Errorf("a deployment starts %d processes on a host, at most %d are promised", total, most)
	}
}

// tracedFleet has a host whose shells are traced into a folder, and four steps.
func tracedFleet(t *testing.T, traces string) *fleet {
	t.Helper()
	f := newFleet(t, 0)
	shell := filepath.Join(t.TempDir(), "shell")
	// A tracer that is nobody's parent (-D), so that the shell ends as it would alone; with its descendants (-f), each session in a file.
	script := fmt.Sprintf("#!/bin/sh\nexec %s -DDD -f -qq --seccomp-bpf --signal=none -e trace=?fork,?vfork,clone,?clone3,execve -o %s/$$ /bin/sh \"$@\"\n",
		needtest.Program(t, "strace"), traces)
	if err := os.WriteFile(shell, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	key, authorized := sshtest.ClientKey()
	f.key, f.shell = key, shell
	host := f.add("web1", authorized)
	f.withFourSteps()
	f.cfg.Activation[""] = deploy.Activation{Restart: f.cfg.Activation[""].Restart, Verify: []deploy.Check{{
		Name: "Port", TCP: net.JoinHostPort(host.Address.Host, strconv.Itoa(host.Address.Port)), Within: time.Minute, Interval: time.Second, Successes: 1,
	}}}
	return f
}

var (
	forked   = regexp.MustCompile(`(?:fork|clone3?)\b.* = (\d+)$`)
	executed = regexp.MustCompile(`^(\d+) +execve\("([^"]+)"`)
)

// processes counts the processes that traces tell of, by the last program that each became, and empties the folder.
func processes(t *testing.T, folder string) map[string]int {
	t.Helper()
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, file := range files {
		path := filepath.Join(folder, file.Name())
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		became := map[string]string{}
		for line := range strings.Lines(string(text)) {
			line = strings.TrimSuffix(line, "\n")
			if match := forked.FindStringSubmatch(line); match != nil && !strings.Contains(line, "CLONE_THREAD") {
				became[match[1]] = cmp.Or(became[match[1]], "subshell")
			} else if match := executed.FindStringSubmatch(line); match != nil {
				became[match[1]] = filepath.Base(match[2])
			}
		}
		for _, name := range became {
			count[name]++
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	return count
}
