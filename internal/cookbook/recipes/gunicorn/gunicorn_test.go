package gunicorn_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"slipway/internal/cookbook/recipetest"
	"slipway/internal/cookbook/shelltest"
	"slipway/internal/needtest"
)

// TestGunicornUpgrade: what is not healthy never replaces what is.
func TestGunicornUpgrade(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "gunicorn", "curl", "dash", "busybox")
	d := newServer(t)
	tries := 0
	upgrade := func(with ...string) shelltest.Outcome {
		values := map[string]string{"pidfile": filepath.Join(d.Dir, "pid"), "boot": "1", "wait": "60"}
		for i := 0; i < len(with); i += 2 {
			values[with[i]] = with[i+1]
		}
		tries++
		return d.Step(t, shelltest.Shells[tries%len(shelltest.Shells)], recipetest.Rendered(t, "gunicorn/upgrade", values))
	}
	upgrade().Expect(t, "nothing runs", true, "no gunicorn runs that")
	client := d.serve(t, d.gunicorn(t, "current/venv/bin/python"))
	master := d.Master("pid")
	goesOn := func(what string) {
		if now := d.Master("pid"); now != master || d.Master("pid.2") != 0 {
			t.Errorf("%s: the masters are %d and %d, it was %d", what, now, d.Master("pid.2"), master)
		}
		if got := recipetest.Get(client, "/"); got != recipetest.Whole("release-a") {
			t.Errorf("%s: the answer is %s", what, got)
		}
	}

	d.SwitchTo(t, "release-b")
	broken := filepath.Join(d.Dir, "releases/release-b")
	shelltest.Write(t, broken, map[string]string{"version.py": "import nowhere\n"})
	upgrade().Expect(t, "a release that does not load", true, "No module named 'nowhere'")
	goesOn("a release that does not load")
	shelltest.Write(t, broken, map[string]string{"version.py": "name = 'release-b'\n", "gunicorn.conf.py": recipetest.Pinned + "def post_worker_init(worker): sys.exit(3)\n"})
	upgrade().Expect(t, "workers that end", true, "; the old gunicorn goes on")
	goesOn("workers that end")
	other := filepath.Join(d.Dir, "releases/release-a")
	shelltest.Write(t, broken, map[string]string{"gunicorn.conf.py": recipetest.Pinned + "chdir = '" + other + "'\n"})
	upgrade().Expect(t, "another folder", true, "the new workers run in "+other+", not in the new release")
	goesOn("another folder")

	// An upgrade that was cut off between the two signals, and then one whose new workers say that they are there.
	shelltest.Write(t, broken, map[string]string{"gunicorn.conf.py": recipetest.Pinned})
	if err := syscall.Kill(master, syscall.SIGUSR2); err != nil {
		t.Fatal(err)
	}
	recipetest.Eventually(t, "a second master", func() bool { return d.Master("pid.2") != 0 })
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, recipetest.Get(client, r.URL.Path))
	}))
	t.Cleanup(front.Close)
	upgrade("url", front.URL).Expect(t, "upgrade after one that was cut off", false, "")
	if got := recipetest.Get(client, "/"); got != recipetest.Whole("release-b") {
		t.Errorf("upgraded: %s", got)
	}

	// New workers that live, and answer another's name.
	d.SwitchTo(t, "release-a")
	wrong := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "release-c") }))
	t.Cleanup(wrong.Close)
	upgrade("url", wrong.URL, "wait", "8").Expect(t, "no answer", true, "; the old gunicorn goes on")
	if got := recipetest.Get(client, "/"); got != recipetest.Whole("release-b") {
		t.Errorf("after the refusal: %s", got)
	}

	// Its log is found by how it was started, and it ends together with a new master that was left beside it.
	with := map[string]string{"pidfile": filepath.Join(d.Dir, "pid")}
	d.Step(t, shelltest.Shells[0], recipetest.Logging(t, "gunicorn/upgrade", with)).Expect(t, "log", false, "Booting worker with pid")
	if err := syscall.Kill(d.Master("pid"), syscall.SIGUSR2); err != nil {
		t.Fatal(err)
	}
	recipetest.Eventually(t, "a second master", func() bool { return d.Master("pid.2") != 0 })
	d.Step(t, shelltest.Shells[1], recipetest.Stopping(t, "gunicorn/upgrade", with)).Expect(t, "stop", false, "")
	if d.Master("pid") != 0 || d.Master("pid.2") != 0 {
		t.Errorf("the masters %d and %d go on", d.Master("pid"), d.Master("pid.2"))
	}
	d.Step(t, shelltest.Shells[1], recipetest.Stopping(t, "gunicorn/upgrade", with)).Expect(t, "stop again", false, "")
	with["start"] = "gunicorn --log-file " + filepath.Join(d.Dir, "log") + " site_app"
	d.Step(t, shelltest.Shells[1], recipetest.Logging(t, "gunicorn/upgrade", with)).Expect(t, "log of one that is gone", false, "Shutting down: Master")
}

// TestGunicornStart: where nothing runs the recipe starts gunicorn, and one that was started in a release is refused.
func TestGunicornStart(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "gunicorn", "curl", "dash")
	d := newServer(t)
	script := func(command []string, wait string) string {
		return recipetest.Rendered(t, "gunicorn/upgrade", map[string]string{
			"pidfile": filepath.Join(d.Dir, "pid"), "boot": "1", "wait": wait, "start": strings.Join(command, " "),
		})
	}
	d.Step(t, shelltest.Shells[0], script([]string{"true"}, "1")).Expect(t, "a command that starts nothing", true, "started no gunicorn")
	d.endWith(t)
	d.Step(t, shelltest.Shells[0], script(d.gunicorn(t, "releases/release-a/venv/bin/python", "--daemon"), "60")).Expect(t, "start", false, "slipway-note: started, it did not run")
	environment, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", d.Master("pid")))
	if err != nil || !strings.Contains(string(environment), "SLIPWAY_CURRENT_PATH=") || strings.Contains(string(environment), "SLIPWAY_RELEASE") {
		t.Errorf("gunicorn's environment, in which every later release finds itself: %v\n%s", err, environment)
	}
	client := recipetest.Visitor(t, filepath.Join(d.Dir, "sock"))
	d.SwitchTo(t, "release-b")
	d.Step(t, shelltest.Shells[0], script(nil, "60")).Expect(t, "started in a release", true, "gunicorn was started with "+filepath.Join(d.Dir, "releases/release-a/venv/bin/python"))
	d.Step(t, shelltest.Shells[0], recipetest.Rendered(t, "gunicorn/reload", map[string]string{"pidfile": filepath.Join(d.Dir, "pid")})).Expect(t, "reload", true, "gunicorn was started with ")
	if got := recipetest.Get(client, "/"); got != recipetest.Whole("release-a") {
		t.Errorf("it answers %s", got)
	}
}

// TestGunicornRelativeInterpreter: Python makes an absolute path of one, in the release, and a new master would run in that environment.
func TestGunicornRelativeInterpreter(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "gunicorn", "dash", "busybox")
	d := newServer(t)
	command := d.gunicorn(t, "")
	command[0] = "venv/bin/python"
	client := d.serve(t, command)
	d.SwitchTo(t, "release-b")
	upgrade := recipetest.Rendered(t, "gunicorn/upgrade", map[string]string{"pidfile": filepath.Join(d.Dir, "pid"), "boot": "1", "wait": "60"})
	for _, shell := range shelltest.Shells {
		d.Step(t, shell, upgrade).Expect(t, "a relative interpreter", true, "gunicorn was started with venv/bin/python, so it would go on with that release")
	}
	if got := recipetest.Get(client, "/"); got != recipetest.Whole("release-a") {
		t.Errorf("it answers %s", got)
	}
}

// TestGunicornReload: new workers of the new release; and what HUP cannot do is said.
func TestGunicornReload(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "gunicorn", "dash", "busybox")
	d := newServer(t)
	tries := 0
	reload := func() shelltest.Outcome {
		tries++
		return d.Step(t, shelltest.Shells[tries%len(shelltest.Shells)], recipetest.Rendered(t, "gunicorn/reload", map[string]string{"pidfile": filepath.Join(d.Dir, "pid"), "boot": "1"}))
	}
	reload().Expect(t, "nothing runs", true, "no gunicorn runs that")
	client := d.serve(t, d.gunicorn(t, "current/venv/bin/python"))
	// The master's environment stays that of the release in which it was started: HUP does not change the answer's last word.
	is := func(release string) {
		t.Helper()
		if got, want := recipetest.Get(client, "/1"), strings.Repeat(release+" ", 3)+"release-a"; got != want {
			t.Errorf("the answer is %s, want %s", got, want)
		}
	}
	master := d.Master("pid")
	d.SwitchTo(t, "release-b")
	is("release-a")
	reload().Expect(t, "reload", false, "")
	is("release-b")
	if now := d.Master("pid"); now != master {
		t.Errorf("the master is %d, it was %d", now, master)
	}

	root := filepath.Join(d.Dir, "releases/release-a")
	d.SwitchTo(t, "release-a")
	shelltest.Write(t, root, map[string]string{"version.py": "import nowhere\n"})
	reload().Expect(t, "a release that does not load", true, "gunicorn cannot load this release; it runs on as it was")
	is("release-b")
	other := filepath.Join(d.Dir, "releases/release-b")
	shelltest.Write(t, root, map[string]string{"version.py": "name = 'release-a'\n", "gunicorn.conf.py": recipetest.Pinned + "chdir = '" + other + "'\n"})
	reload().Expect(t, "another folder", true, "the new workers run in "+other+", not in the new release")
	shelltest.Write(t, root, map[string]string{"gunicorn.conf.py": recipetest.Pinned + "def post_worker_init(worker): sys.exit(3)\n"})
	reload().Expect(t, "workers that end", true, "see its log")
}
