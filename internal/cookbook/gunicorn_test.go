package cookbook

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"slipway/internal/needtest"
)

// lateModules is how many modules a release has that are imported by the first request for them.
const lateModules = 300

// deployPath is a folder with two releases of an application that says of which release each of its parts is: the module that
// was imported at the start, one that is imported by the request, a file of its working directory, the environment.
type deployPath struct {
	dir string
	now string
}

func newDeployPath(t *testing.T, conf string) *deployPath {
	t.Helper()
	d := &deployPath{dir: t.TempDir()}
	python, err := filepath.EvalSymlinks(systemPython)
	if err != nil {
		t.Fatal(err)
	}
	version := filepath.Base(python) // python3.11
	for _, release := range []string{"release-a", "release-b"} {
		files := map[string]string{
			"version.py":       "name = '" + release + "'\n",
			"name.txt":         release,
			"gunicorn.conf.py": conf,
			"site_app.py": `import importlib, package, version
def application(environ, start_response):
    late = importlib.import_module('late' + environ['PATH_INFO'].strip('/')).name if len(environ['PATH_INFO']) > 1 else version.name
    with open('name.txt') as f:
        parts = [version.name, late, f.read(), package.name]
    start_response('200 OK', [('X-Release', version.name)])
    return [' '.join(parts).encode()]
`,
			// An environment like that of python -m venv, which takes its time.
			"venv/pyvenv.cfg": "home = /usr/bin\ninclude-system-site-packages = true\n",
			"venv/lib/" + version + "/site-packages/package.py": "name = '" + release + "'\n",
		}
		for i := range lateModules {
			files[fmt.Sprintf("late%d.py", i)] = "from version import name as _; name = '" + release + "'\n"
		}
		root := filepath.Join(d.dir, "releases", release)
		write(t, root, files)
		if err := os.MkdirAll(filepath.Join(root, "venv/bin"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(systemPython, filepath.Join(root, "venv/bin/python")); err != nil {
			t.Fatal(err)
		}
	}
	d.switchTo(t, "release-a")
	return d
}

// switchTo names a release by current.
func (d *deployPath) switchTo(t *testing.T, release string) {
	t.Helper()
	link := filepath.Join(d.dir, "new")
	if err := os.Symlink("releases/"+release, link); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(link, filepath.Join(d.dir, "current")); err != nil {
		t.Fatal(err)
	}
	d.now = release
}

// step runs a restart recipe as a deployment of the release that is current would.
func (d *deployPath) step(t *testing.T, shell []string, script string) outcome {
	t.Helper()
	release := filepath.Join(d.dir, "releases", d.now)
	return run(t, shell, release, script, "SLIPWAY_RELEASE="+d.now, "SLIPWAY_RELEASE_PATH="+release,
		"SLIPWAY_CURRENT_PATH="+filepath.Join(d.dir, "current"), "SLIPWAY_SHARED_PATH="+d.dir)
}

// pinned is what the recipes say a gunicorn.conf.py begins with.
const pinned = `import os, sys
chdir = os.path.dirname(os.path.realpath(__file__))
sys.path[:] = [os.path.realpath(path) for path in sys.path]
`

// gunicorn starts one in a deploy path, with paths through current, and gives its command.
func (d *deployPath) gunicorn(t *testing.T, interpreter string, extra ...string) []string {
	t.Helper()
	current := filepath.Join(d.dir, "current")
	command := append([]string{
		filepath.Join(d.dir, interpreter), "/usr/bin/gunicorn", "-c", current + "/gunicorn.conf.py", "--pid", filepath.Join(d.dir, "pid"), "--workers", "2",
		"--bind", "unix:" + filepath.Join(d.dir, "sock"), "--log-file", filepath.Join(d.dir, "log"), "--graceful-timeout", "20",
	}, extra...)
	return append(command, "site_app")
}

// serve starts gunicorn in the background and waits until it answers.
func (d *deployPath) serve(t *testing.T, command []string) *http.Client {
	t.Helper()
	d.run(t, command)
	client := visitor(t, filepath.Join(d.dir, "sock"))
	eventually(t, "gunicorn answers", func() bool { return get(client, "/") == whole(d.now) })
	return client
}

// run starts gunicorn in current until the test ends.
func (d *deployPath) run(t *testing.T, command []string) {
	t.Helper()
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir = filepath.Join(d.dir, "current")
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
func (d *deployPath) endWith(t *testing.T) {
	t.Helper()
	t.Cleanup(func() {
		look := time.NewTicker(10 * time.Millisecond)
		defer look.Stop()
		for _, file := range []string{"pid.2", "pid"} {
			if master := d.master(file); master > 0 {
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
			log, _ := os.ReadFile(filepath.Join(d.dir, "log"))
			t.Logf("gunicorn said\n%s", log)
		}
	})
}

// master is the process that a pid file names, 0 where there is none. A master two of whose workers fail at once may die before it
// removes its file (gunicorn 20.1), which then names nobody.
func (d *deployPath) master(file string) int {
	text, _ := os.ReadFile(filepath.Join(d.dir, file))
	pid, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	if pid == 0 || syscall.Kill(pid, 0) != nil {
		return 0
	}
	return pid
}

// whole is an answer of which all parts are of one release.
func whole(release string) string { return strings.TrimSpace(strings.Repeat(release+" ", 4)) }

// load asks all the time, until it is ended, and counts the answers.
type load struct {
	mu      sync.Mutex
	answers map[string]int
	total   int
	stop    chan struct{}
	done    sync.WaitGroup
}

func newLoad(client *http.Client, visitors int) *load {
	l := &load{answers: map[string]int{}, stop: make(chan struct{})}
	for v := range visitors {
		l.done.Add(1)
		go func() {
			defer l.done.Done()
			pause := time.NewTicker(5 * time.Millisecond) // the test's machine has other things to do, too
			defer pause.Stop()
			for n := v; ; n++ {
				select {
				case <-l.stop:
					return
				case <-pause.C:
				}
				answer := get(client, fmt.Sprintf("/%d", n%lateModules))
				l.mu.Lock()
				l.answers[answer]++
				l.total++
				l.mu.Unlock()
			}
		}()
	}
	return l
}

func (l *load) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.total
}

// more waits until so many more answers have come.
func (l *load) more(t *testing.T, n int) {
	t.Helper()
	target := l.count() + n
	eventually(t, "more answers", func() bool { return l.count() >= target })
}

// end judges the answers: each must be whole.
func (l *load) end(t *testing.T) {
	t.Helper()
	close(l.stop)
	l.done.Wait()
	good := l.answers[whole("release-a")] + l.answers[whole("release-b")]
	t.Logf("%d requests, %d of them failed or mixed", l.total, l.total-good)
	if good == l.total {
		return
	}
	shown := 0
	for answer, times := range l.answers {
		if answer != whole("release-a") && answer != whole("release-b") && shown < 5 {
			shown++
			t.Errorf("%d times: %s", times, answer)
		}
	}
}

// TestGunicornUpgrade: what is not healthy never replaces what is.
func TestGunicornUpgrade(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "gunicorn", "curl", "dash", "busybox")
	d := newDeployPath(t, pinned)
	tries := 0
	upgrade := func(with ...string) outcome {
		values := map[string]string{"pidfile": filepath.Join(d.dir, "pid"), "boot": "1", "wait": "60"}
		for i := 0; i < len(with); i += 2 {
			values[with[i]] = with[i+1]
		}
		tries++
		return d.step(t, shells[tries%len(shells)], rendered(t, "gunicorn/upgrade", values))
	}
	upgrade().expect(t, "nothing runs", true, "no gunicorn runs that")
	client := d.serve(t, d.gunicorn(t, "current/venv/bin/python"))
	master := d.master("pid")
	goesOn := func(what string) {
		if now := d.master("pid"); now != master || d.master("pid.2") != 0 {
			t.Errorf("%s: the masters are %d and %d, it was %d", what, now, d.master("pid.2"), master)
		}
		if got := get(client, "/"); got != whole("release-a") {
			t.Errorf("%s: the answer is %s", what, got)
		}
	}

	d.switchTo(t, "release-b")
	broken := filepath.Join(d.dir, "releases/release-b")
	write(t, broken, map[string]string{"version.py": "import nowhere\n"})
	upgrade().expect(t, "a release that does not load", true, "No module named 'nowhere'")
	goesOn("a release that does not load")
	write(t, broken, map[string]string{"version.py": "name = 'release-b'\n", "gunicorn.conf.py": pinned + "def post_worker_init(worker): sys.exit(3)\n"})
	upgrade().expect(t, "workers that end", true, "; the old gunicorn goes on")
	goesOn("workers that end")
	other := filepath.Join(d.dir, "releases/release-a")
	write(t, broken, map[string]string{"gunicorn.conf.py": pinned + "chdir = '" + other + "'\n"})
	upgrade().expect(t, "another folder", true, "the new workers run in "+other+", not in the new release")
	goesOn("another folder")

	// An upgrade that was cut off between the two signals, and then one whose new workers say that they are there.
	write(t, broken, map[string]string{"gunicorn.conf.py": pinned})
	if err := syscall.Kill(master, syscall.SIGUSR2); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a second master", func() bool { return d.master("pid.2") != 0 })
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, get(client, r.URL.Path)) }))
	t.Cleanup(front.Close)
	upgrade("url", front.URL).expect(t, "upgrade after one that was cut off", false, "")
	if got := get(client, "/"); got != whole("release-b") {
		t.Errorf("upgraded: %s", got)
	}

	// New workers that live, and answer another's name.
	d.switchTo(t, "release-a")
	wrong := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "release-c") }))
	t.Cleanup(wrong.Close)
	upgrade("url", wrong.URL, "wait", "8").expect(t, "no answer", true, "; the old gunicorn goes on")
	if got := get(client, "/"); got != whole("release-b") {
		t.Errorf("after the refusal: %s", got)
	}

	// Its log is found by how it was started, and it ends together with a new master that was left beside it.
	with := map[string]string{"pidfile": filepath.Join(d.dir, "pid")}
	d.step(t, shells[0], logging(t, "gunicorn/upgrade", with)).expect(t, "log", false, "Booting worker with pid")
	if err := syscall.Kill(d.master("pid"), syscall.SIGUSR2); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a second master", func() bool { return d.master("pid.2") != 0 })
	d.step(t, shells[1], stopping(t, "gunicorn/upgrade", with)).expect(t, "stop", false, "")
	if d.master("pid") != 0 || d.master("pid.2") != 0 {
		t.Errorf("the masters %d and %d go on", d.master("pid"), d.master("pid.2"))
	}
	d.step(t, shells[1], stopping(t, "gunicorn/upgrade", with)).expect(t, "stop again", false, "")
	with["start"] = "gunicorn --log-file " + filepath.Join(d.dir, "log") + " site_app"
	d.step(t, shells[1], logging(t, "gunicorn/upgrade", with)).expect(t, "log of one that is gone", false, "Shutting down: Master")
}

// TestGunicornStart: where nothing runs the recipe starts gunicorn, and one that was started in a release is refused.
func TestGunicornStart(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "gunicorn", "curl", "dash")
	d := newDeployPath(t, pinned)
	script := func(command []string, wait string) string {
		return rendered(t, "gunicorn/upgrade", map[string]string{
			"pidfile": filepath.Join(d.dir, "pid"), "boot": "1", "wait": wait, "start": strings.Join(command, " "),
		})
	}
	d.step(t, shells[0], script([]string{"true"}, "1")).expect(t, "a command that starts nothing", true, "started no gunicorn")
	d.endWith(t)
	d.step(t, shells[0], script(d.gunicorn(t, "releases/release-a/venv/bin/python", "--daemon"), "60")).expect(t, "start", false, "slipway-note: started, it did not run")
	environment, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", d.master("pid")))
	if err != nil || !strings.Contains(string(environment), "SLIPWAY_CURRENT_PATH=") || strings.Contains(string(environment), "SLIPWAY_RELEASE") {
		t.Errorf("gunicorn's environment, in which every later release finds itself: %v\n%s", err, environment)
	}
	client := visitor(t, filepath.Join(d.dir, "sock"))
	d.switchTo(t, "release-b")
	d.step(t, shells[0], script(nil, "60")).expect(t, "started in a release", true, "gunicorn was started with "+filepath.Join(d.dir, "releases/release-a/venv/bin/python"))
	d.step(t, shells[0], rendered(t, "gunicorn/reload", map[string]string{"pidfile": filepath.Join(d.dir, "pid")})).expect(t, "reload", true, "gunicorn was started with ")
	if got := get(client, "/"); got != whole("release-a") {
		t.Errorf("it answers %s", got)
	}
}

// TestGunicornReload: new workers of the new release; and what HUP cannot do is said.
func TestGunicornReload(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "gunicorn", "dash", "busybox")
	d := newDeployPath(t, pinned)
	tries := 0
	reload := func() outcome {
		tries++
		return d.step(t, shells[tries%len(shells)], rendered(t, "gunicorn/reload", map[string]string{"pidfile": filepath.Join(d.dir, "pid"), "boot": "1"}))
	}
	reload().expect(t, "nothing runs", true, "no gunicorn runs that")
	client := d.serve(t, d.gunicorn(t, "current/venv/bin/python"))
	// The master's environment stays that of the release in which it was started: HUP does not change the answer's last word.
	is := func(release string) {
		t.Helper()
		if got, want := get(client, "/1"), strings.Repeat(release+" ", 3)+"release-a"; got != want {
			t.Errorf("the answer is %s, want %s", got, want)
		}
	}
	master := d.master("pid")
	d.switchTo(t, "release-b")
	is("release-a")
	reload().expect(t, "reload", false, "")
	is("release-b")
	if now := d.master("pid"); now != master {
		t.Errorf("the master is %d, it was %d", now, master)
	}

	root := filepath.Join(d.dir, "releases/release-a")
	d.switchTo(t, "release-a")
	write(t, root, map[string]string{"version.py": "import nowhere\n"})
	reload().expect(t, "a release that does not load", true, "gunicorn cannot load this release; it runs on as it was")
	is("release-b")
	other := filepath.Join(d.dir, "releases/release-b")
	write(t, root, map[string]string{"version.py": "name = 'release-a'\n", "gunicorn.conf.py": pinned + "chdir = '" + other + "'\n"})
	reload().expect(t, "another folder", true, "the new workers run in "+other+", not in the new release")
	write(t, root, map[string]string{"gunicorn.conf.py": pinned + "def post_worker_init(worker): sys.exit(3)\n"})
	reload().expect(t, "workers that end", true, "see its log")
}
