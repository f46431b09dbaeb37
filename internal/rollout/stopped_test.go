package rollout_test

import (
	"testing"

	"github.com/slipway/slipway/internal/deploy"
)

// A first deployment that died in its restart is ended by the post step: what it started is stopped while current still names its
// release, once.
func TestDeadFirstDeploymentIsStopped(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1)
	f.cfg.Activation[""].Restart[0].Stop = `readlink "$SLIPWAY_CURRENT_PATH" >>"$SLIPWAY_SHARED_PATH/run/stopped"`
	dead := f.dieSwitched(good)
	wantEnd(t, dead, deploy.ExitInterrupted, deploy.OutcomeCancelled)
	for range 2 {
		post, _ := f.post(t.Context())
		wantEnd(t, post, deploy.ExitDone, deploy.OutcomeReconciled)
		f.wantCurrent("")
		if got, want := f.read("web1", "shared/run/stopped"), "releases/"+string(dead.Release)+"\n"; got != want {
			t.Errorf("stopped while current named %q, want %q", got, want)
		}
	}
}
