package gunicorn_test

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
	"github.com/slipway/slipway/internal/cookbook/shelltest"
	"github.com/slipway/slipway/internal/needtest"
)

func TestMain(m *testing.M) { needtest.RunWaiting(m) }

// server is a deploy path that gunicorn serves.
type server struct{ *recipetest.DeployPath }

func newServer(t *testing.T) server {
	t.Helper()
	return server{recipetest.NewDeployPath(t, recipetest.Pinned)}
}

// gunicorn starts one in a deploy path, with paths through current, and gives its command.
func (d server) gunicorn(t *testing.T, interpreter string, extra ...string) []string {
	t.Helper()
	current := filepath.Join(d.Dir, "current")
	command := append([]string{
		filepath.Join(d.Dir, interpreter), "/usr/bin/gunicorn", "-c", current + "/gunicorn.conf.py", "--pid", filepath.Join(d.Dir, "pid"), "--workers", "2",
		"--bind", "unix:" + filepath.Join(d.Dir, "sock"), "--log-file", filepath.Join(d.Dir, "log"), "--graceful-timeout", "20",
	}, extra...)
	return append(command, "site_app")
}

// serve starts gunicorn in the background and waits until it answers.
func (d server) serve(t *testing.T, command []string) *http.Client {
	t.Helper()
	d.run(t, command)
	client := recipetest.Visitor(t, filepath.Join(d.Dir, "sock"))
	recipetest.Eventually(t, "gunicorn answers", func() bool { return recipetest.Get(client, "/") == recipetest.Whole(d.Now) })
	return client
}

// run starts gunicorn in current until the test ends.
func (d server) run(t *testing.T, command []string) {
	t.Helper()
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir = filepath.Join(d.Dir, "current")
	cmd.Env = []string{"PATH=/usr/bin:/bin", "PWD=" + cmd.Dir, "PYTHONDONTWRITEBYTECODE=1"}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	t.Cleanup(func() { <-ended })
	d.endWith(t)
}

// endWith has every gunicorn of the deploy path end with the test.
func (d server) endWith(t *testing.T) {
	t.Helper()
	t.Cleanup(func() {
		look := time.NewTicker(10 * time.Millisecond)
		defer look.Stop()
		for _, file := range []string{"pid.2", "pid"} {
			if master := d.Master(file); master > 0 {
				_ = syscall.Kill(master, syscall.SIGTERM)
				for tries := 0; syscall.Kill(master, 0) == nil; tries++ {
					if tries == 1000 {
						_ = syscall.Kill(master, syscall.SIGKILL)
					}
					<-look.C
				}
			}
		}
		if t.Failed() {
			log, _ := os.ReadFile(filepath.Join(d.Dir, "log"))
			t.Logf("gunicorn said\n%s", log)
		}
	})
}

// upgrading gives a function that runs gunicorn/upgrade, with parameters and their values, in one shell after the other.
func (d server) upgrading(t *testing.T) func(with ...string) shelltest.Outcome {
	t.Helper()
	shell := shelltest.InTurns(t)
	return func(with ...string) shelltest.Outcome {
		values := map[string]string{"pidfile": filepath.Join(d.Dir, "pid"), "boot": "1", "wait": "60"}
		for i := 0; i < len(with); i += 2 {
			values[with[i]] = with[i+1]
		}
		return d.Step(t, shell(), recipetest.Rendered(t, "gunicorn/upgrade", values))
	}
}

// goesOn checks that a master, and it alone, still answers as a release.
func (d server) goesOn(t *testing.T, client *http.Client, master int, release, what string) {
	t.Helper()
	if now := d.Master("pid"); now != master || d.Master("pid.2") != 0 {
		t.Errorf("%s: the masters are %d and %d, it was %d", what, now, d.Master("pid.2"), master)
	}
	if got := recipetest.Get(client, "/"); got != recipetest.Whole(release) {
		t.Errorf("%s: the answer is %s", what, got)
	}
}

// reloading gives a function that runs gunicorn/reload in one shell after the other.
func (d server) reloading(t *testing.T) func() shelltest.Outcome {
	t.Helper()
	shell := shelltest.InTurns(t)
	return func() shelltest.Outcome {
		return d.Step(t, shell(), recipetest.Rendered(t, "gunicorn/reload", map[string]string{"pidfile": filepath.Join(d.Dir, "pid"), "boot": "1"}))
	}
}

// answersAfterReload checks the release of the workers. The master's environment stays that of release-a, in which it was started: HUP does
// not change the answer's last word.
func (d server) answersAfterReload(t *testing.T, client *http.Client, release string) {
	t.Helper()
	if got, want := recipetest.Get(client, "/1"), strings.Repeat(release+" ", 3)+"release-a"; got != want {
		t.Errorf("the answer is %s, want %s", got, want)
	}
}

// second has gunicorn start a second master, as an upgrade that is cut off then.
func (d server) second(t *testing.T) {
	t.Helper()
	if err := syscall.Kill(d.Master("pid"), syscall.SIGUSR2); err != nil {
		t.Fatal(err)
	}
	recipetest.Eventually(t, "a second master", func() bool { return d.Master("pid.2") != 0 })
}
