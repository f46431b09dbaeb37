package supervisor_test

import (
	"path/filepath"
	"testing"

	"slipway/internal/cookbook/recipetest"
	"slipway/internal/cookbook/shelltest"
	"slipway/internal/needtest"
)

// TestSignal: a program that ends is another process afterwards, one that only listens is the same; one that does not come back is said.
func TestSignal(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "supervisord", "supervisorctl")
	dir := t.TempDir()
	conf := supervisord(t, dir)
	shell := shelltest.InTurns(t)
	signal := func(with map[string]string) shelltest.Outcome {
		with["conf"], with["boot"] = conf, "1"
		return shelltest.Run(t, shell(), dir, recipetest.Rendered(t, "supervisor/signal", with))
	}
	before := recipetest.PID(t, dir, "always", "")
	signal(map[string]string{"program": "always", "signal": "TERM"}).Expect(t, "a program that ends", false, "")
	now := recipetest.PID(t, dir, "always", before)
	signal(map[string]string{"program": "always", "signal": "USR1"}).Expect(t, "one that stays", false, "")
	recipetest.PID(t, dir, "always", before)
	if is := recipetest.PID(t, dir, "always", ""); is != now {
		t.Errorf("after USR1 it is process %s, it was %s", is, now)
	}
	signal(map[string]string{"program": "once", "signal": "TERM", "wait": "1"}).Expect(t, "one that is not started again", true, "once is not another process after 1s: is autorestart=true set?")
	signal(map[string]string{"program": "once", "signal": "HUP"}).Expect(t, "a signal to one that does not run", true, "not running: once")
	signal(map[string]string{"program": "always once", "signal": "TERM"}).Expect(t, "one that does not run is started", false, "once: started")
	signal(map[string]string{"program": "nothing"}).Expect(t, "an unknown program", true, "supervisor does not know all of 'nothing'")
	with := map[string]string{"program": "always broken", "conf": conf}
	shelltest.Run(t, shell(), dir, recipetest.Logging(t, "supervisor/signal", with)).Expect(t, "log", false, "--- the end of what always printed (stderr)\nbegins\n")
	shelltest.Run(t, shell(), dir, recipetest.Stopping(t, "supervisor/signal", with)).Expect(t, "stop", false, "always: stopped")
	none := map[string]string{"program": "web", "conf": filepath.Join(dir, "none.conf")}
	shelltest.Run(t, shell(), dir, recipetest.Rendered(t, "supervisor/signal", none)).Expect(t, "a wrong file", true, "none.conf")
}
