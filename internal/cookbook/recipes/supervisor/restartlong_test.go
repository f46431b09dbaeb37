//go:build long

package supervisor_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
	"github.com/slipway/slipway/internal/cookbook/shelltest"
	"github.com/slipway/slipway/internal/needtest"
	"github.com/slipway/slipway/internal/sshtest/loopback"
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

// TestRestartThatWasCutOff: supervisor is still ending the program for a restart whose client was killed, and starts none until it has.
func TestRestartThatWasCutOff(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "supervisord", "supervisorctl", "dash", "busybox")
	shelltest.Each(t, func(t *testing.T, shell []string) {
		dir := t.TempDir()
		conf := filepath.Join(dir, "supervisord.conf")
		shelltest.Write(t, dir, map[string]string{"supervisord.conf": recipetest.Supervisord(dir) + fmt.Sprintf(
			"[program:slow]\ncommand=sh -c \"trap 'echo >%[1]s/ending; sleep 3; exit 0' TERM; echo $$ >%[1]s/slow.pid; while :; do sleep 600 & wait; done\"\nstartsecs=0\n"+
				"[program:one]\ncommand=sleep 600\n[program:two]\ncommand=sleep 600\n", dir)})
		recipetest.Start(t, dir, "supervisord", "-c", conf)
		before := recipetest.PID(t, dir, "slow", "")
		cut := exec.CommandContext(t.Context(), "supervisorctl", "-c", conf, "restart", "slow")
		if err := cut.Start(); err != nil {
			t.Fatal(err)
		}
		recipetest.Eventually(t, "it is told to end", func() bool { _, err := os.Stat(filepath.Join(dir, "ending")); return err == nil })
		if err := cut.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cut.Wait() // it was killed
		script := recipetest.Rendered(t, "supervisor/restart", map[string]string{"program": "slow", "conf": conf, "wait": "30"})
		shelltest.Run(t, shell, dir, script).Expect(t, "a restart", false, "RUNNING")
		recipetest.PID(t, dir, "slow", before)
	})
}
