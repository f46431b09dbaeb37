//go:build long

package rollout_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway/slipway/internal/deploy"
)

// What shards have prepared outlives the end of an older run's deployment, and newer runs that fail: their prune takes what failed.
func TestOlderRunBetweenShardsAndRest(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	f.cfg.KeepReleases = 1
	f.cfg.Migrate = number(script(deploy.Migrate, "Migrate", `test -e "$SLIPWAY_SHARED_PATH/run/mended"`))
	fails := func(files map[string]string) {
		result, _ := f.deploy(t.Context(), files)
		wantEnd(t, result, deploy.ExitMigrate, deploy.OutcomeFailed)
	}
	fails(next)
	f.newRun()
	var prepared deploy.Result
	for n := range 2 {
		prepared, _ = f.job(part(n+1, 2)).deploy(t.Context(), good)
		wantEnd(t, prepared, deploy.ExitDone, deploy.OutcomePrepared)
	}
	whole := f.job(rest(2))
	for range 3 {
		fails(next)
	}
	f.touch("web1", "mended")
	f.touch("web2", "mended")
	f.runs = 1
	older, _ := f.again(2).deploy(t.Context(), next)
	wantEnd(t, older, deploy.ExitDone, deploy.OutcomeActivated)
	f.wantCurrent(older.Release)
	result, _ := whole.deploy(t.Context(), good)
	wantEnd(t, result, deploy.ExitDone, deploy.OutcomeActivated)
	f.wantCurrent(prepared.Release)
	if diff := cmp.Diff([]string{"web1", "web2"}, kept(result, "Upload")); diff != "" {
		t.Errorf("kept: %s", diff)
	}
}

// Nothing of a dead deployment is mended by a shard, which sees a part of it alone; the job that goes on mends it first.
func TestShardLeavesADeadDeployment(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	before, _ := f.deploy(t.Context(), good)
	dead := f.dieSwitched(next)
	wantEnd(t, dead, deploy.ExitInterrupted, deploy.OutcomeCancelled)
	f.newRun()
	files := map[string]string{"ok": "", "index.html": "v3"}
	prepared, _ := f.job(part(1, 2)).deploy(t.Context(), files)
	wantEnd(t, prepared, deploy.ExitDone, deploy.OutcomePrepared)
	f.wantCurrent(dead.Release)
	f.cfg.Migrate = number(script(deploy.Migrate, "See", `readlink "$SLIPWAY_CURRENT_PATH"`))
	whole, log := f.job(rest(2)).deploy(t.Context(), files)
	wantEnd(t, whole, deploy.ExitDone, deploy.OutcomeActivated)
	if diff := cmp.Diff([]string{"releases/" + string(before.Release)}, log.outputs("See", "web1")); diff != "" {
		t.Errorf("what migrate found live: %s", diff)
	}
	f.wantCurrent(prepared.Release)
}
