//go:build long

package gunicorn_test

import (
	"path/filepath"
	"testing"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
	"github.com/slipway/slipway/internal/cookbook/shelltest"
	"github.com/slipway/slipway/internal/needtest"
)

// TestGunicornUpgradeUnderLoad replaces gunicorn five times on one host, while requests come all the time: none fails, and each
// answer is of one release.
func TestGunicornUpgradeUnderLoad(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "gunicorn", "dash", "busybox")
	d := newServer(t)
	client := d.serve(t, d.gunicorn(t, "current/venv/bin/python"))
	upgrade := recipetest.Rendered(t, "gunicorn/upgrade", map[string]string{"pidfile": filepath.Join(d.Dir, "pid"), "boot": "1"})
	l := recipetest.NewLoad(client, 3)
	for i, release := range []string{"release-b", "release-a", "release-b", "release-a", "release-b"} {
		l.More(t, 50)
		d.SwitchTo(t, release)
		l.More(t, 50) // old workers, new current
		old := d.Master("pid")
		d.Step(t, shelltest.Shells[i%len(shelltest.Shells)], upgrade).Expect(t, "upgrade to "+release, false, "")
		if now := d.Master("pid"); now == old || now == 0 {
			t.Errorf("the master is %d, it was %d", now, old)
		}
		if got := recipetest.Get(client, "/"); got != recipetest.Whole(release) {
			t.Errorf("after the upgrade to %s: %s", release, got)
		}
	}
	l.End(t)
}
