package rollout_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"slipway/internal/deploy"
)

// What is ensured stays while something is not undone: the schema may still be another than the live code's. Who undoes it takes that
// back after it.
func TestUndoThatFailsKeepsWhatIsEnsured(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	page := undoable("Page", "true")
	page.Phase = deploy.Ensure
	f.cfg.Ensure = number(page)
	migrate := undoable("Migrate", "false")
	migrate.Undo += `; test -e "$SLIPWAY_SHARED_PATH/run/mended"`
	migrate.Idempotent = true
	f.cfg.Migrate = number(migrate)
	result, _ := f.deploy(t.Context(), good)
	wantEnd(t, result, deploy.ExitPerson, deploy.OutcomePerson)
	f.wantWritten("web1", "do:Page", "do:Migrate", "undo:Migrate")
	if want := "not taken back: Page (on web1), since the undo of Migrate is not done; who goes on with that takes it back"; !slices.Contains(result.Warnings, want) {
		t.Errorf("warnings: %q", result.Warnings)
	}
	f.touch("web1", "mended")
	f.cfg.Migrate, f.cfg.Ensure = nil, nil
	after, _ := f.deploy(t.Context(), good)
	wantEnd(t, after, deploy.ExitDone, deploy.OutcomeActivated)
	f.wantWritten("web1", "undo:Migrate", "undo:Page", "restart")
}

// A deployment whose time is over right after migrate undoes, and runs the steps of on_failure, as one whose time is over in it.
func TestUndoWhereTheTimeEndsAfterMigrate(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1)
	first, _ := f.deploy(t.Context(), good)
	f.cfg.Migrate = number(undoable("Migrate", "true"))
	f.cfg.OnFailure = number(script(deploy.OnFailure, "Tell", `echo "tell $SLIPWAY_FAILED_PHASE" >> "$SLIPWAY_SHARED_PATH/run/log"`))
	f.written("web1")
	ctx, end := context.WithCancelCause(t.Context())
	defer end(nil)
	f.heard = func(event deploy.Event) {
		if done, ok := event.(deploy.StepDone); ok && done.Phase == deploy.Migrate {
			end(deploy.ErrTimeout)
		}
	}
	result, _ := f.deploy(ctx, next)
	wantEnd(t, result, deploy.ExitMigrate, deploy.OutcomeFailed)
	f.wantCurrent(first.Release)
	f.wantWritten("web1", "do:Migrate", "undo:Migrate", "tell:activate")
	if len(result.Errors) != 1 || !strings.Contains(result.Next.Text, "raise the deployment's `timeout`") {
		t.Errorf("%v; next: %s", result.Errors, result.Next.Text)
	}
}
