package rollout_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
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

// What an earlier attempt began is undone as well where this one did not come to it, or could not start it.
func TestUndoOfWhatAnEarlierAttemptBegan(t *testing.T) {
	t.Parallel()
	for name, fails := range map[string]string{"not started": "Migrate", "not come to": "Look"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t, 1)
			first, _ := f.deploy(t.Context(), good)
			look := script(deploy.Migrate, "Look", "true")
			look.Always = true
			f.cfg.Migrate = number(look, undoable("Migrate", "false"))
			f.written("web1")
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			f.heard = func(event deploy.Event) {
				if done, ok := event.(deploy.StepDone); ok && done.Step == "Migrate" {
					cancel() // its re-run goes on, so that nothing is undone
				}
			}
			dead, _ := f.deploy(ctx, next)
			wantEnd(t, dead, deploy.ExitInterrupted, deploy.OutcomeCancelled)
			f.wantWritten("web1", "do:Migrate")
			f.heard = nil
			if fails == "Look" {
				f.cfg.Migrate[0].Run = "false"
			} else { // something is in the way of the next try
				try := filepath.Join(f.path("web1"), ".slipway/deployments", string(dead.Deployment), "steps/migrate-2-migrate/do-2")
				if err := os.WriteFile(try, nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			again, _ := f.again(2).deploy(t.Context(), next)
			wantEnd(t, again, deploy.ExitMigrate, deploy.OutcomeFailed)
			f.wantCurrent(first.Release)
			f.wantWritten("web1", "undo:Migrate")
		})
	}
}
