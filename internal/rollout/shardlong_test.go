//go:build long

package rollout_test

import (
	"context"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
)

// What a shard did not come to is done by the job that goes on; what it came to is kept.
func TestCancelledShard(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 4)
	f.cfg.Prepare = number(
		counted(deploy.Prepare, "First", "true"),
		counted(deploy.Prepare, "Slow", `test "$SLIPWAY_HOST" != web2 || test -e "$SLIPWAY_SHARED_PATH/run/mended" || sleep 60`),
	)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	f.when("web2", "shared/run/Slow", cancel)
	ended, _ := f.job(part(2, 2)).deploy(ctx, good)
	wantEnd(t, ended, deploy.ExitInterrupted, deploy.OutcomeCancelled)
	post := f.job(part(2, 2))
	post.runs++
	after, _ := post.post(t.Context())
	wantEnd(t, after, deploy.ExitDone, deploy.OutcomeReconciled)
	f.touch("web2", "mended")
	first, _ := f.job(part(1, 2)).deploy(t.Context(), good)
	wantEnd(t, first, deploy.ExitDone, deploy.OutcomePrepared)
	if first.Release != ended.Release {
		t.Errorf("release %s, the shard before named %s", first.Release, ended.Release)
	}

	whole, _ := f.job(rest(2)).deploy(t.Context(), good)
	wantEnd(t, whole, deploy.ExitDone, deploy.OutcomeActivated)
	f.wantCurrent(ended.Release)
	f.wantRan("First", map[string]int{"web1": 1, "web2": 1, "web3": 1, "web4": 1})
	f.wantRan("Slow", map[string]int{"web1": 1, "web2": 2, "web3": 1, "web4": f.ran("web4", "Slow")})
}
