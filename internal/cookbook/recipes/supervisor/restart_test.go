package supervisor_test

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
	"github.com/slipway/slipway/internal/cookbook/shelltest"
	"github.com/slipway/slipway/internal/needtest"
)

func TestMain(m *testing.M) { needtest.RunWaiting(m) }

func TestSupervisor(t *testing.T) {
	t.Parallel()
	testSupervisor(t, shelltest.InTurns(t))
}

func testSupervisor(t *testing.T, shell func() []string) {
	t.Helper()
	needtest.Programs(t, "supervisord", "supervisorctl")
	dir := t.TempDir()
	conf := supervisord(t, dir)
	restart := func(program string) shelltest.Outcome {
		return shelltest.Run(t, shell(), dir, recipetest.Rendered(t, "supervisor/restart", map[string]string{"program": program, "conf": conf, "wait": "3"}))
	}
	before := recipetest.PID(t, dir, "web", "")
	restart("web workers:*").Expect(t, "a program and a group", false, "workers:two")
	recipetest.PID(t, dir, "web", before)
	failed := restart("web broken")
	failed.Expect(t, "a program that ends", true, "not running: broken")
	failed.Expect(t, "its last words", true, "no such table")
	with := map[string]string{"program": "broken workers:one", "conf": conf}
	shelltest.Run(t, shell(), dir, recipetest.Logging(t, "supervisor/restart", with)).Expect(t, "log", false, "--- the end of what broken printed (stderr)\nno such table")
	with["program"] = "web broken workers:*"
	shelltest.Run(t, shell(), dir, recipetest.Stopping(t, "supervisor/restart", with)).Expect(t, "stop", false, "workers:two: stopped")
	shelltest.Run(t, shell(), dir, recipetest.Stopping(t, "supervisor/restart", with)).Expect(t, "stop again", false, "")
	if text, err := exec.CommandContext(t.Context(), "supervisorctl", "-c", conf, "status", "web", "broken", "workers:*").CombinedOutput(); strings.Contains(string(text), "RUNNING") {
		t.Errorf("after stop: %s%v", text, err)
	}
	restart("nothing").Expect(t, "an unknown program", true, "supervisor does not know all of 'nothing'")
	none := map[string]string{"program": "web", "conf": filepath.Join(dir, "none.conf")}
	shelltest.Run(t, shell(), dir, recipetest.Rendered(t, "supervisor/restart", none)).Expect(t, "a wrong file", true, "none.conf")
}

// supervisord runs a supervisor of its own, and gives its configuration.
func supervisord(t *testing.T, dir string) string {
	t.Helper()
	conf := filepath.Join(dir, "supervisord.conf")
	program := func(name, command, extra string) string {
		return fmt.Sprintf("[program:%s]\ncommand=sh -c \"%s\"\nstartretries=0\nstopsignal=KILL\nstderr_logfile=%s/%s.err\nstdout_logfile=NONE\n%s\n", name, command, dir, name, extra)
	}
	// What runs leaves its process's number in a file: asking supervisorctl for it costs a Python each time.
	good := func(name string) string {
		return program(name, fmt.Sprintf("echo $$ >%s/%s.pid; exec sleep 600", dir, name), "startsecs=0")
	}
	// It lets TERM end it and takes USR1 for what it waits for. Where it is bad it ends by itself, once or each time.
	always := func(name string) string {
		return program(name, fmt.Sprintf("trap : USR1; cd %[1]s; echo begins >&2; echo $$ >%[2]s.pid; "+
			"if [ -e %[2]s.bad ]; then [ -e %[2]s.stays ] || rm %[2]s.bad; sleep 0.5; exit 1; fi; while :; do sleep 600 & wait; done", dir, name), "startsecs=0\nautorestart=true\nkillasgroup=true")
	}
	// Supervisor does not start again what ended with 0.
	once := program("once", "trap 'exit 0' TERM; sleep 600 & wait", "startsecs=0\nkillasgroup=true")
	shelltest.Write(t, dir, map[string]string{"supervisord.conf": recipetest.Supervisord(dir) + good("web") + good("one") + good("two") + always("always") + always("always-dash") + always("always-busybox") + once +
		program("broken", "echo no such table >&2; exit 1", "startsecs=1\nautostart=false")})
	recipetest.Start(t, dir, "supervisord", "-c", conf)
	for _, name := range []string{"web", "one", "two"} {
		recipetest.PID(t, dir, name, "")
	}
	return conf
}
