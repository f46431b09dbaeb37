package rollout_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
)

// A deployment makes .slipway the deploy user's alone again where somebody opened it to others.
func TestExposedJournal(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	result, _ := f.deploy(t.Context(), good)
	wantEnd(t, result, deploy.ExitDone, deploy.OutcomeActivated)
	private := filepath.Join(f.path("web1"), ".slipway")
	if err := os.Chmod(private, 0o755); err != nil {
		t.Fatal(err)
	}
	result, _ = f.deploy(t.Context(), next)
	wantEnd(t, result, deploy.ExitDone, deploy.OutcomeActivated)
	if info, err := os.Stat(private); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info, err)
	}
}
