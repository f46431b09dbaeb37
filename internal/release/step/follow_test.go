package step_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/releasetest"
	"github.com/slipway/slipway/internal/release/step"
	"github.com/slipway/slipway/internal/transport"
)

// cut is a host whose connection is lost after some bytes of output.
type cut struct {
	transport.Conn
	after int
}

func (c *cut) Run(ctx context.Context, command transport.Command) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	command.Stdout = &cutWriter{out: command.Stdout, left: c.after, lose: func() { cancel(transport.ErrLost) }}
	return c.Conn.Run(ctx, command)
}

type cutWriter struct {
	out  io.Writer
	left int
	lose func()
}

func (w *cutWriter) Write(p []byte) (int, error) {
	n := min(len(p), w.left)
	w.left -= n
	if _, err := w.out.Write(p[:n]); err != nil {
		return 0, err
	}
	if n < len(p) {
		w.lose()
		return n, io.ErrShortWrite
	}
	return n, nil
}

// However often the connection drops, each line comes once.
func TestFollowOnAfterLostConnections(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		inst := instance(t, host, `i=0; while [ $i -lt 3000 ]; do echo "line $i"; i=$((i + 1)); done; head -c 200000 /dev/zero | tr '\0' x; printf '\nlast'; exit 4`)
		inst.Step.Vars = map[string]string{"PATH": host.Path}
		inst.Head, inst.Tail = 8<<10, 512<<10
		var got []string
		out := func(line string) { got = append(got, line) }
		var status step.Status
		var next int64
		var err error
		lost := 0
		for after := 3; ; after = min(after*3, 70000) {
			conn := &cut{host, after}
			if lost == 0 {
				status, next, err = releasetest.RunStep(t.Context(), conn, host.Site, inst, out)
			} else {
				status, next, err = releasetest.FollowStep(t.Context(), conn, host.Site, inst, next, out)
			}
			if !errors.Is(err, transport.ErrLost) {
				break
			}
			lost++
		}
		var want []string
		for i := range 3000 {
			want = append(want, fmt.Sprint("line ", i))
		}
		if err != nil || status.Exit != 4 || lost < 5 {
			t.Errorf("%s, %v, after %d connections", status, err, lost)
		}
		long := strings.Join(got[min(len(got), 3000):max(0, len(got)-1)], "")
		if !slices.Equal(got[:min(len(got), 3000)], want) || long != strings.Repeat("x", 200000) || got[len(got)-1] != "last" {
			t.Errorf("%d lines: %.200q", len(got), got)
		}
	})
}

func TestFollow(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		inst := instance(t, host, "echo one; echo two; until [ -e ../go ]; do sleep 0.02; done; echo three; exit 3")
		inst.Step.Vars = map[string]string{"PATH": host.Path}
		var wait sync.WaitGroup
		started := make(chan struct{})
		var first []string
		wait.Go(func() {
			status, next, err := releasetest.RunStep(t.Context(), host, host.Site, inst, func(line string) {
				if first = append(first, line); line == "two" {
					close(started)
				}
			})

			if err != nil || status.Exit != 3 || next != 14 {
				t.Errorf("%s at %d, %v", status, next, err)
			}
		})
		<-started
		// A running one, as its journal has it.
		again := step.Recorded(deployment, deploy.StepFacts{Folder: filepath.Base(filepath.Dir(inst.Folder())), Try: 1})
		var second []string
		status, next, err := releasetest.FollowStep(t.Context(), host, host.Site, again, 4, func(line string) {
			if second = append(second, line); line == "two" {
				if err := os.WriteFile(filepath.Join(host.Site.Root, "releases", "go"), nil, 0o600); err != nil {
					t.Error(err)
				}
			}
		})

		wait.Wait()
		if err != nil || status.Exit != 3 || next != 14 || !slices.Equal(second, []string{"two", "three"}) || len(first) != 3 {
			t.Errorf("%s at %d, %v, %q and %q", status, next, err, first, second)
		}
		// One that has ended, whole and from its end.
		for from, want := range map[int64]int{0: 3, 4: 2, 14: 0} {
			var lines []string
			status, next, err := releasetest.FollowStep(t.Context(), host, host.Site, inst, from, func(line string) { lines = append(lines, line) })
			if err != nil || status.Exit != 3 || next != 14 || len(lines) != want {
				t.Errorf("from %d: %s at %d, %v, %q", from, status, next, err, lines)
			}
		}
	})
}

// Wherever the launcher dies before the step begins, it is known that it never did, and it never will.
func TestLauncherDies(t *testing.T) {
	for name, before := range map[string]string{
		"before all":                   "# mkdir is the guard",
		"with an empty folder":         "# What an undo takes back",
		"before all was reserved":      "if ! reserve",
		"before the step may begin":    "# Somebody may have made sure",
		"before the wrapper is there":  "# setsid detaches",
		"with a wrapper half received": `		printf '%s\n' "$wrapper" `,
	} {
		t.Run(name, func(t *testing.T) {
			releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
				inst := instance(t, host, "echo ran >>../count")
				host.Patch = func(script string) string {
					if !strings.Contains(script, "# The launcher") {
						return script
					}
					if !strings.Contains(script, before) {
						t.Errorf("the launcher has no %q", before)
					}
					if strings.HasSuffix(before, "\"$wrapper\" ") {
						return strings.ReplaceAll(script, before, `	printf '%.3000s\n' "$wrapper" `)
					}
					return strings.Replace(script, before, "exit 1\n"+before, 1)
				}
				if _, _, err := releasetest.RunStep(t.Context(), host, host.Site, inst, nil); err == nil {
					t.Fatal("the launcher did not die")
				}
				host.Patch = nil
				for range 2 {
					if _, next, err := releasetest.FollowStep(t.Context(), host, host.Site, inst, 0, nil); !errors.Is(err, step.ErrNeverStarted) || next != 0 {
						t.Errorf("following gives %v", err)
					}
				}
				if _, _, err := releasetest.RunStep(t.Context(), host, host.Site, inst, nil); !errors.Is(err, step.ErrNeverStarted) {
					t.Errorf("starting it after all gives %v", err)
				}
				inst.Try = 2
				run(t, host, inst)
				if count, _ := os.ReadFile(filepath.Join(host.Site.Root, "releases", "count")); string(count) != "ran\n" {
					t.Errorf("it ran %q", count)
				}
			})
		})
	}
}

// A launcher that is killed once the step runs leaves it running: that is no end of the step, and Follow goes on.
func TestLauncherIsKilled(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		inst := instance(t, host, "echo ran")
		host.Plain = true
		host.Patch = func(script string) string {
			return strings.Replace(script, "follow \"$folder\" \"$token\" <&6", "kill -KILL $$", 1)
		}
		if _, _, err := releasetest.RunStep(t.Context(), host, host.Site, inst, nil); !errors.Is(err, transport.ErrLost) {
			t.Fatalf("the launcher was killed, and Run gives %v", err)
		}
		host.Patch, host.Plain = nil, false
		var lines []string
		status, _, err := releasetest.FollowStep(t.Context(), host, host.Site, inst, 0, func(line string) { lines = append(lines, line) })
		switch {
		case errors.Is(err, step.ErrNeverStarted): // it was killed before the wrapper was there
		case err != nil || !status.OK() || !slices.Equal(lines, []string{"ran"}):
			t.Errorf("following gives %v, %v, %q", status, err, lines)
		}
	})
}

// A follower that comes while the step is being started either joins it or keeps it from beginning: never both.
func TestFollowWhileItStarts(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		inst := instance(t, host, "echo $SLIPWAY_TRY >>../count")
		joined, kept := 0, 0
		for inst.Try = 1; inst.Try <= 12; inst.Try++ {
			var wait sync.WaitGroup
			inst.Vars = map[string]string{"SLIPWAY_TRY": fmt.Sprint(inst.Try)}
			var ran, followed error
			wait.Go(func() { _, _, ran = releasetest.RunStep(t.Context(), host, host.Site, inst, nil) })
			if inst.Try%3 > 0 {
				at := filepath.Join(host.Site.Root, inst.Folder(), []string{"", "meta", "begun"}[inst.Try%3])
				eventually(t, "the try is there", func() bool { _, err := os.Stat(at); return err == nil })
			}
			_, _, followed = releasetest.FollowStep(t.Context(), host, host.Site, inst, 0, nil)
			wait.Wait()
			count, _ := os.ReadFile(filepath.Join(host.Site.Root, "releases", "count"))
			times := strings.Count("\n"+string(count), fmt.Sprintf("\n%d\n", inst.Try))
			switch {
			case followed == nil && ran == nil && times == 1:
				joined++
			case errors.Is(followed, step.ErrNeverStarted) && (errors.Is(ran, step.ErrNeverStarted) || errors.Is(ran, step.ErrStarted)) && times == 0:
				kept++
			default:
				t.Errorf("try %d ran %d times; Run gave %v, Follow gave %v", inst.Try, times, ran, followed)
			}
		}
		t.Logf("%d joined, %d kept from beginning", joined, kept)
	})
}

func TestFollowUnknown(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		inst := instance(t, host, "echo on; printf 'half a line'; sleep 100")
		folder := filepath.Join(host.Site.Root, inst.Folder())
		_, next, err := releasetest.RunStep(t.Context(), host, host.Site, inst, func(line string) {
			if line != "on" {
				return
			}
			eventually(t, "the log is whole", func() bool { log, _ := os.ReadFile(folder + "/log"); return len(log) == 14 })
			pid, _ := os.ReadFile(folder + "/pid")
			words := strings.Fields(string(pid))
			for _, n := range []int{2, 0} {
				if err := killProcess(words[n]); err != nil {
					t.Error(err)
				}
			}
		})

		if !errors.Is(err, step.ErrUnknown) || next != 14 {
			t.Errorf("%v at %d", err, next)
		}
		var lines []string
		_, next, err = releasetest.FollowStep(t.Context(), host, host.Site, inst, 0, func(line string) { lines = append(lines, line) })
		if !errors.Is(err, step.ErrUnknown) || next != 14 || !slices.Equal(lines, []string{"on", "half a line"}) {
			t.Errorf("%v at %d, %q", err, next, lines)
		}
		// A process of that number that started at another time, or before the host did, is another one.
		for _, pid := range []string{
			fmt.Sprintf("%d 1 %d 1 %s", os.Getpid(), os.Getpid(), bootID(t)), fmt.Sprintf("%d - %d - another-boot", os.Getpid(), os.Getpid()),
		} {
			if err := os.WriteFile(folder+"/pid", []byte(pid+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, _, err := releasetest.FollowStep(t.Context(), host, host.Site, inst, 0, nil); !errors.Is(err, step.ErrUnknown) {
				t.Errorf("with a pid of %q: %v", pid, err)
			}
		}
	})
}

// After a power cut the disk may not have that the step began: what was launched before the host started is not known.
func TestLaunchOfAnotherBoot(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		inst := instance(t, host, ":")
		folder := filepath.Join(host.Site.Root, inst.Folder())
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		for name, text := range map[string]string{"log": "", "pid": "- - - - another-boot\n"} {
			if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if _, _, err := releasetest.FollowStep(t.Context(), host, host.Site, inst, 0, nil); !errors.Is(err, step.ErrUnknown) {
			t.Error(err)
		}
	})
}

// A file system without room for a name lets nobody believe that a step which may begin yet has ended; what is kept there for that makes room.
func TestNoRoomToDrop(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		host.Site.Root = host.SmallDisk(t, 256<<10, 60)
		inst := instance(t, host, ":")
		folder := filepath.Join(host.Site.Root, inst.Folder())
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		for path, text := range map[string]string{
			folder + "/log": "", folder + "/status": strings.Repeat(" ", 31) + "\n", folder + "/pid": "- - - - " + bootID(t) + "\n",
			host.Site.Private() + "/reserve": "",
		} {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		made := 0
		for ; os.WriteFile(filepath.Join(host.Site.Root, strconv.Itoa(made)), nil, 0o600) == nil; made++ {
		}
		if err := os.Rename(host.Site.Private()+"/reserve", filepath.Join(host.Site.Root, "kept")); err != nil {
			t.Fatal(err)
		}
		if err := release.Run(t.Context(), host, step.Stop(host.Site, inst)); err == nil {
			t.Error("it was stopped, and may begin yet")
		}
		if err := os.Rename(filepath.Join(host.Site.Root, "kept"), host.Site.Private()+"/reserve"); err != nil {
			t.Fatal(err)
		}
		if err := release.Run(t.Context(), host, step.Stop(host.Site, inst)); err != nil {
			t.Error(err)
		}
		if _, _, err := releasetest.FollowStep(t.Context(), host, host.Site, inst, 0, nil); !errors.Is(err, step.ErrNeverStarted) {
			t.Error(err)
		}
	})
}

func bootID(t *testing.T) string {
	t.Helper()
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(id))
}
