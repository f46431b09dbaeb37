package gunicorn_test

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"slipway/internal/cookbook/recipetest"
	"slipway/internal/needtest"
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
