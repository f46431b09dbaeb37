//go:build cookbook

package puma_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
	"github.com/slipway/slipway/internal/cookbook/shelltest"
	"github.com/slipway/slipway/internal/needtest"
)

func TestMain(m *testing.M) { needtest.RunWaiting(m) }

const application = `release = %q
run lambda { |env| [200, {"X-Release" => release}, [([release] * 4).join(" ")]] }
`

// newPuma starts a Puma in a deploy path, with so many workers.
func newPuma(t *testing.T, workers int) *recipetest.DeployPath {
	t.Helper()
	needtest.Programs(t, "puma", "dash", "busybox")
	d := recipetest.NewDeployPath(t, "")
	for _, release := range []string{"release-a", "release-b"} {
		shelltest.Write(t, filepath.Join(d.Dir, "releases", release), map[string]string{"config.ru": fmt.Sprintf(application, release)})
	}
	shelltest.Write(t, d.Dir, map[string]string{"puma.rb": fmt.Sprintf(
		"workers %[2]d\nthreads 1, 2\ndirectory '%[1]s/current'\nbind 'unix://%[1]s/sock'\npidfile '%[1]s/pid'\nstdout_redirect '%[1]s/out', '%[1]s/log'\n", d.Dir, workers)})
	recipetest.Start(t, d.Dir, "puma", "-C", filepath.Join(d.Dir, "puma.rb"))
	return d
}

// TestPhasedRestart replaces the workers of a real Puma under load: none of its requests fails. What does not boot, or cannot be replaced, is said.
func TestPhasedRestart(t *testing.T) {
	t.Parallel()
	d := newPuma(t, 2)
	client := recipetest.Visitor(t, filepath.Join(d.Dir, "sock"))
	recipetest.Eventually(t, "Puma answers", func() bool { return recipetest.Get(client, "/") == recipetest.Whole("release-a") })
	with := map[string]string{"pidfile": filepath.Join(d.Dir, "pid"), "wait": "60", "boot": "1"}
	restart := func(shell []string) shelltest.Outcome {
		return d.Step(t, shell, recipetest.Rendered(t, "puma/phased-restart", with))
	}
	l := recipetest.NewLoad(client, 2)
	for i, release := range []string{"release-b", "release-a", "release-b"} {
		l.More(t, 20)
		d.SwitchTo(t, release)
		restart(shelltest.Shells[i%2]).Expect(t, "restart to "+release, false, "")
		if got := recipetest.Get(client, "/"); got != recipetest.Whole(release) {
			t.Errorf("after the restart: %s", got)
		}
	}
	l.End(t)

	with["wait"] = "8"
	d.SwitchTo(t, "release-a")
	shelltest.Write(t, filepath.Join(d.Dir, "releases/release-a"), map[string]string{"config.ru": "no_such_table\n"})
	restart(shelltest.Shells[0]).Expect(t, "a release that does not boot", true, "does the new release boot?")
	d.Step(t, shelltest.Shells[1], recipetest.Logging(t, "puma/phased-restart", map[string]string{"pidfile": with["pidfile"], "log": filepath.Join(d.Dir, "out")})).Expect(t, "log", false, "Unable to start worker")
	d.Step(t, shelltest.Shells[0], recipetest.Stopping(t, "puma/phased-restart", with)).Expect(t, "stop", false, "")
	if d.Master("pid") != 0 {
		t.Error("Puma goes on")
	}
	restart(shelltest.Shells[1]).Expect(t, "nothing runs", true, "no Puma runs that")
}

// TestOneProcess: a Puma without workers has nothing to replace one after the other.
func TestOneProcess(t *testing.T) {
	t.Parallel()
	d := newPuma(t, 0)
	recipetest.Eventually(t, "Puma runs", func() bool { return d.Master("pid") != 0 })
	d.Step(t, shelltest.Shells[0], recipetest.Rendered(t, "puma/phased-restart", map[string]string{"pidfile": filepath.Join(d.Dir, "pid")})).
		Expect(t, "no workers", true, "this Puma has no workers")
}
