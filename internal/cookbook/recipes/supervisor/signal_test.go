package supervisor_test

import (
	"testing"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
	"github.com/slipway/slipway/internal/cookbook/shelltest"
	"github.com/slipway/slipway/internal/needtest"
)

// TestSignal: a program that ends is another process afterwards, one that only listens is the same; one that does not come back is said.
func TestSignal(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "supervisord", "supervisorctl", "dash", "busybox")
	dir := t.TempDir()
	conf := supervisord(t, dir)
	signal := func(t *testing.T, shell []string, with map[string]string) shelltest.Outcome {
		t.Helper()
		with["conf"] = conf
		return shelltest.Run(t, shell, dir, recipetest.Rendered(t, "supervisor/signal", with))
	}
	t.Run("started again", func(t *testing.T) {
		t.Parallel()
		before := recipetest.PID(t, dir, "always", "")
		signal(t, shelltest.Shells[0], map[string]string{"program": "always", "signal": "TERM", "boot": "1"}).Expect(t, "a program that ends", false, "")
		now := recipetest.PID(t, dir, "always", before)
		signal(t, shelltest.Shells[1], map[string]string{"program": "always", "signal": "USR1", "boot": "0"}).Expect(t, "one that stays", false, "")
		if is := recipetest.PID(t, dir, "always", ""); is != now {
			t.Errorf("after USR1 it is process %s, it was %s", is, now)
		}
	})
	t.Run("not started again", func(t *testing.T) {
		t.Parallel()
		signal(t, shelltest.Shells[1], map[string]string{"program": "once", "signal": "TERM", "wait": "1"}).Expect(t, "one that ends", true, "once is not another process after 1s: is autorestart=true set?")
		signal(t, shelltest.Shells[0], map[string]string{"program": "once", "signal": "HUP"}).Expect(t, "a signal to one that does not run", true, "not running: once")
	})
}
