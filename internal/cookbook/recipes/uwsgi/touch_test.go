package uwsgi_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
	"github.com/slipway/slipway/internal/cookbook/shelltest"
	"github.com/slipway/slipway/internal/needtest"
)

func TestMain(m *testing.M) { needtest.RunWaiting(m) }

// uwsgiSite is a uWSGI that serves a deploy path's current release.
type uwsgiSite struct {
	*recipetest.DeployPath
	client *http.Client
	pid    int // of its master
}

// newUWSGI starts one.
func newUWSGI(t *testing.T) *uwsgiSite {
	t.Helper()
	needtest.Programs(t, "uwsgi", "dash", "busybox")
	d := recipetest.NewDeployPath(t, "")
	shelltest.Write(t, d.Dir, map[string]string{"reload": "", "uwsgi.ini": fmt.Sprintf(`[uwsgi]
plugin = python3
http-socket = %[1]s/sock
master = true
processes = 2
listen = 100
pidfile = %[1]s/pid
touch-reload = %[1]s/reload
release = @(exec://readlink -fn %[1]s/current)
chdir = %%(release)
pythonpath = %%(release)
virtualenv = %%(release)/venv
env = PYTHONDONTWRITEBYTECODE=1
module = site_app
`, d.Dir)})
	// One that is as new as that would be touched a second later.
	before := time.Now().Add(-time.Hour)
	if err := os.Chtimes(filepath.Join(d.Dir, "reload"), before, before); err != nil {
		t.Fatal(err)
	}
	u := &uwsgiSite{DeployPath: d}
	u.reload(t, shelltest.Shells[0]).Expect(t, "nothing runs", true, "no uWSGI runs that")
	u.pid = recipetest.Start(t, d.Dir, "uwsgi", "--die-on-term", "uwsgi.ini").Process.Pid
	u.client = recipetest.Visitor(t, filepath.Join(d.Dir, "sock"))
	recipetest.Eventually(t, "uWSGI answers", func() bool { return recipetest.Get(u.client, "/") == recipetest.Whole("release-a") })
	return u
}

// reload runs the recipe, with parameters and their values.
func (u *uwsgiSite) reload(t *testing.T, shell []string, with ...string) shelltest.Outcome {
	t.Helper()
	values := map[string]string{"pidfile": filepath.Join(u.Dir, "pid"), "boot": "1"}
	for i := 0; i < len(with); i += 2 {
		values[with[i]] = with[i+1]
	}
	return u.Step(t, shell, recipetest.Rendered(t, "uwsgi/touch-reload", values))
}

// reloadTo switches to a release and reloads: the same master serves it.
func (u *uwsgiSite) reloadTo(t *testing.T, shell []string, release string, between func()) {
	t.Helper()
	u.SwitchTo(t, release)
	between()
	u.reload(t, shell).Expect(t, "reload", false, "")
	if got := recipetest.Get(u.client, "/"); got != recipetest.Whole(release) || u.Master("pid") != u.pid {
		t.Errorf("after the reload to %s: %s", release, got)
	}
}

// TestUWSGI reloads a real uWSGI by touching its file.
func TestUWSGI(t *testing.T) {
	t.Parallel()
	u := newUWSGI(t)
	u.reloadTo(t, shelltest.Shells[1], "release-b", func() {})
	with := map[string]string{"pidfile": filepath.Join(u.Dir, "pid"), "log": filepath.Join(u.Dir, "own.log")}
	u.Step(t, shelltest.Shells[1], recipetest.Logging(t, "uwsgi/touch-reload", with)).Expect(t, "no log", true, "cannot read the log "+with["log"])
	shelltest.Write(t, u.Dir, map[string]string{"own.log": "no such table\n"})
	u.Step(t, shelltest.Shells[1], recipetest.Logging(t, "uwsgi/touch-reload", with)).Expect(t, "log", false, "no such table")
	u.Step(t, shelltest.Shells[0], recipetest.Stopping(t, "uwsgi/touch-reload", with)).Expect(t, "stop", false, "")
	if got := recipetest.Get(u.client, "/"); got == recipetest.Whole("release-b") {
		t.Error("it still answers")
	}
	u.Step(t, shelltest.Shells[0], recipetest.Stopping(t, "uwsgi/touch-reload", with)).Expect(t, "stop again", false, "")
}
