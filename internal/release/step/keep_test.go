package step_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/release/releasetest"
	"github.com/slipway/slipway/internal/release/step"
)

// numbered is a step that prints the numbers from 1000000 on, a line of 8 bytes each.
const numbered = `i=1000000; while [ $i -lt $LAST ]; do echo $i; i=$((i + 1)); done`

var dropped = regexp.MustCompile(`^\((\d+) bytes of the output are not shown`)

// account checks that numbered lines follow each other but where it is said how many bytes are missing, and gives those.
func account(t *testing.T, lines []string, end int) (missing int) {
	t.Helper()
	next := 1000000
	for i := 0; i < len(lines); i++ {
		if match := dropped.FindStringSubmatch(lines[i]); match != nil {
			n, _ := strconv.Atoi(match[1])
			missing += n
			// A gap may begin and end within a line.
			pieces := 0
			if i > 0 && len(lines[i-1]) < 7 {
				pieces += len(lines[i-1])
			}
			if i++; i < len(lines) && (pieces+n)%8 != 0 {
				n += len(lines[i]) + 1
				i++
			}
			next += (pieces + n) / 8
			i--
			continue
		}
		if len(lines[i]) < 7 {
			continue // the beginning of a line in a gap
		}
		if lines[i] != strconv.Itoa(next) {
			t.Fatalf("line %d is %q, want %d", i, lines[i], next)
		}
		next++
	}
	if next != end {
		t.Errorf("the last line is %d, want %d", next-1, end-1)
	}
	return missing
}

// Many short lines are no reason for many programs.
func TestFewProgramsForManyLines(t *testing.T) {
	t.Parallel()
	host := releasetest.NewHost(t, "dash")
	inst := instance(t, host, "i=0; while [ $i -lt 100 ]; do echo $i; sleep 0.005; i=$((i + 1)); done")
	count := filepath.Join(host.Home, "count")
	dd := filepath.Join(host.Path, "dd")
	program, err := os.Readlink(dd)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(dd); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dd, []byte("#!/bin/sh\necho >>'"+count+"'\nexec "+program+" \"$@\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	status, lines := run(t, host, inst)
	if !status.OK() || len(lines) != 100 {
		t.Errorf("%s, %d lines", status, len(lines))
	}
	if programs, err := os.ReadFile(count); err != nil || strings.Count(string(programs), "\n") != 1 {
		t.Errorf("dd ran %d times, %v", len(programs), err)
	}
}

// held is how many bytes of a try's log are on the host.
func held(t *testing.T, host *releasetest.Host, inst step.Instance) (bytes int64) {
	t.Helper()
	parts, err := filepath.Glob(strings.ReplaceAll(filepath.Join(host.Site.Root, inst.Folder()), `"`, `?`) + "/log*")
	if err != nil || len(parts) == 0 {
		t.Fatal(parts, err)
	}
	for _, part := range parts {
		if info, err := os.Stat(part); err == nil {
			bytes += info.Size()
		}
	}
	return bytes
}

// Of a long log the host keeps the beginning and the end; who reads along gets all of it, or is told what is missing.
func TestLongLog(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		const last = 1000000 + 200000 // 1.6 MB
		inst := instance(t, host, numbered+"; exit 6")
		inst.Step.Vars = map[string]string{"LAST": fmt.Sprint(last)}
		inst.Head, inst.Tail = 128<<10, 512<<10
		var lines []string
		status, next, err := releasetest.RunStep(t.Context(), host, host.Site, inst, func(line string) { lines = append(lines, line) })
		if err != nil || status.Exit != 6 || next != 1600000 {
			t.Fatalf("%s at %d, %v", status, next, err)
		}
		t.Logf("live, %d bytes were missing", account(t, lines, last))
		if bytes := held(t, host, inst); bytes < 640<<10 || bytes > (128+64+640+64+64)<<10 {
			t.Errorf("the host keeps %d bytes", bytes)
		}

		// Afterwards there is the beginning and the end, and everything can be asked from any byte.
		for _, from := range []int64{0, 8 * 10000, 8 * 100000, 1600000 - 8*10000, 1600000 - 8} {
			lines = nil
			status, next, err = releasetest.FollowStep(t.Context(), host, host.Site, inst, from, func(line string) { lines = append(lines, line) })
			if err != nil || status.Exit != 6 || next != 1600000 {
				t.Fatalf("from %d: %s at %d, %v", from, status, next, err)
			}
			switch {
			case from == 0:
				missing := account(t, lines, last)
				if missing < 600_000 || missing > 1_000_000 || lines[0] != "1000000" {
					t.Errorf("%d bytes are missing after %q", missing, lines[0])
				}
			case from > 1600000-512<<10:
				if want := (1600000 - int(from)) / 8; len(lines) != want || lines[want-1] != strconv.Itoa(last-1) {
					t.Errorf("from %d: %d lines, want %d", from, len(lines), want)
				}
			case from < 128<<10:
				if lines[0] != strconv.Itoa(1000000+int(from)/8) {
					t.Errorf("from %d: %q", from, lines[0])
				}
			case !dropped.MatchString(lines[0]):
				t.Errorf("from %d, which is not kept: %q", from, lines[0])
			}
		}
	})
}

// A background process that writes on after the step's end neither holds the status up nor fills the disk, and lives on.
func TestBackgroundProcessWritesOn(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		inst := instance(t, host, `echo first; (until [ -e ../go ]; do sleep 0.02; done; i=0; while [ $i -lt 20000 ]; do echo "written later by a process in the background"; i=$((i + 1)); done; : >../done; sleep 60) & echo $!`)
		inst.Step.Vars = map[string]string{"PATH": host.Path}
		inst.Head, inst.Tail = 64<<10, 64<<10
		start := time.Now()
		status, lines := run(t, host, inst)
		if !status.OK() || len(lines) != 2 || time.Since(start) > 10*time.Second {
			t.Fatalf("%s after %s: %q", status, time.Since(start), lines)
		}
		if err := os.WriteFile(filepath.Join(host.Site.Root, "releases", "go"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		eventually(t, "it has written", func() bool { _, err := os.Stat(filepath.Join(host.Site.Root, "releases", "done")); return err == nil })
		eventually(t, "the log holds its end", func() bool { return held(t, host, inst) > 64<<10 })
		if bytes := held(t, host, inst); bytes > (64+64+64+64+64+64)<<10 {
			t.Errorf("the host keeps %d bytes", bytes)
		}
		if err := killProcess(lines[1]); err != nil {
			t.Errorf("it did not live on: %v", err)
		}
		for _, pid := range processes(host.Site.Root) { // the sleep that it left
			_ = killProcess(pid)
		}
	})
}

// A short log is given out without a program, whatever stands in it; one that a shell cannot hold takes a program.
func TestShortLog(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		inst := instance(t, host, `printf 'a\000b\nc'`)
		inst.Step.Vars = map[string]string{"PATH": host.Path}
		if status, lines := run(t, host, inst); !status.OK() || !slices.Equal(lines, []string{"a\x00b", "c"}) {
			t.Errorf("%s %q", status, lines)
		}
		if host.Name == "dash" { // the others have one of their own, or those of the machine
			if err := os.Remove(filepath.Join(host.Path, "cat")); err != nil {
				t.Fatal(err)
			}
		}
		inst.Try = 2
		inst.Step.Run = `printf '  a\\b \n\n\001\177\201\210\303\244\377\r\n\tc'`
		if status, lines := run(t, host, inst); !status.OK() || !slices.Equal(lines, []string{`  a\b `, "", "\x01\x7f\x81\x88\xc3\xa4\xff\r", "\tc"}) {
			t.Errorf("%s %q", status, lines)
		}
	})
}

// Nothing of ours is left when a step is over: no process that waits for a clock or for output.
func TestNothingIsLeft(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		inst := instance(t, host, "echo on")
		inst.Lock = 1
		heart(t, host, "1")
		run(t, host, inst)
		eventually(t, "nothing is left", func() bool { return len(processes(host.Site.Root)) == 0 })
		names, err := os.ReadDir(filepath.Join(host.Site.Root, inst.Folder()))
		var files []string
		for _, name := range names {
			files = append(files, name.Name())
		}
		// Not every dd tells how much it copied.
		if got := strings.Join(without(files, "length"), " "); err != nil || got != "begun late log meta pid script status" {
			t.Errorf("the journal has %s, %v", got, err)
		}
	})
}
