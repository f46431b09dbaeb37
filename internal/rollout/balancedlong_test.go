//go:build long

package rollout_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway/slipway/internal/deploy"
)

func TestFailureBudgetOfFour(t *testing.T) {
	t.Parallel()
	testFailureBudget(t, 4)
}

func TestFailureBudgetInActivateOfFour(t *testing.T) {
	t.Parallel()
	testFailureBudgetInActivate(t, 4)
}

func TestCanaryOfThreeIsWatched(t *testing.T) {
	t.Parallel()
	testCanaryIsWatched(t, 3)
}

func TestUnwindGoesBackBatchByBatch(t *testing.T) {
	t.Parallel()
	f := newBalanced(t, 4)
	first, _ := f.deploy(t.Context(), good)
	f.book()
	f.cfg.Activation[""].Verify[0].Run.Run = `test -e ok || test "$SLIPWAY_HOST" != web3`
	result, _ := f.deploy(t.Context(), bad)
	wantEnd(t, result, deploy.ExitUnwound, deploy.OutcomeUnwound)
	f.wantLive(first.Release, first.Release, first.Release, first.Release)
	f.wantBook(turnOf("web1") + ", " + turnOf("web2") + ", out web3, restart web3, " +
		"restart web3, in web3, " + turnOf("web2") + ", " + turnOf("web1"))
	if diff := cmp.Diff([]deploy.HostOutcome{"unwound", "unwound", "unwound", "unchanged"}, outcomes(result)); diff != "" {
		t.Error(diff)
	}
}

// A host that takes itself out of its balancer does so in each attempt that goes on without it.
func TestMissingHostDrainsItself(t *testing.T) {
	t.Parallel()
	f := newBalanced(t, 3)
	f.cfg.Activation[""].Drain[0].Role = ""
	f.cfg.Activation[""].Drain[0].Run = `echo "out $SLIPWAY_TARGET" >> "$BOOK"`
	f.cfg.Activation[""].Drain[0].Undo = `echo "in $SLIPWAY_TARGET" >> "$BOOK"`
	f.deploy(t.Context(), good)
	f.book()
	f.cfg.Rollout.FailureBudget = 1
	f.cfg.Prepare = number(script(deploy.Prepare, "Build", `test "$SLIPWAY_HOST" != web3`))
	short, _ := f.deploy(t.Context(), next)
	wantEnd(t, short, deploy.ExitFinish, deploy.OutcomeActivated)
	f.wantBook("out web3, " + turnOf("web1") + ", " + turnOf("web2"))
	again, _ := f.again(2).deploy(t.Context(), next)
	wantEnd(t, again, deploy.ExitFinish, deploy.OutcomeActivated)
	f.wantBook("out web3")
}

func TestFailureBudgetIsSpentOnce(t *testing.T) {
	t.Parallel()
	f := newBalanced(t, 4)
	first, _ := f.deploy(t.Context(), good)
	f.book()
	f.cfg.Rollout.FailureBudget = 1
	f.cfg.Prepare = number(script(deploy.Prepare, "Build", `test "$SLIPWAY_HOST" != web3`))
	f.cfg.Activation[""].Verify[0].Run.Run = `test -e ok || test "$SLIPWAY_HOST" != web2`
	result, _ := f.deploy(t.Context(), bad)
	wantEnd(t, result, deploy.ExitUnwound, deploy.OutcomeUnwound)
	f.wantLive(first.Release, first.Release, first.Release, first.Release)
	if got := f.book(); !strings.Contains(got, "in web3") || !strings.Contains(got, "in web2") {
		t.Errorf("still drained: %s", got)
	}
}

// A host that a dead attempt drained is put back also where the attempt after it does not come to that host.
func TestDrainedByADeadAttempt(t *testing.T) {
	t.Parallel()
	f := newBalanced(t, 2)
	first, _ := f.deploy(t.Context(), good)
	f.book()
	usual := f.cfg.Activation[""]
	slow := usual
	slow.Drain = slices.Clone(usual.Drain)
	slow.Drain[0].Run += "; sleep 30"
	dieDrained := func() {
		t.Helper()
		f.cfg.Activation[""] = slow
		dead := f.killed(next, "out web1")
		wantEnd(t, dead, deploy.ExitInterrupted, deploy.OutcomeCancelled)
		f.cfg.Activation[""] = usual
		f.wantLive(first.Release, first.Release)
		f.wantBook("out web1")
	}
	dieDrained()
	f.cfg.Prepare = number(script(deploy.Prepare, "Stop here", "exit 1"))
	failed, _ := f.again(2).deploy(t.Context(), next)
	wantEnd(t, failed, deploy.ExitFailed, deploy.OutcomeFailed)
	f.wantBook("in web1")
	f.cfg.Prepare = nil

	dieDrained()
	straight := usual
	straight.Drain = nil // the deploy file does not know of balancers any more
	f.cfg.Activation[""] = straight
	result, _ := f.again(2).deploy(t.Context(), next)
	wantEnd(t, result, deploy.ExitDone, deploy.OutcomeActivated)
	f.wantLive(result.Release, result.Release)
	f.wantBook("restart web1, restart web2, in web1")
}
