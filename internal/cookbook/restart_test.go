package cookbook

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"slipway/internal/needtest"
	"slipway/internal/sshtest/loopback"
)

// TestPidfile: the old process is ended, or killed, or left alone where it is not the one; the new one runs in current.
func TestPidfile(t *testing.T) {
	t.Parallel()
	eachShell(t, func(t *testing.T, shell []string) {
		d := newDeployPath(t, "")
		pidfile := filepath.Join(d.dir, "pid")
		restart := func(start string) outcome {
			return d.step(t, shell, rendered(t, "pidfile/restart", map[string]string{
				"pidfile": pidfile, "start": start, "log": filepath.Join(d.dir, "log"), "wait": "1", "boot": "1",
			}))
		}
		t.Cleanup(func() {
			if last := d.master("pid"); last > 0 {
				_ = syscall.Kill(last, syscall.SIGKILL)
			}
		})
		restart("sleep 600").expect(t, "the first start", false, "")
		first := d.master("pid")
		if folder, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", first)); err != nil || filepath.Base(folder) != "release-a" {
			t.Errorf("it runs in %s, %v", folder, err)
		}
		d.switchTo(t, "release-b")
		restart(`sh -c "trap '' TERM; exec sleep 600"`).expect(t, "another", false, "")
		stubborn := d.master("pid")
		if folder, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", stubborn)); err != nil || filepath.Base(folder) != "release-b" {
			t.Errorf("it runs in %s, %v", folder, err)
		}
		eventually(t, "the first one is gone", func() bool { return syscall.Kill(first, 0) != nil })
		restart("sleep 600").expect(t, "after one that does not end", false, "slipway-note: killed, it did not end within 1s")
		restart("sh -c 'echo no such table; exit 1'").expect(t, "one that ends", true, "no such table")

		// The pid file names a process that began after it was written.
		other := start(t, d.dir, "sleep", "600")
		write(t, d.dir, map[string]string{"pid": strconv.Itoa(other.Process.Pid) + "\n"})
		before := time.Now().Add(-time.Hour)
		if err := os.Chtimes(pidfile, before, before); err != nil {
			t.Fatal(err)
		}
		restart("sleep 600").expect(t, "another's process", false, "it is left alone")
		if err := syscall.Kill(other.Process.Pid, 0); err != nil {
			t.Error("another's process was ended")
		}

		self := d.step(t, shell, rendered(t, "pidfile/restart", map[string]string{
			"pidfile": pidfile, "start": "sleep 600 >/dev/null 2>&1 & echo $! >" + pidfile, "boot": "0",
		}))
		self.expect(t, "one that puts itself in the background", false, "")
		d.step(t, shell, rendered(t, "pidfile/restart", map[string]string{"pidfile": pidfile, "start": "true"})).expect(t, "one that starts nothing", true, "`start` started nothing")

		// A first release that fails: its log is read, its process ended, whatever it thinks of TERM; twice is once.
		with := map[string]string{"pidfile": pidfile, "start": `sh -c "trap '' TERM; echo no such table; exec sleep 600"`, "log": filepath.Join(d.dir, "first.log"), "wait": "1", "boot": "0"}
		d.step(t, shell, rendered(t, "pidfile/restart", with)).expect(t, "a first release", false, "")
		eventually(t, "its log", func() bool { text, _ := os.ReadFile(filepath.Join(d.dir, "first.log")); return len(text) > 0 })
		for _, log := range []string{with["log"], ""} { // where none is named, that of the process
			with["log"] = log
			d.step(t, shell, logging(t, "pidfile/restart", with)).expect(t, "log", false, "first.log\nno such table\n")
		}
		d.step(t, shell, stopping(t, "pidfile/restart", with)).expect(t, "stop", false, "slipway-note: killed, it did not end within 1s")
		if left := d.master("pid"); left != 0 {
			t.Errorf("process %d goes on", left)
		}
		d.step(t, shell, stopping(t, "pidfile/restart", with)).expect(t, "stop again", false, "")
		d.step(t, shell, logging(t, "pidfile/restart", with)).expect(t, "no process and no log", true, "set `log`")
	})
}

// uwsgiSite is a uWSGI that serves a deploy path's current release.
type uwsgiSite struct {
	*deployPath
	client *http.Client
	pid    int // of its master
}

// newUWSGI starts one.
func newUWSGI(t *testing.T) *uwsgiSite {
	t.Helper()
	needtest.Programs(t, "uwsgi", "dash", "busybox")
	d := newDeployPath(t, "")
	write(t, d.dir, map[string]string{"reload": "", "uwsgi.ini": fmt.Sprintf(`[uwsgi]
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
`, d.dir)})
	u := &uwsgiSite{deployPath: d}
	u.reload(t, shells[0]).expect(t, "nothing runs", true, "no uWSGI runs that")
	u.pid = start(t, d.dir, "uwsgi", "--die-on-term", "uwsgi.ini").Process.Pid
	u.client = visitor(t, filepath.Join(d.dir, "sock"))
	eventually(t, "uWSGI answers", func() bool { return get(u.client, "/") == whole("release-a") })
	return u
}

// reload runs the recipe, with parameters and their values.
func (u *uwsgiSite) reload(t *testing.T, shell []string, with ...string) outcome {
	t.Helper()
	values := map[string]string{"pidfile": filepath.Join(u.dir, "pid"), "boot": "1"}
	for i := 0; i < len(with); i += 2 {
		values[with[i]] = with[i+1]
	}
	return u.step(t, shell, rendered(t, "uwsgi/touch-reload", values))
}

// reloadTo switches to a release and reloads: the same master serves it.
func (u *uwsgiSite) reloadTo(t *testing.T, shell []string, release string, between func()) {
	t.Helper()
	u.switchTo(t, release)
	between()
	u.reload(t, shell).expect(t, "reload", false, "")
	if got := get(u.client, "/"); got != whole(release) || u.master("pid") != u.pid {
		t.Errorf("after the reload to %s: %s", release, got)
	}
}

// TestUWSGI reloads a real uWSGI by touching its file.
func TestUWSGI(t *testing.T) {
	t.Parallel()
	u := newUWSGI(t)
	u.reloadTo(t, shells[1], "release-b", func() {})
	u.reload(t, shells[1], "file", "another", "wait", "1").expect(t, "another file", true, "is "+u.dir+"/another what its `touch-reload` names?")
	u.now = "release-a"
	u.reload(t, shells[0]).expect(t, "an old folder", true, "the new workers run in "+u.dir+"/releases/release-b, not in the new release")
	with := map[string]string{"pidfile": filepath.Join(u.dir, "pid"), "log": filepath.Join(u.dir, "own.log")}
	u.step(t, shells[1], logging(t, "uwsgi/touch-reload", with)).expect(t, "no log", true, "cannot read the log "+with["log"])
	write(t, u.dir, map[string]string{"own.log": "no such table\n"})
	u.step(t, shells[1], logging(t, "uwsgi/touch-reload", with)).expect(t, "log", false, "no such table")
	u.step(t, shells[0], stopping(t, "uwsgi/touch-reload", with)).expect(t, "stop", false, "")
	if got := get(u.client, "/"); got == whole("release-b") {
		t.Error("it still answers")
	}
	u.step(t, shells[0], stopping(t, "uwsgi/touch-reload", with)).expect(t, "stop again", false, "")
}

// TestModWSGI has a real Apache load a new release.
func TestModWSGI(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "apache2", "curl", "dash", "busybox")
	const modules = "/usr/lib/apache2/modules"
	if _, err := os.Stat(modules + "/mod_wsgi.so"); err != nil {
		needtest.Skip(t, "mod_wsgi is missing (Debian's libapache2-mod-wsgi-py3)")
	}
	d := newDeployPath(t, "")
	who := ""
	if os.Getuid() == 0 {
		who = "User www-data\nGroup www-data"
		if err := exec.CommandContext(t.Context(), "chmod", "-R", "a+rX", filepath.Dir(d.dir)).Run(); err != nil {
			t.Fatal(err)
		}
	}
	// Apache can listen on no socket in the file system: the kernel gives a port, which Apache gets.
	port := strconv.Itoa(loopback.Free(t).Port)
	write(t, d.dir, map[string]string{"httpd.conf": fmt.Sprintf(`ServerRoot %[1]s
ServerName localhost
PidFile %[1]s/pid
ErrorLog %[1]s/log
Listen 127.0.0.1:%[2]s
%[3]s
LoadModule mpm_event_module %[4]s/mod_mpm_event.so
LoadModule authz_core_module %[4]s/mod_authz_core.so
LoadModule wsgi_module %[4]s/mod_wsgi.so
Mutex file:%[1]s default
WSGISocketPrefix %[1]s/wsgi
WSGIDaemonProcess site home=%[1]s/current python-home=%[1]s/current/venv python-path=%[1]s/current processes=1 threads=2
WSGIScriptAlias / %[1]s/current/site_app.py process-group=site application-group=%%{GLOBAL}
`, d.dir, port, who, modules)})
	start(t, d.dir, "apache2", "-d", d.dir, "-f", "httpd.conf", "-DFOREGROUND")
	url := "http://127.0.0.1:" + port + "/"
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	ask := func() string {
		answer, err := client.Get(url)
		if err != nil {
			return err.Error()
		}
		defer answer.Body.Close()
		return answer.Header.Get("X-Release")
	}
	eventually(t, "Apache answers", func() bool { return ask() == "release-a" })

	// Both scripts have one time: nothing but the touch tells them apart.
	at := time.Now().Add(-time.Hour)
	for _, release := range []string{"release-a", "release-b"} {
		if err := os.Chtimes(filepath.Join(d.dir, "releases", release, "site_app.py"), at, at); err != nil {
			t.Fatal(err)
		}
	}
	touch := func(shell []string, with ...string) outcome {
		values := map[string]string{"script": "site_app.py", "url": url}
		for i := 0; i < len(with); i += 2 {
			values[with[i]] = with[i+1]
		}
		return d.step(t, shell, rendered(t, "mod_wsgi/touch", values))
	}
	touch(shells[0]).expect(t, "the same release", false, "")
	for i, release := range []string{"release-b", "release-a"} {
		d.switchTo(t, release)
		touch(shells[i]).expect(t, "touch "+release, false, "")
		if got := ask(); got != release {
			t.Errorf("after the touch: %s", got)
		}
	}
	touch(shells[0], "script", "wsgi.py").expect(t, "no script", true, "there is no wsgi.py in the release")
	d.now = "release-b" // and current still names the other one
	touch(shells[1], "wait", "1").expect(t, "the old release answers", true, "names the release release-b after 1s")

	with := map[string]string{"log": filepath.Join(d.dir, "log")}
	d.step(t, shells[0], logging(t, "mod_wsgi/touch", with)).expect(t, "log", false, "resuming normal operations")
	d.step(t, shells[0], stopping(t, "mod_wsgi/touch", with)).expect(t, "stop", false, "Apache goes on, and has no script to serve")
	if err := os.Remove(filepath.Join(d.dir, "current")); err != nil {
		t.Fatal(err)
	}
	answer, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusNotFound {
		t.Errorf("without current Apache answers %s", answer.Status)
	}
}

// TestSystemdWithout: what is said where systemd is not what runs the host, by the real systemctl.
func TestSystemdWithout(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "systemctl")
	eachShell(t, func(t *testing.T, shell []string) {
		for _, recipe := range []string{"systemd/restart", "systemd/reload"} {
			for what, test := range map[string]struct {
				with map[string]string
				says string
			}{
				"an option":         {map[string]string{"unit": "--force"}, "'--force' is no unit's name"},
				"no user's manager": {map[string]string{"unit": "web", "user": "true"}, "loginctl enable-linger"},
			} {
				run(t, shell, t.TempDir(), rendered(t, recipe, test.with), "XDG_RUNTIME_DIR=/nowhere").expect(t, what, true, test.says)
			}
		}
		if _, err := os.Stat("/run/systemd/system"); err != nil {
			run(t, shell, t.TempDir(), rendered(t, "systemd/restart", map[string]string{"unit": "web"})).expect(t, "no systemd", true, "systemd does not answer")
		}
	})
}

// TestSystemdAnswers: how the recipe takes what systemctl says. The systemctl is ours: a real one wants a real systemd.
func TestSystemdAnswers(t *testing.T) {
	t.Parallel()
	eachShell(t, func(t *testing.T, shell []string) {
		dir := t.TempDir()
		write(t, dir, map[string]string{"systemctl": `#!/bin/sh
case "$*" in
*LoadState*) echo "LoadState=$LOAD" ;;
*NeedDaemonReload*) echo "NeedDaemonReload=$STALE" ;;
*ActiveState*) echo "ActiveState=$ACTIVE" ;;
*TriggeredBy*) echo "TriggeredBy=$TRIGGER" ;;
*MainPID*) if [ "$FLAPS" = yes ]; then echo "MainPID=$$"; else echo MainPID=1; fi ;;
*status*) echo "the status" ;;
*) echo "asked: $*"; exit "$EXIT" ;;
esac
`, "journalctl": "#!/bin/sh\nif [ -z \"$EMPTY\" ]; then echo the journal of \"$@\"; fi\n"})
		for _, program := range []string{"systemctl", "journalctl"} {
			if err := os.Chmod(filepath.Join(dir, program), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		with := map[string]string{"unit": "web jobs.timer", "sudo": "env", "wait": "1", "stable": "0"}
		script := rendered(t, "systemd/restart", with)
		env := func(more ...string) []string {
			return append([]string{"PATH=" + dir + ":/usr/bin:/bin", "LOAD=loaded", "STALE=no", "ACTIVE=active", "EXIT=0", "FLAPS=no", "TRIGGER=", "EMPTY="}, more...)
		}
		for what, test := range map[string]struct {
			env  string
			fail bool
			says string
		}{
			"all is well":   {"", false, " restart web.service jobs.timer\n"},
			"stale":         {"STALE=yes", false, "slipway-note: web.service is another on disk, run systemctl daemon-reload"},
			"unknown":       {"LOAD=not-found", true, "there is no web.service (not-found)"},
			"masked":        {"LOAD=masked", true, "web.service is masked"},
			"not allowed":   {"EXIT=1", true, "allow exactly that in sudoers"},
			"failed":        {"ACTIVE=failed", true, "web.service jobs.timer: not active\n"},
			"its journal":   {"ACTIVE=failed", true, "the journal of --no-pager --quiet --lines 60 --output cat --unit web.service\n"},
			"slow":          {"ACTIVE=activating", true, "not active after 1s"},
			"starts always": {"FLAPS=yes", true, "active, but not for 0s"},
		} {
			run(t, shell, dir, script, env(test.env)...).expect(t, what, test.fail, test.says)
		}
		stop, log := stopping(t, "systemd/restart", with), logging(t, "systemd/restart", with)
		run(t, shell, dir, stop, env("ACTIVE=inactive")...).expect(t, "stop", false, " stop web.service jobs.timer\n")
		run(t, shell, dir, stop, env("ACTIVE=inactive", "TRIGGER=web.socket")...).expect(t, "a socket", false, "slipway-note: stopped, and web.socket may start web.service again")
		run(t, shell, dir, stop, env("ACTIVE=active")...).expect(t, "not stopped", true, "still active")
		run(t, shell, dir, stop, env("EXIT=1")...).expect(t, "not allowed to stop", true, "systemctl stop web.service jobs.timer` failed")
		run(t, shell, dir, log, env()...).expect(t, "log", false, "--- the journal of web.service\nthe journal of ")
		run(t, shell, dir, log, env("EMPTY=yes")...).expect(t, "no rights to the log", false, "usermod -aG systemd-journal ")
		reload := map[string]string{"unit": "web", "sudo": "env"}
		run(t, shell, dir, stopping(t, "systemd/reload", reload), env()...).expect(t, "a unit of others", false, "slipway-note: web goes on")
		reload["own"] = "true"
		run(t, shell, dir, stopping(t, "systemd/reload", reload), env("ACTIVE=inactive")...).expect(t, "a unit of its own", false, " stop web.service\n")
	})
}
