package pidfile_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
	"github.com/slipway/slipway/internal/cookbook/shelltest"
	"github.com/slipway/slipway/internal/needtest"
)

func TestMain(m *testing.M) { needtest.RunWaiting(m) }

// program is a deploy path whose program a pid file names, which ends with the test.
type program struct {
	*recipetest.DeployPath
	pidfile string
	shell   []string
}

func newProgram(t *testing.T, shell []string) program {
	t.Helper()
	d := recipetest.NewDeployPath(t, "")
	t.Cleanup(func() {
		if last := d.Master("pid"); last > 0 {
			_ = syscall.Kill(last, syscall.SIGKILL)
		}
	})
	return program{d, filepath.Join(d.Dir, "pid"), shell}
}

// restart runs the recipe, with parameters and their values besides those that this test has.
func (p program) restart(t *testing.T, with ...string) shelltest.Outcome {
	t.Helper()
	values := map[string]string{"pidfile": p.pidfile, "start": "sleep 600", "log": filepath.Join(p.Dir, "log"), "boot": "0"}
	for i := 0; i < len(with); i += 2 {
		values[with[i]] = with[i+1]
	}
	return p.Step(t, p.shell, recipetest.Rendered(t, "pidfile/restart", values))
}

// in checks the release in which the program runs, and gives its process.
func (p program) in(t *testing.T, release string) int {
	t.Helper()
	pid := p.Master("pid")
	if folder, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid)); err != nil || filepath.Base(folder) != release {
		t.Errorf("it runs in %s, %v, not in %s", folder, err, release)
	}
	return pid
}

// TestRestart: the old process is ended, or killed; the new one runs in current, and lives.
func TestRestart(t *testing.T) {
	t.Parallel()
	shelltest.Each(t, func(t *testing.T, shell []string) {
		p := newProgram(t, shell)
		p.restart(t).Expect(t, "the first start", false, "")
		first := p.in(t, "release-a")
		p.SwitchTo(t, "release-b")
		p.restart(t, "start", `sh -c "trap '' TERM; exec sleep 600"`).Expect(t, "another", false, "")
		stubborn := p.in(t, "release-b")
		recipetest.Eventually(t, "the first one is gone", func() bool { return syscall.Kill(first, 0) != nil })
		// The shell that ignores TERM has become what it runs.
		recipetest.Eventually(t, "it ignores TERM", func() bool {
			text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", stubborn))
			return string(text) == "sleep\n"
		})
		p.restart(t, "wait", "1").Expect(t, "after one that does not end", false, "slipway-note: killed, it did not end within 1s")
		p.restart(t, "start", "sh -c 'echo no such table; exit 1'", "boot", "1").Expect(t, "one that ends", true, "no such table")
		p.restart(t, "start", "sleep 600 >/dev/null 2>&1 & echo $! >"+p.pidfile, "log", "").Expect(t, "one that puts itself in the background", false, "")
	})
}

// TestLeftAlone: the pid file names a process that began after it was written.
func TestLeftAlone(t *testing.T) {
	t.Parallel()
	shelltest.Each(t, func(t *testing.T, shell []string) {
		p := newProgram(t, shell)
		other := recipetest.Start(t, p.Dir, "sleep", "600")
		shelltest.Write(t, p.Dir, map[string]string{"pid": strconv.Itoa(other.Process.Pid) + "\n"})
		before := time.Now().Add(-time.Hour)
		if err := os.Chtimes(p.pidfile, before, before); err != nil {
			t.Fatal(err)
		}
		p.restart(t).Expect(t, "another's process", false, "it is left alone")
		if err := syscall.Kill(other.Process.Pid, 0); err != nil {
			t.Error("another's process was ended")
		}
	})
}

// TestStop: of a first release that fails the log is read, its process ended, whatever it thinks of TERM; twice is once.
func TestStop(t *testing.T) {
	t.Parallel()
	shelltest.Each(t, func(t *testing.T, shell []string) {
		p := newProgram(t, shell)
		with := map[string]string{"pidfile": p.pidfile, "start": `sh -c "trap '' TERM; echo no such table; exec sleep 600"`, "log": filepath.Join(p.Dir, "first.log"), "wait": "1", "boot": "0"}
		p.Step(t, shell, recipetest.Rendered(t, "pidfile/restart", with)).Expect(t, "a first release", false, "")
		recipetest.Eventually(t, "its log", func() bool { text, _ := os.ReadFile(filepath.Join(p.Dir, "first.log")); return len(text) > 0 })
		for _, log := range []string{with["log"], ""} { // where none is named, that of the process
			with["log"] = log
			p.Step(t, shell, recipetest.Logging(t, "pidfile/restart", with)).Expect(t, "log", false, "first.log\nno such table\n")
		}
		p.Step(t, shell, recipetest.Stopping(t, "pidfile/restart", with)).Expect(t, "stop", false, "slipway-note: killed, it did not end within 1s")
		if left := p.Master("pid"); left != 0 {
			t.Errorf("process %d goes on", left)
		}
		p.Step(t, shell, recipetest.Stopping(t, "pidfile/restart", with)).Expect(t, "stop again", false, "")
		p.Step(t, shell, recipetest.Logging(t, "pidfile/restart", with)).Expect(t, "no process and no log", true, "set `log`")
	})
}
