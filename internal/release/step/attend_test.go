package step_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/release/releasetest"
	"github.com/slipway/slipway/internal/release/step"
)

// patched is a change of a script, once: it must be there.
func patched(t *testing.T, host *releasetest.Host, old, changed string) {
	t.Helper()
	found := false
	host.Patch = func(script string) string {
		found = found || strings.Contains(script, old)
		return strings.Replace(script, old, changed, 1)
	}
	t.Cleanup(func() {
		if !found {
			t.Errorf("no script has %q in it", old)
		}
	})
}

// On a busy host the wrapper may get its turn long after the step has ended, and what looks after the step before.
func TestWrapperThatIsLate(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		patched(t, host, "\tcode=$?\n", "\tcode=$?; sleep 0.8\n")
		if status, lines := run(t, host, instance(t, host, "echo on; exit 3")); status.Exit != 3 || !slices.Equal(lines, []string{"on"}) {
			t.Errorf("%s %q", status, lines)
		}
	})
}

// Where the kernel, or a person, ends what looks after the step, a daemon of the step still holds nothing up.
func TestEndWithoutAttendant(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		patched(t, host, "\tattendant=$!\n", "\tattendant=$!; kill -KILL $!\n")
		status, lines := run(t, host, instance(t, host, "sleep 100 & echo $!; sleep 0.2"))
		if !status.OK() || len(lines) != 1 {
			t.Fatalf("%s %q", status, lines)
		}
		if stat, _ := os.ReadFile("/proc/" + lines[0] + "/stat"); !strings.Contains(string(stat), ") S ") {
			t.Errorf("the background process did not outlive its step: %q", stat)
		}
		_ = killProcess(lines[0])
	})
}

// A step that runs as another user shows nothing in a /proc with hidepid: it counts as running, and its time as its own.
func TestStepThatShowsNothing(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		patched(t, host, "started \"$step\"\n", "start=\n")
		inst := instance(t, host, "echo on; sleep 100")
		inst.Step.Timeout = time.Second
		if status, lines := run(t, host, inst); !status.TimedOut || !slices.Equal(lines, []string{"on"}) {
			t.Errorf("%s %q", status, lines)
		}
	})
}

// A step runs also where the launcher cannot open the pipes of here-documents.
func TestNoPipeOfTheLauncher(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		patched(t, host, "7>/proc/self/fd/6", "7>/proc/self/none")
		if status, lines := run(t, host, instance(t, host, "echo on; sleep 0.2; echo off; exit 3")); status.Exit != 3 || !slices.Equal(lines, []string{"on", "off"}) {
			t.Errorf("%s %q", status, lines)
		}
	})
}

// A wrapper that ends before it has read its program ends nothing else: the step never begins, and that is known.
func TestWrapperThatReadsNothing(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		patched(t, host, " sh -s -- ", " true ")
		_, _, err := releasetest.RunStep(t.Context(), host, host.Site, instance(t, host, "echo on"), nil)
		if !errors.Is(err, step.ErrUnknown) {
			t.Errorf("%v", err)
		}
		host.Patch = nil
		if _, _, err := releasetest.FollowStep(t.Context(), host, host.Site, instance(t, host, "echo on"), 0, nil); !errors.Is(err, step.ErrNeverStarted) {
			t.Errorf("following gives %v", err)
		}
	})
}

// Where no file can be made any more, the name that decides is another one of a file that is there: it too is made only once.
func TestNoRoomToBegin(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		patched(t, host, `{ true >"$folder/begun"; }`, "false")
		inst := instance(t, host, "echo on")
		if status, lines := run(t, host, inst); !status.OK() || !slices.Equal(lines, []string{"on"}) {
			t.Errorf("%s %q", status, lines)
		}
		host.Patch = func(script string) string {
			return strings.Replace(script, `{ true >"$folder/begun"; }`, `ln -s never "$folder/begun"; false`, 1)
		}
		inst.Try = 2
		if _, _, err := releasetest.RunStep(t.Context(), host, host.Site, inst, nil); !errors.Is(err, step.ErrNeverStarted) {
			t.Errorf("%v", err)
		}
	})
}

// A step for which no pipe can be made never begins, and that is known.
func TestNoPipe(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		host.Patch = func(script string) string {
			return strings.NewReplacer("/proc/self/fd/0", "/proc/self/none", "mkfifo \"$folder/pipe\"", "mkfifo /proc/none/pipe").Replace(script)
		}
		_, _, err := releasetest.RunStep(t.Context(), host, host.Site, instance(t, host, "echo on"), nil)
		if !errors.Is(err, step.ErrNeverStarted) {
			t.Errorf("%v", err)
		}
	})
}

// What is read again of a step after a power cut is on the disk before the step begins: by its fingerprint a success counts.
func TestRecordsAreSynced(t *testing.T) {
	t.Parallel()
	host := releasetest.NewHost(t, "dash")
	said := filepath.Join(host.Home, "synced")
	sync := filepath.Join(host.Path, "sync")
	if err := os.Remove(sync); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(sync, []byte("#!/bin/sh\nfor f do echo \"${f##*/}\"; done >>"+said+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	status, lines := run(t, host, instance(t, host, "while read -r file; do echo $file; done <"+said))
	if !status.OK() || !slices.Equal(lines, []string{"begun", "meta", "do-1"}) {
		t.Errorf("%s %q", status, lines)
	}
}
