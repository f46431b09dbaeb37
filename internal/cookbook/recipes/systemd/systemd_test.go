package systemd_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
	"github.com/slipway/slipway/internal/cookbook/shelltest"
	"github.com/slipway/slipway/internal/needtest"
)

func TestMain(m *testing.M) { needtest.RunWaiting(m) }

// TestSystemdWithout: what is said where systemd is not what runs the host, by the real systemctl.
func TestSystemdWithout(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "systemctl")
	shelltest.Each(t, func(t *testing.T, shell []string) {
		for _, recipe := range []string{"systemd/restart", "systemd/reload"} {
			for what, test := range map[string]struct {
				with map[string]string
				says string
			}{
				"an option":         {map[string]string{"unit": "--force"}, "'--force' is no unit's name"},
				"no user's manager": {map[string]string{"unit": "web", "user": "true"}, "loginctl enable-linger"},
			} {
				shelltest.Run(t, shell, t.TempDir(), recipetest.Rendered(t, recipe, test.with), "XDG_RUNTIME_DIR=/nowhere").Expect(t, what, true, test.says)
			}
		}
		if _, err := os.Stat("/run/systemd/system"); err != nil {
			shelltest.Run(t, shell, t.TempDir(), recipetest.Rendered(t, "systemd/restart", map[string]string{"unit": "web"})).Expect(t, "no systemd", true, "systemd does not answer")
		}
	})
}

// TestSystemdAnswers: how the recipe takes what systemctl says. The systemctl is ours: a real one wants a real systemd.
func TestSystemdAnswers(t *testing.T) {
	t.Parallel()
	shelltest.Each(t, func(t *testing.T, shell []string) {
		dir := t.TempDir()
		shelltest.Write(t, dir, map[string]string{"systemctl": `#!/bin/sh
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
		script := recipetest.Rendered(t, "systemd/restart", with)
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
			shelltest.Run(t, shell, dir, script, env(test.env)...).Expect(t, what, test.fail, test.says)
		}
		stop, log := recipetest.Stopping(t, "systemd/restart", with), recipetest.Logging(t, "systemd/restart", with)
		shelltest.Run(t, shell, dir, stop, env("ACTIVE=inactive")...).Expect(t, "stop", false, " stop web.service jobs.timer\n")
		shelltest.Run(t, shell, dir, stop, env("ACTIVE=inactive", "TRIGGER=web.socket")...).Expect(t, "a socket", false, "slipway-note: stopped, and web.socket may start web.service again")
		shelltest.Run(t, shell, dir, stop, env("ACTIVE=active")...).Expect(t, "not stopped", true, "still active")
		shelltest.Run(t, shell, dir, stop, env("EXIT=1")...).Expect(t, "not allowed to stop", true, "systemctl stop web.service jobs.timer` failed")
		shelltest.Run(t, shell, dir, log, env()...).Expect(t, "log", false, "--- the journal of web.service\nthe journal of ")
		shelltest.Run(t, shell, dir, log, env("EMPTY=yes")...).Expect(t, "no rights to the log", false, "usermod -aG systemd-journal ")
		reload := map[string]string{"unit": "web", "sudo": "env"}
		shelltest.Run(t, shell, dir, recipetest.Stopping(t, "systemd/reload", reload), env()...).Expect(t, "a unit of others", false, "slipway-note: web goes on")
		reload["own"] = "true"
		shelltest.Run(t, shell, dir, recipetest.Stopping(t, "systemd/reload", reload), env("ACTIVE=inactive")...).Expect(t, "a unit of its own", false, " stop web.service\n")
	})
}
