package rollout_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway/slipway/internal/deploy"
)

// join brings a release to the hosts that lack it.
func TestJoin(t *testing.T) {
	t.Parallel()
	f := newBalanced(t, 3)
	old, _ := f.deploy(t.Context(), good)
	f.cfg.Rollout.FailureBudget = 1
	f.cfg.Prepare = number(counted(deploy.Prepare, "Build", `test "$SLIPWAY_HOST" != web3 || test -e "$SLIPWAY_SHARED_PATH/run/mended"`))
	once := counted(deploy.Migrate, "Migrate", "true")
	once.Once = true
	f.cfg.Migrate = number(once)
	short, _ := f.deploy(t.Context(), next)
	wantEnd(t, short, deploy.ExitFinish, deploy.OutcomeActivated)
	f.wantLive(short.Release, short.Release, old.Release)
	f.book()

	other, _ := f.join(t.Context(), good)
	wantEnd(t, other, deploy.ExitFailed, deploy.OutcomeFailed)
	if !strings.Contains(other.Errors[0].Error(), "the artifact is another one") {
		t.Errorf("%v", other.Errors)
	}
	f.touch("web3", "mended")
	joined, _ := f.join(t.Context(), next)
	wantEnd(t, joined, deploy.ExitDone, deploy.OutcomeActivated)
	f.wantLive(short.Release, short.Release, short.Release)
	f.wantBook(turnOf("web3"))
	if n := f.ran("web1", "Migrate") + f.ran("web3", "Migrate"); n != 1 || f.ran("web1", "Build") != 1 {
		t.Errorf("migrated %d times, built %d times on web1", n, f.ran("web1", "Build"))
	}
	again, _ := f.join(t.Context(), next)
	wantEnd(t, again, deploy.ExitDone, deploy.OutcomeUnchanged)
}

// A host that cannot join goes back alone; the others, and what they think of the release, stay.
func TestJoinFails(t *testing.T) {
	t.Parallel()
	f := newBalanced(t, 2)
	old, _ := f.deploy(t.Context(), good)
	every := f.cfg.Hosts
	f.cfg.Hosts = every[:1:1] // web2 was not there when the next release went live
	usual := f.cfg.Activation[""]
	usual.Drain = nil
	f.cfg.Activation[""] = usual
	live, _ := f.deploy(t.Context(), next)
	wantEnd(t, live, deploy.ExitDone, deploy.OutcomeActivated)
	f.cfg.Hosts = every
	f.cfg.Activation[""].Verify[0].Run.Run = `test "$SLIPWAY_HOST" != web2 || test "$(cat index.html)" = v1`
	failed, _ := f.join(t.Context(), next)
	wantEnd(t, failed, deploy.ExitUnwound, deploy.OutcomeUnwound)
	f.wantLive(live.Release, old.Release)
	if diff := cmp.Diff([]deploy.HostOutcome{"activated", "unwound"}, outcomes(failed)); diff != "" {
		t.Error(diff)
	}
	f.cfg.Activation[""].Verify[0].Run.Run = "true"
	joined, _ := f.join(t.Context(), next)
	wantEnd(t, joined, deploy.ExitDone, deploy.OutcomeActivated)
	f.wantLive(live.Release, live.Release)
}
