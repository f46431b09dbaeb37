package gunicorn_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
	"github.com/slipway/slipway/internal/cookbook/shelltest"
	"github.com/slipway/slipway/internal/needtest"
)

// TestGunicornUpgrade: a release that does not load never replaces what runs, one that answers does.
func TestGunicornUpgrade(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "gunicorn", "curl")
	d := newServer(t)
	upgrade := d.upgrading(t)
	upgrade().Expect(t, "nothing runs", true, "no gunicorn runs that")
	client := d.serve(t, d.gunicorn(t, "current/venv/bin/python"))
	master := d.Master("pid")
	d.SwitchTo(t, "release-b")
	root := filepath.Join(d.Dir, "releases/release-b")
	shelltest.Write(t, root, map[string]string{"version.py": "import nowhere\n"})
	upgrade().Expect(t, "a release that does not load", true, "No module named 'nowhere'")
	d.goesOn(t, client, master, "release-a", "a release that does not load")
	shelltest.Write(t, root, map[string]string{"version.py": "name = 'release-b'\n"})

	// An upgrade that was cut off between the two signals, and then one whose new workers say that they are there.
	d.second(t)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, recipetest.Get(client, r.URL.Path))
	}))
	t.Cleanup(front.Close)
	upgrade("url", front.URL).Expect(t, "upgrade after one that was cut off", false, "")
	if got := recipetest.Get(client, "/"); got != recipetest.Whole("release-b") {
		t.Errorf("upgraded: %s", got)
	}
}

// TestGunicornStop: its log is found by how it was started, and it ends together with a new master that was left beside it.
func TestGunicornStop(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "gunicorn", "dash", "busybox")
	d := newServer(t)
	d.serve(t, d.gunicorn(t, "current/venv/bin/python"))
	with := map[string]string{"pidfile": filepath.Join(d.Dir, "pid")}
	d.Step(t, shelltest.Shells[0], recipetest.Logging(t, "gunicorn/upgrade", with)).Expect(t, "log", false, "Booting worker with pid")
	d.second(t)
	d.Step(t, shelltest.Shells[1], recipetest.Stopping(t, "gunicorn/upgrade", with)).Expect(t, "stop", false, "")
	if d.Master("pid") != 0 || d.Master("pid.2") != 0 {
		t.Errorf("the masters %d and %d go on", d.Master("pid"), d.Master("pid.2"))
	}
	d.Step(t, shelltest.Shells[1], recipetest.Stopping(t, "gunicorn/upgrade", with)).Expect(t, "stop again", false, "")
	with["start"] = "gunicorn --log-file " + filepath.Join(d.Dir, "log") + " site_app"
	d.Step(t, shelltest.Shells[1], recipetest.Logging(t, "gunicorn/upgrade", with)).Expect(t, "log of one that is gone", false, "Shutting down: Master")
}

// TestGunicornStart: where nothing runs the recipe starts gunicorn. One that would go on with its release is refused at once.
func TestGunicornStart(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "gunicorn")
	d := newServer(t)
	upgrade := d.upgrading(t)
	d.endWith(t)
	relative := d.gunicorn(t, "", "--daemon")
	relative[0] = "venv/bin/python"
	upgrade("start", strings.Join(relative, " ")).Expect(t, "a relative interpreter", true, "gunicorn was started with venv/bin/python, so it would go on with that release")
	if left := d.Master("pid"); left != 0 {
		t.Errorf("gunicorn (%d) goes on", left)
	}
	upgrade("start", strings.Join(d.gunicorn(t, "current/venv/bin/python", "--daemon"), " ")).Expect(t, "start", false, "slipway-note: started, it did not run")
	environment, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", d.Master("pid")))
	if err != nil || !strings.Contains(string(environment), "SLIPWAY_CURRENT_PATH=") || strings.Contains(string(environment), "SLIPWAY_RELEASE") {
		t.Errorf("gunicorn's environment, in which every later release finds itself: %v\n%s", err, environment)
	}
	if got := recipetest.Get(recipetest.Visitor(t, filepath.Join(d.Dir, "sock")), "/"); got != recipetest.Whole("release-a") {
		t.Errorf("it answers %s", got)
	}
}

// TestGunicornBound: what was started within a release would go on with it, so it is neither upgraded nor reloaded. Python makes an absolute
// path of a relative interpreter, and a new master would run in that environment.
func TestGunicornBound(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "gunicorn", "dash", "busybox")
	for _, interpreter := range []string{"venv/bin/python", "releases/release-a/venv/bin/python"} {
		t.Run(interpreter, func(t *testing.T) {
			t.Parallel()
			d := newServer(t)
			command := d.gunicorn(t, interpreter)
			if interpreter == "venv/bin/python" {
				command[0] = interpreter
			}
			client := d.serve(t, command)
			master := d.Master("pid")
			d.SwitchTo(t, "release-b")
			with := map[string]string{"pidfile": filepath.Join(d.Dir, "pid")}
			for i, recipe := range []string{"gunicorn/upgrade", "gunicorn/reload"} {
				d.Step(t, shelltest.Shells[i], recipetest.Rendered(t, recipe, with)).Expect(t, recipe, true, "gunicorn was started with "+command[0]+", so it would go on with that release")
			}
			d.goesOn(t, client, master, "release-a", "refused")
		})
	}
}

// TestGunicornReload: new workers of the new release, by the same master; what does not load changes nothing.
func TestGunicornReload(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "gunicorn")
	d := newServer(t)
	reload := d.reloading(t)
	reload().Expect(t, "nothing runs", true, "no gunicorn runs that")
	client := d.serve(t, d.gunicorn(t, "current/venv/bin/python"))
	master := d.Master("pid")
	d.SwitchTo(t, "release-b")
	d.answersAfterReload(t, client, "release-a")
	reload().Expect(t, "reload", false, "")
	d.answersAfterReload(t, client, "release-b")
	if now := d.Master("pid"); now != master {
		t.Errorf("the master is %d, it was %d", now, master)
	}
	d.SwitchTo(t, "release-a")
	shelltest.Write(t, filepath.Join(d.Dir, "releases/release-a"), map[string]string{"version.py": "import nowhere\n"})
	reload().Expect(t, "a release that does not load", true, "gunicorn cannot load this release; it runs on as it was")
	d.answersAfterReload(t, client, "release-b")
}
