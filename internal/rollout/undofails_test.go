package rollout_test

import (
	"slices"
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
