package step_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/releasetest"
	"github.com/slipway/slipway/internal/release/step"
)

func TestSecondStartIsRefused(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		inst := instance(t, host, "echo ran >>../count")
		run(t, host, inst)
		if _, _, err := releasetest.RunStep(t.Context(), host, host.Site, inst, nil); !errors.Is(err, step.ErrStarted) {
			t.Errorf("a second start gives %v", err)
		}
		inst.Try = 2
		run(t, host, inst)
		if count, _ := os.ReadFile(filepath.Join(host.Site.Root, "releases", "count")); string(count) != "ran\nran\n" {
			t.Errorf("ran %q", count)
		}
	})
}

func TestBackgroundProcessDoesNotHold(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		inst := instance(t, host, "sleep 100 & echo $!")
		start := time.Now()
		status, lines := run(t, host, inst)
		if took := time.Since(start); !status.OK() || took > 10*time.Second || len(lines) != 1 {
			t.Fatalf("%s after %s with %q", status, took, lines)
		}
		if err := killProcess(lines[0]); err != nil {
			t.Errorf("the background process did not outlive its step: %v", err)
		}
	})
}

func TestTimeout(t *testing.T) {
	for name, script := range map[string]string{
		"obeys":          "echo on; sleep 100",
		"child stays":    "(trap '' TERM; echo on; exec sleep 2.2) & wait", // the shell goes at once, its child does not
		"writes on TERM": "trap 'echo bye; exit 7' TERM; echo on; sleep 100 & wait",
	} {
		t.Run(name, func(t *testing.T) {
			releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
				inst := instance(t, host, script)
				inst.Step.Timeout = 1500 * time.Millisecond
				status, lines := run(t, host, inst)
				if !status.TimedOut || status.OK() || status.String() != "timed out after 1.5s" || !slices.Contains(lines, "on") {
					t.Errorf("%s %q", status, lines)
				}
				if name == "writes on TERM" && !slices.Contains(lines, "bye") {
					t.Errorf("what it wrote at the end is missing: %q", lines)
				}
			})
		})
	}
}

func TestTimeoutKillsWhatIgnoresTERM(t *testing.T) {
	t.Parallel()
	host := releasetest.NewHost(t, "dash")
	inst := instance(t, host, "trap '' TERM; echo $$; while :; do sleep 1; done")
	inst.Step.Timeout = time.Second
	// It gives the step 10 s after TERM; less here.
	host.Patch = func(script string) string { return strings.ReplaceAll(script, "now + 10000", "now + 500") }
	status, lines := run(t, host, inst)
	if !status.TimedOut || len(lines) == 0 {
		t.Fatalf("%s %q", status, lines)
	}
	if err := killProcess(lines[0]); err == nil {
		t.Error("it is still there")
	}
}

func TestStop(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		inst := instance(t, host, "echo $$; sleep 100; echo never")
		if err := release.Run(t.Context(), host, step.Stop(host.Site, inst)); err != nil {
			t.Errorf("before it started: %v", err)
		}
		if _, _, err := releasetest.RunStep(t.Context(), host, host.Site, inst, nil); !errors.Is(err, step.ErrNeverStarted) {
			t.Errorf("it was stopped before it began, and then gave %v", err)
		}
		inst.Try = 2
		var stopped error
		status, _, err := releasetest.RunStep(t.Context(), host, host.Site, inst, func(string) {
			stopped = release.Run(t.Context(), host, step.Stop(host.Site, inst))
		})

		if err != nil || stopped != nil || status.Signal != "TERM" {
			t.Errorf("%s, %v, %v", status, err, stopped)
		}
		if err := release.Run(t.Context(), host, step.Stop(host.Site, inst)); err != nil {
			t.Errorf("after it ended: %v", err)
		}
	})
}

// The step is not the connection's: when nobody listens any more it goes on to its end.
func TestStepOutlivesItsFollower(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		inst := instance(t, host, "echo on; until [ -e ../go ]; do sleep 0.05; done; i=0; while [ $i -lt 2000 ]; do echo $i; i=$((i + 1)); done; exit 5")
		ctx, cancel := context.WithCancelCause(t.Context())
		gone := errors.New("gone")
		_, _, err := releasetest.RunStep(ctx, host, host.Site, inst, func(string) { cancel(gone) })
		if !errors.Is(err, gone) {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(host.Site.Root, "releases", "go"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		folder := filepath.Join(host.Site.Root, inst.Folder())
		var status []byte
		eventually(t, "it has ended", func() bool {
			status, _ = os.ReadFile(filepath.Join(folder, "status"))
			return strings.TrimSpace(string(status)) != ""
		})
		log, _ := os.ReadFile(filepath.Join(folder, "log"))
		if strings.TrimSpace(string(status)) != "exit 5" || !strings.HasSuffix(string(log), "\n1999\n") {
			t.Errorf("status %q, log ends %q", status, log[max(0, len(log)-20):])
		}
	})
}

func TestWrapperKilled(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		inst := instance(t, host, "echo on; sleep 100")
		var leader string
		_, _, err := releasetest.RunStep(t.Context(), host, host.Site, inst, func(string) {
			pid := filepath.Join(host.Site.Root, inst.Folder(), "pid")
			await(t, pid)
			words, _ := os.ReadFile(pid)
			fields := strings.Fields(string(words))
			if len(fields) != 5 {
				t.Errorf("pid holds %q", words)
				return
			}
			leader = fields[0]
			if err := killProcess(fields[2]); err != nil {
				t.Error(err)
			}
		})

		if !errors.Is(err, step.ErrUnknown) {
			t.Errorf("a step whose wrapper died gives %v", err)
		}
		// The step is still there, and can still be stopped.
		if err := release.Run(t.Context(), host, step.Stop(host.Site, inst)); err != nil {
			t.Error(err)
		}
		if err := killProcess(leader); err == nil {
			t.Error("the step is still there")
		}
	})
}

// The time of a step is over also where its wrapper was killed: nobody else would end it.
func TestTimeoutWithoutTheWrapper(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		inst := instance(t, host, "echo $$; exec sleep 100")
		inst.Step.Timeout = 1500 * time.Millisecond
		var leader string
		_, _, err := releasetest.RunStep(t.Context(), host, host.Site, inst, func(line string) {
			pid := filepath.Join(host.Site.Root, inst.Folder(), "pid")
			await(t, pid)
			words, _ := os.ReadFile(pid)
			if leader = line; len(strings.Fields(string(words))) != 5 || killProcess(strings.Fields(string(words))[2]) != nil {
				t.Errorf("pid holds %q", words)
			}
		})
		if !errors.Is(err, step.ErrUnknown) {
			t.Errorf("a step whose wrapper died gives %v", err)
		}
		eventually(t, "the step is ended", func() bool {
			stat, err := os.ReadFile("/proc/" + leader + "/stat")
			return err != nil || strings.Contains(string(stat), ") Z ")
		})
	})
}

// BenchmarkStep is what a step costs that does nothing.
func BenchmarkStep(b *testing.B) {
	host := releasetest.NewHost(b, "dash")
	inst := instance(b, host, ":")
	for b.Loop() {
		inst.Try++
		if status, _, err := releasetest.RunStep(b.Context(), host, host.Site, inst, func(string) {}); err != nil || !status.OK() {
			b.Fatal(status, err)
		}
	}
}

// A step that fills the disk fails as any other: its status has had its place on the disk since before it started.
func TestDiskFull(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		host.Site.Root = host.SmallDisk(t, 256<<10, 200) + "/site"
		inst := instance(t, host, `echo on; until [ -s "$LOG" ]; do sleep 0.01; done; head -c 1000000 /dev/zero >../fill || { echo full; exit 28; }`)
		inst.Step.Vars = map[string]string{"LOG": filepath.Join(host.Site.Root, inst.Folder(), "log"), "PATH": host.Path}
		inst.Head, inst.Tail = 16<<10, 16<<10
		status, lines := run(t, host, inst)
		if status.Exit != 28 || !slices.Contains(lines, "on") || !slices.Contains(lines, "full") {
			t.Errorf("%s %q", status, lines)
		}
		if err := os.WriteFile(host.Site.Root+"/releases/more", []byte("x"), 0o600); err == nil {
			t.Error("the test proves nothing: there is still space")
		}
		inst.Try = 2
		for range 2 { // what was not started can be tried again
			if _, _, err := releasetest.RunStep(t.Context(), host, host.Site, inst, nil); err == nil || !strings.Contains(err.Error(), "free space") || errors.Is(err, step.ErrStarted) {
				t.Errorf("a step that cannot be started: %v", err)
			}
		}
	})
}

// Output that finds no place on the disk is lost, and that is said; the step goes on to its own end.
func TestOutputIntoAFullDisk(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		host.Site.Root = host.SmallDisk(t, 256<<10, 200) + "/site"
		inst := instance(t, host, `head -c 1000000 /dev/zero >../fill || :; i=0; while [ $i -lt 20000 ]; do echo "line $i"; i=$((i + 1)); done; exit 7`)
		status, lines := run(t, host, inst)
		if status.Exit != 7 || !strings.Contains(strings.Join(lines[max(0, len(lines)-1):], ""), "the disk of the host was full") {
			t.Errorf("%s %q", status, lines)
		}
	})
}
