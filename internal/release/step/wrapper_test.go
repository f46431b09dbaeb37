package step_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/releasetest"
	"github.com/slipway/slipway/internal/release/step"
)

// heart makes a generation of the lock and gives the path of its heartbeat.
func heart(t *testing.T, host *releasetest.Host, generation string) string {
	t.Helper()
	path := filepath.Join(host.Site.Private(), "lock", generation, "heartbeat")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("at first\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func beatOf(path string) string {
	text, _ := os.ReadFile(path)
	return string(text)
}

// Where /proc does not let a pipe be opened once more, there is one with a name, until it is open.
func TestPipeWithAName(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		inst := instance(t, host, `echo on; ls "$STEP"; exit 4`)
		inst.Step.Vars = map[string]string{"STEP": filepath.Join(host.Site.Root, inst.Folder()), "PATH": host.Path + ":/usr/bin:/bin"}
		host.Patch = func(script string) string { return strings.ReplaceAll(script, "/proc/self/fd/0", "/proc/self/none") }
		status, lines := run(t, host, inst)
		if want := []string{"on", "begun", "late", "log", "meta", "pid", "script", "status"}; status.Exit != 4 || !slices.Equal(without(lines, "pipe"), want) {
			t.Errorf("%s %q", status, lines)
		}
		if _, err := os.Stat(filepath.Join(host.Site.Root, inst.Folder(), "pipe")); err == nil {
			t.Error("its name is still there")
		}
	})
}

// without is a list less a word that may be in it.
func without(list []string, word string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == word })
}

// A step's wrapper keeps the lock alive under which it was started, and no other.
func TestBeat(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		inst := instance(t, host, "echo on; until [ -e ../go ]; do sleep 0.02; done")
		inst.Step.Vars = map[string]string{"PATH": host.Path}
		inst.Lock, inst.Pace = 3, 50*time.Millisecond
		third := heart(t, host, "3")
		lock := filepath.Dir(filepath.Dir(third))
		status, _, err := releasetest.RunStep(t.Context(), host, host.Site, inst, func(string) {
			for range 2 {
				before := beatOf(third)
				eventually(t, "the heart beats", func() bool { return beatOf(third) != before })
			}

			fourth := heart(t, host, "4")
			if err := os.RemoveAll(filepath.Join(lock, "3")); err != nil {
				t.Error(err)
			}
			if err := os.Symlink("4", filepath.Join(lock, "3")); err != nil {
				t.Error(err)
			}
			before := beatOf(fourth)
			eventually(t, "the heart beats for the later attempt", func() bool { return beatOf(fourth) != before })
			_ = os.WriteFile(filepath.Join(host.Site.Root, "releases", "go"), nil, 0o600)
		})

		if err != nil || !status.OK() {
			t.Error(status, err)
		}
	})
}

func TestBeatOfALostLock(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		inst := instance(t, host, "echo on; until [ -e ../go ]; do sleep 0.02; done")
		inst.Step.Vars = map[string]string{"PATH": host.Path}
		inst.Lock, inst.Pace = 3, 50*time.Millisecond
		third, fourth := heart(t, host, "3"), heart(t, host, "4")
		_, _, err := releasetest.RunStep(t.Context(), host, host.Site, inst, func(string) {
			pause := time.NewTimer(300 * time.Millisecond)
			<-pause.C
			_ = os.WriteFile(filepath.Join(host.Site.Root, "releases", "go"), nil, 0o600)
		})

		if err != nil || beatOf(third) != "at first\n" || beatOf(fourth) != "at first\n" {
			t.Errorf("%v, %q, %q", err, beatOf(third), beatOf(fourth))
		}
	})
}

// Without setsid there is no process group: what a step started is found by its parents.
func TestWithoutSetsid(t *testing.T) {
	const script = `sh -c 'sh -c "echo \$\$; exec sleep 50" & wait' & sleep 50; wait`
	for _, toolset := range []string{"dash", "ash"} {
		for name, end := range map[string]func(t *testing.T, host *releasetest.Host, inst step.Instance){
			"stop": func(t *testing.T, host *releasetest.Host, inst step.Instance) {
				t.Helper()
				if err := release.Run(t.Context(), host, step.Stop(host.Site, inst)); err != nil {
					t.Error(err)
				}
			},
			"time-out": nil,
		} {
			t.Run(toolset+"/"+name, func(t *testing.T) {
				t.Parallel()
				host := releasetest.NewHost(t, toolset)
				if err := os.Remove(filepath.Join(host.Path, "setsid")); err != nil {
					t.Fatal(err)
				}
				inst := instance(t, host, script)
				inst.Step.Vars = map[string]string{"PATH": host.Path}
				if end == nil {
					inst.Step.Timeout = 300 * time.Millisecond
				}
				var lines []string
				status, _, err := releasetest.RunStep(t.Context(), host, host.Site, inst, func(line string) {
					if lines = append(lines, line); end != nil && len(lines) == 1 {
						end(t, host, inst)
					}
				})

				if err != nil || status.OK() || len(lines) == 0 || (end == nil) != status.TimedOut {
					t.Fatal(status, err, lines)
				}
				eventually(t, "its child is gone", func() bool {
					_, err := os.Stat("/proc/" + lines[0])
					stat, _ := os.ReadFile("/proc/" + lines[0] + "/stat")
					return err != nil || strings.Contains(string(stat), ") Z ")
				})
			})
		}
	}
}

// An undo makes void what it takes back, before it begins.
func TestUndoMakesVoid(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		inst := instance(t, host, `ls "$STEP"/*/void | wc -l`)
		inst.Step.Shell = "sh -u"
		for inst.Try = 1; inst.Try <= 2; inst.Try++ {
			run(t, host, inst)
		}
		inst.Undo, inst.Try = true, 1
		folder := filepath.Dir(filepath.Join(host.Site.Root, inst.Folder()))
		inst.Step.Vars = map[string]string{"STEP": folder}
		if status, lines := run(t, host, inst); !status.OK() || !slices.Equal(lines, []string{"2"}) {
			t.Errorf("%s %q", status, lines)
		}
	})
}

// Tries of a step that moved in the deploy file since lie under another number, and are taken back as well. Another step's are not,
// whose name ends in the same way.
func TestUndoMakesVoidUnderEveryNumber(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		inst := instance(t, host, "true")
		steps := filepath.Join(host.Site.Root, inst.Folder(), "../..")
		name := inst.Step.Name
		for try, step := range []deploy.Step{{Number: 9, Name: name}, {Number: 10, Name: name}, {Number: 8, Name: "Not " + name}} {
			inst.Step.Number, inst.Step.Name, inst.Try = step.Number, step.Name, try+1
			run(t, host, inst)
		}
		inst.Undo, inst.Try, inst.Step.Number, inst.Step.Name = true, 1, 10, name
		run(t, host, inst)
		found, err := filepath.Glob(filepath.Join(steps, "*/do-*/void"))
		if err != nil {
			t.Fatal(err)
		}
		var tries []string
		for _, path := range found {
			number := strings.SplitN(filepath.Base(filepath.Dir(filepath.Dir(path))), "-", 3)[1]
			tries = append(tries, number+" "+filepath.Base(filepath.Dir(path)))
		}
		slices.Sort(tries)
		if !slices.Equal(tries, []string{"10 do-2", "9 do-1"}) {
			t.Errorf("void: %q", tries)
		}
	})
}

func TestMeta(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		inst := instance(t, host, "cat \"$META\"")
		inst.Step.Vars = map[string]string{"META": filepath.Join(host.Site.Root, inst.Folder(), "meta"), "PATH": host.Path}
		inst.Step.Fingerprint, inst.Attempt = "0123abc", 4
		if status, lines := run(t, host, inst); !status.OK() || !slices.Equal(lines, []string{"0123abc 4"}) {
			t.Errorf("%s %q", status, lines)
		}
	})
}

// An undo that cannot be started leaves what it was to take back as it is.
func TestUndoThatIsNotStartedMakesNothingVoid(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		inst := instance(t, host, "true")
		run(t, host, inst)
		inst.Undo = true
		host.Patch = func(script string) string { return "fence() { \"$@\"; exit 79; }\n" + script }
		if _, _, err := releasetest.RunStep(t.Context(), host, host.Site, inst, func(string) {}); err == nil {
			t.Error("no error")
		}
		folder := filepath.Dir(filepath.Join(host.Site.Root, inst.Folder()))
		left, err := os.ReadDir(folder)
		if _, void := os.Stat(filepath.Join(folder, "do-1/void")); err != nil || len(left) != 1 || void == nil {
			t.Errorf("%v, %v", left, err)
		}
	})
}
