//go:build long

package rollout_test

import (
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway/slipway/internal/deploy"
)

// The re-run takes an undone step for one that never ran, also where it moved in the deploy file since.
func TestUndoOfAStepThatMoved(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1)
	f.cfg.Migrate = number(undoable("Quiet", "true"), undoable("Migrate", "false"))
	f.cfg.Migrate[0].UndoneOnFailure = false
	first, _ := f.deploy(t.Context(), good)
	wantEnd(t, first, deploy.ExitMigrate, deploy.OutcomeFailed)
	f.cfg.Migrate = number(script(deploy.Migrate, "New", "true"), undoable("Quiet", "true"), undoable("Migrate", "false"))
	second, _ := f.again(2).deploy(t.Context(), good)
	wantEnd(t, second, deploy.ExitMigrate, deploy.OutcomeFailed)
	f.wantWritten("web1", "do:Quiet", "do:Migrate", "undo:Migrate", "do:Migrate", "undo:Migrate", "undo:Quiet")
	if diff := cmp.Diff([]string{"migrate-1-quiet/do-1/void", "migrate-2-migrate/do-1/void", "migrate-3-migrate/do-2/void"}, f.triesWith("web1", "do-*/void")); diff != "" {
		t.Error(diff)
	}
}

// The end of an undo that nobody saw is decided by a person; it is not run a second time by itself.
func TestUndoWhoseEndNobodySaw(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1)
	migrate := undoable("Migrate", "false")
	migrate.Undo += `; test -e "$SLIPWAY_SHARED_PATH/run/there" || { echo $$ > "$SLIPWAY_SHARED_PATH/run/there.new"; mv "$SLIPWAY_SHARED_PATH/run/there.new" "$SLIPWAY_SHARED_PATH/run/there"; exec sleep 60; }`
	f.cfg.Migrate = number(migrate)
	f.when("web1", "shared/run/there", func() {
		f.killWrapper("web1", "migrate-1-migrate/undo-1")
		if pid, err := strconv.Atoi(strings.TrimSpace(f.read("web1", "shared/run/there"))); err != nil || syscall.Kill(pid, syscall.SIGKILL) != nil {
			t.Errorf("the undo is not killed: %d, %v", pid, err)
		}
	})
	result, _ := f.deploy(t.Context(), good)
	wantEnd(t, result, deploy.ExitPerson, deploy.OutcomePerson)
	f.wantWritten("web1", "do:Migrate", "undo:Migrate")
	f.cfg.Migrate[0].Run = "true"
	for _, attempt := range []int{2, 3} {
		refused, _ := f.again(attempt).deploy(t.Context(), good)
		wantEnd(t, refused, deploy.ExitPerson, deploy.OutcomePerson)
		f.wantWritten("web1")
	}
	f.decide("web1", result.Deployment, "undo Migrate", "rerun")
	again, _ := f.again(4).deploy(t.Context(), good)
	wantEnd(t, again, deploy.ExitDone, deploy.OutcomeActivated)
	f.wantWritten("web1", "undo:Migrate", "restart")
}

// What nobody saw the end of is not taken back, nor what was done before it: it may still run.
func TestNoUndoOfWhatMayRun(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1)
	f.cfg.Migrate = number(undoable("Quiet", "true"), undoable("Migrate", `touch "$SLIPWAY_SHARED_PATH/run/there"; exec sleep 60`))
	f.when("web1", "shared/run/there", func() { f.killWrapper("web1", "migrate-2-migrate/do-1") })
	result, _ := f.deploy(t.Context(), good)
	wantEnd(t, result, deploy.ExitPerson, deploy.OutcomePerson)
	f.wantWritten("web1", "do:Quiet", "do:Migrate")
	want := "not undone: Migrate (on web1), Quiet (on web1), since nobody saw how Migrate ended on web1"
	if !slices.Contains(result.Warnings, want) {
		t.Errorf("warnings: %q", result.Warnings)
	}
	f.cfg.Migrate = number(script(deploy.Migrate, "Look", "false"), f.cfg.Migrate[0], f.cfg.Migrate[1])
	again, _ := f.again(2).deploy(t.Context(), good) // does not come to it
	wantEnd(t, again, deploy.ExitMigrate, deploy.OutcomeFailed)
	f.wantWritten("web1")
	if !slices.Contains(again.Warnings, want) {
		t.Errorf("warnings of the re-run: %q", again.Warnings)
	}
}

// What did not begin is not taken back.
func TestNoUndoOfWhatDidNotBegin(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	f.cfg.Migrate = number(undoable("Quiet", "false"), undoable("Migrate", "true"))
	result, _ := f.deploy(t.Context(), good)
	wantEnd(t, result, deploy.ExitMigrate, deploy.OutcomeFailed)
	f.wantWritten("web1", "do:Quiet", "undo:Quiet")
}

// An undo that failed keeps the journals open, also where the re-run put back what an earlier attempt had drained.
func TestUndoThatFailsAfterADrain(t *testing.T) {
	t.Parallel()
	f := newBalanced(t, 2)
	f.cfg.Activation[""].Drain[0].Role = "" // each host drains itself, so that drain and undo stand in one journal
	f.deploy(t.Context(), good)
	f.book()
	drain := f.cfg.Activation[""].Drain[0].Run
	f.cfg.Activation[""].Drain[0].Run += `; sleep 30`
	dead := f.killed(next, "out web1")
	wantEnd(t, dead, deploy.ExitInterrupted, deploy.OutcomeCancelled)
	f.cfg.Activation[""].Drain[0].Run = drain
	migrate := undoable("Migrate", "false")
	migrate.Undo = "false"
	f.cfg.Migrate = number(migrate)
	again, _ := f.again(2).deploy(t.Context(), next)
	wantEnd(t, again, deploy.ExitPerson, deploy.OutcomePerson)
	if got := f.book(); !strings.Contains(got, "in web1") {
		t.Errorf("not behind the balancer again: %s", got)
	}
	f.cfg.Migrate = nil
	other, _ := f.deploy(t.Context(), good)
	wantEnd(t, other, deploy.ExitPerson, deploy.OutcomePerson)
}

// What is to be undone is written down on hosts, too, that were left behind meanwhile.
func TestUndoOnAHostThatWasLeftBehind(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 3)
	first, _ := f.deploy(t.Context(), good)
	f.cfg.Rollout = deploy.Rollout{Batch: deploy.Portion{Count: 1}, FailureBudget: 1}
	quiet := undoable("Quiet", "true")
	quiet.Once = false
	f.cfg.Migrate = number(quiet)
	f.cfg.Activation[""].Verify[0].Run.Run = `test "$SLIPWAY_HOST" = web1`
	result, _ := f.deploy(t.Context(), next)
	wantEnd(t, result, deploy.ExitUnwound, deploy.OutcomeUnwound)
	f.wantCurrent(first.Release)
	for _, host := range f.cfg.Hosts {
		journal := f.read(host.Name, ".slipway/deployments/"+string(result.Deployment)+"/activation.jsonl")
		if intents := strings.Count(journal, `"what":"undo","state":"intent"`); intents != 1 || strings.Count(journal, `"what":"undo","state":"ok"`) != 1 {
			t.Errorf("%s: %d intents in %s", host.Name, intents, journal)
		}
	}
}

func TestLimitDoesNotGoPastAnUndoOfAllHosts(t *testing.T) {
	t.Parallel()
	testLimitPastAnUndo(t, true)
}

func TestUndoThatOtherHostsDoNotKnowOf(t *testing.T) {
	t.Parallel()
	for host, rerun := range map[string]bool{"web2": true, "web1": false} {
		t.Run(host, func(t *testing.T) {
			t.Parallel()
			testUndoThatSomeDoNotKnowOf(t, rerun, host)
		})
	}
}

func TestUndoThatFailsIsRunAgain(t *testing.T) {
	t.Parallel()
	testUndoThatFails(t, "rerun")
}
