//go:build long

package cookbook

import (
	"fmt"
	"path/filepath"
	"strconv"
	"testing"

	"slipway/internal/needtest"
	"slipway/internal/sshtest/loopback"
)

// TestGunicornUpgradeUnderLoad replaces gunicorn five times on one host, while requests come all the time: none fails, and each
// answer is of one release.
func TestGunicornUpgradeUnderLoad(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "gunicorn", "dash", "busybox")
	d := newDeployPath(t, pinned)
	client := d.serve(t, d.gunicorn(t, "current/venv/bin/python"))
	upgrade := rendered(t, "gunicorn/upgrade", map[string]string{"pidfile": filepath.Join(d.dir, "pid"), "boot": "1"})
	l := newLoad(client, 3)
	for i, release := range []string{"release-b", "release-a", "release-b", "release-a", "release-b"} {
		l.more(t, 50)
		d.switchTo(t, release)
		l.more(t, 50) // old workers, new current
		old := d.master("pid")
		d.step(t, shells[i%len(shells)], upgrade).expect(t, "upgrade to "+release, false, "")
		if now := d.master("pid"); now == old || now == 0 {
			t.Errorf("the master is %d, it was %d", now, old)
		}
		if got := get(client, "/"); got != whole(release) {
			t.Errorf("after the upgrade to %s: %s", release, got)
		}
	}
	l.end(t)
}

// TestUWSGIUnderLoad reloads a uWSGI three times, while requests come all the time: none fails.
func TestUWSGIUnderLoad(t *testing.T) {
	t.Parallel()
	u := newUWSGI(t)
	l := newLoad(u.client, 2)
	for i, release := range []string{"release-b", "release-a", "release-b"} {
		u.reloadTo(t, shells[i%len(shells)], release, func() { l.more(t, 30) })
	}
	l.end(t)
}

// TestSharedSocket restarts two gunicorns, one after the other, that share a socket which supervisor holds, under load: none fails.
func TestSharedSocket(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "supervisord", "gunicorn", "dash", "busybox")
	d, port := newDeployPath(t, pinned), strconv.Itoa(loopback.Free(t).Port)
	write(t, d.dir, map[string]string{"supervisord.conf": fmt.Sprintf(`[unix_http_server]
file=%[1]s/supervisor
[supervisord]
logfile=%[1]s/log
pidfile=%[1]s/supervisord.pid
nodaemon=true
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://%[1]s/supervisor
[fcgi-program:web]
socket=tcp://127.0.0.1:%[2]s
process_name=%%(process_num)d
numprocs=2
command=%[1]s/current/venv/bin/python /usr/bin/gunicorn --bind fd://0 --workers 2 -c %[1]s/current/gunicorn.conf.py site_app
directory=%[1]s/current
stopwaitsecs=30
environment=PYTHONDONTWRITEBYTECODE=1
`, d.dir, port)})
	start(t, d.dir, "supervisord", "-c", "supervisord.conf")
	client := visitor(t, "127.0.0.1:"+port)
	eventually(t, "gunicorn answers", func() bool { return get(client, "/") == whole("release-a") })
	l := newLoad(client, 2)
	for i, release := range []string{"release-b", "release-a"} {
		d.switchTo(t, release)
		l.more(t, 30)
		for _, program := range []string{"web:0", "web:1"} {
			restart := rendered(t, "supervisor/restart", map[string]string{"program": program, "conf": filepath.Join(d.dir, "supervisord.conf"), "wait": "60"})
			d.step(t, shells[i], restart).expect(t, "restart "+program, false, "RUNNING")
		}
		if got := get(client, "/"); got != whole(release) {
			t.Errorf("after the restart: %s", got)
		}
	}
	l.end(t)
}
