package pidfile_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"slipway/internal/cookbook/recipetest"
	"slipway/internal/cookbook/shelltest"
	"slipway/internal/needtest"
)

func TestMain(m *testing.M) { needtest.RunWaiting(m) }

// TestPidfile: the old process is ended, or killed, or left alone where it is not the one; the new one runs in current.
func TestPidfile(t *testing.T) {
	t.Parallel()
	shelltest.Each(t, func(t *testing.T, shell []string) {
		d := recipetest.NewDeployPath(t, "")
		pidfile := filepath.Join(d.Dir, "pid")
		restart := func(start string) shelltest.Outcome {
			return d.Step(t, shell, recipetest.Rendered(t, "pidfile/restart", map[string]string{
				"pidfile": pidfile, "start": start, "log": filepath.Join(d.Dir, "log"), "wait": "1", "boot": "1",
			}))
		}
		t.Cleanup(func() {
			if last := d.Master("pid"); last > 0 {
				_ = syscall.Kill(last, syscall.SIGKILL)
			}
		})
		restart("sleep 600").Expect(t, "the first start", false, "")
		first := d.Master("pid")
		if folder, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", first)); err != nil || filepath.Base(folder) != "release-a" {
			t.Errorf("it runs in %s, %v", folder, err)
		}
		d.SwitchTo(t, "release-b")
		restart(`sh -c "trap '' TERM; exec sleep 600"`).Expect(t, "another", false, "")
		stubborn := d.Master("pid")
		if folder, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", stubborn)); err != nil || filepath.Base(folder) != "release-b" {
			t.Errorf("it runs in %s, %v", folder, err)
		}
		recipetest.Eventually(t, "the first one is gone", func() bool { return syscall.Kill(first, 0) != nil })
		restart("sleep 600").Expect(t, "after one that does not end", false, "slipway-note: killed, it did not end within 1s")
		restart("sh -c 'echo no such table; exit 1'").Expect(t, "one that ends", true, "no such table")

		// The pid file names a process that began after it was written.
		other := recipetest.Start(t, d.Dir, "sleep", "600")
		shelltest.Write(t, d.Dir, map[string]string{"pid": strconv.Itoa(other.Process.Pid) + "\n"})
		before := time.Now().Add(-time.Hour)
		if err := os.Chtimes(pidfile, before, before); err != nil {
			t.Fatal(err)
		}
		restart("sleep 600").Expect(t, "another's process", false, "it is left alone")
		if err := syscall.Kill(other.Process.Pid, 0); err != nil {
			t.Error("another's process was ended")
		}

		self := d.Step(t, shell, recipetest.Rendered(t, "pidfile/restart", map[string]string{
			"pidfile": pidfile, "start": "sleep 600 >/dev/null 2>&1 & echo $! >" + pidfile, "boot": "0",
		}))
		self.Expect(t, "one that puts itself in the background", false, "")
		d.Step(t, shell, recipetest.Rendered(t, "pidfile/restart", map[string]string{"pidfile": pidfile, "start": "true"})).Expect(t, "one that starts nothing", true, "`start` started nothing")

		// A first release that fails: its log is read, its process ended, whatever it thinks of TERM; twice is once.
		with := map[string]string{"pidfile": pidfile, "start": `sh -c "trap '' TERM; echo no such table; exec sleep 600"`, "log": filepath.Join(d.Dir, "first.log"), "wait": "1", "boot": "0"}
		d.Step(t, shell, recipetest.Rendered(t, "pidfile/restart", with)).Expect(t, "a first release", false, "")
		recipetest.Eventually(t, "its log", func() bool { text, _ := os.ReadFile(filepath.Join(d.Dir, "first.log")); return len(text) > 0 })
		for _, log := range []string{with["log"], ""} { // where none is named, that of the process
			with["log"] = log
			d.Step(t, shell, recipetest.Logging(t, "pidfile/restart", with)).Expect(t, "log", false, "first.log\nno such table\n")
		}
		d.Step(t, shell, recipetest.Stopping(t, "pidfile/restart", with)).Expect(t, "stop", false, "slipway-note: killed, it did not end within 1s")
		if left := d.Master("pid"); left != 0 {
			t.Errorf("process %d goes on", left)
		}
		d.Step(t, shell, recipetest.Stopping(t, "pidfile/restart", with)).Expect(t, "stop again", false, "")
		d.Step(t, shell, recipetest.Logging(t, "pidfile/restart", with)).Expect(t, "no process and no log", true, "set `log`")
	})
}
