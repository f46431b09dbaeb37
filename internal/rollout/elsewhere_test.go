package rollout_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
)

// What is not undone on one host stops a deployment to the others alone, also where those have nothing to undo, and where they have undone it.
func TestLimitDoesNotGoPastAnUndoElsewhere(t *testing.T) {
	t.Parallel()
	testLimitPastAnUndo(t, false)
}

// testLimitPastAnUndo: the step is one of a single host, or of all; then the host that may be deployed to has undone it.
func testLimitPastAnUndo(t *testing.T, everywhere bool) {
	t.Helper()
	f := newFleet(t, 2)
	quiet := undoable("Quiet", "true")
	quiet.Undo += `; test "$SLIPWAY_HOST" != web1`
	quiet.Once = !everywhere
	f.cfg.Migrate = number(quiet, script(deploy.Migrate, "Look", "false"))
	failed, _ := f.deploy(t.Context(), good)
	wantEnd(t, failed, deploy.ExitPerson, deploy.OutcomePerson)
	f.written("web1")
	f.written("web2")

	f.cfg.Migrate = nil
	all := f.cfg.Hosts
	f.cfg.Hosts, f.cfg.Unlimited = all[1:], all
	limited, _ := f.deploy(t.Context(), good)
	wantEnd(t, limited, deploy.ExitPerson, deploy.OutcomePerson)
	f.wantWritten("web2")
	if len(limited.Errors) != 1 || limited.Errors[0].Host != "web1" || limited.Errors[0].Phase != deploy.Undo ||
		!strings.Contains(limited.Errors[0].Cause.Error(), string(failed.Deployment)) || !strings.Contains(limited.Errors[0].Hint, "without `limit`") {
		t.Errorf("%+v", limited.Errors)
	}

	f.cfg.Hosts, f.cfg.Unlimited = all, nil
	f.decide("web1", failed.Deployment, "undo Quiet", "done")
	after, _ := f.deploy(t.Context(), good)
	wantEnd(t, after, deploy.ExitDone, deploy.OutcomeActivated)
	f.cfg.Hosts, f.cfg.Unlimited = all[1:], all
	again, _ := f.deploy(t.Context(), next)
	wantEnd(t, again, deploy.ExitDone, deploy.OutcomeActivated)
}

// Where no host takes what is to be undone, no later command knows of it, and the end says so. The re-run undoes it if it fails again.
func TestUndoThatNoHostKeeps(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 3)
	journal := `"$SLIPWAY_DEPLOY_PATH/.slipway/deployments/$SLIPWAY_DEPLOYMENT/activation.jsonl"`
	quiet := undoable("Quiet", "mkdir "+journal)
	quiet.Once = false
	f.cfg.Migrate = number(quiet, script(deploy.Migrate, "Look", "false"))
	result, _ := f.deploy(t.Context(), good)
	wantEnd(t, result, deploy.ExitPerson, deploy.OutcomePerson)
	if want := "nothing is undone, since that could not be written down on any host: Quiet (on web1, web2, web3)"; !slices.Contains(result.Warnings, want) {
		t.Errorf("warnings: %q", result.Warnings)
	}
	if text := result.Next.Text; strings.Contains(text, "the next command goes on with it") || !strings.Contains(text, "A new run undoes none of it") {
		t.Error(text)
	}
	f.mended(result.Deployment)
	f.cfg.Migrate[1].Run = "exit 2"
	again, _ := f.again(2).deploy(t.Context(), good)
	wantEnd(t, again, deploy.ExitMigrate, deploy.OutcomeFailed)
	f.wantWritten("web2", "do:Quiet", "undo:Quiet")
}

// mended makes the journals of a deployment writable again where a step made them unwritable.
func (f *fleet) mended(id deploy.DeploymentID) {
	f.t.Helper()
	for _, host := range f.cfg.Hosts {
		if err := os.Remove(filepath.Join(host.DeployPath, ".slipway/deployments", string(id), "activation.jsonl")); err != nil {
			f.t.Fatal(err)
		}
	}
}
