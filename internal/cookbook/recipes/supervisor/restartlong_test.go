//go:build long

package supervisor_test

import (
	"fmt"
	"path/filepath"
	"strconv"
	"testing"

	"slipway/internal/cookbook/recipetest"
	"slipway/internal/cookbook/shelltest"
	"slipway/internal/needtest"
	"slipway/internal/sshtest/loopback"
)

func TestSupervisorEachShell(t *testing.T) {
	t.Parallel()
	shelltest.Each(t, func(t *testing.T, shell []string) { testSupervisor(t, func() []string { return shell }) })
}

// TestSharedSocket restarts two gunicorns, one after the other, that share a socket which supervisor holds, under load: none fails.
func TestSharedSocket(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "supervisord", "gunicorn", "dash", "busybox")
	d, port := recipetest.NewDeployPath(t, recipetest.Pinned), strconv.Itoa(loopback.Free(t).Port)
	shelltest.Write(t, d.Dir, map[string]string{"supervisord.conf": fmt.Sprintf(`[unix_http_server]
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
`, d.Dir, port)})
	recipetest.Start(t, d.Dir, "supervisord", "-c", "supervisord.conf")
	client := recipetest.Visitor(t, "127.0.0.1:"+port)
	recipetest.Eventually(t, "gunicorn answers", func() bool { return recipetest.Get(client, "/") == recipetest.Whole("release-a") })
	l := recipetest.NewLoad(client, 2)
	for i, release := range []string{"release-b", "release-a"} {
		d.SwitchTo(t, release)
		l.More(t, 30)
		for _, program := range []string{"web:0", "web:1"} {
			restart := recipetest.Rendered(t, "supervisor/restart", map[string]string{"program": program, "conf": filepath.Join(d.Dir, "supervisord.conf"), "wait": "60"})
			d.Step(t, shelltest.Shells[i], restart).Expect(t, "restart "+program, false, "RUNNING")
		}
		if got := recipetest.Get(client, "/"); got != recipetest.Whole(release) {
			t.Errorf("after the restart: %s", got)
		}
	}
	l.End(t)
}
