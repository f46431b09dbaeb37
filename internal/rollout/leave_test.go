package rollout_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
)

// locked are the hosts whose lock nobody gave back.
func (f *fleet) locked() []string {
	f.t.Helper()
	var hosts []string
	for _, host := range f.cfg.Hosts {
		generations, err := filepath.Glob(filepath.Join(host.DeployPath, ".slipway/lock/?"))
		if err != nil {
			f.t.Fatal(err)
		}
		if len(generations) == 0 {
			continue
		}
		if _, err := os.Stat(filepath.Join(slices.Max(generations), "released")); err != nil {
			hosts = append(hosts, host.Name)
		}
	}
	return hosts
}

// A migration that a cancelled attempt left to finish keeps its host's lock, past the post step and past an attempt that
// is refused; the next attempt joins it.
func TestLeftMigrationKeepsTheLock(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	once := counted(deploy.Migrate, "Migrate", untilMended)
	once.Once, once.FinishFirst = true, true
	f.cfg.Migrate = number(once)
	f.cfg.Migrate[0].Timeout = time.Minute
	t.Cleanup(func() { f.touch("web1", "mended") })
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		for ctx.Err() == nil {
			if _, err := os.Stat(filepath.Join(f.path("web1"), "shared/run/Migrate")); err == nil {
				cancel()
			}
			pauseFor(ctx, 10*time.Millisecond)
		}
	}()
	dead, _ := f.deploy(ctx, good)
	wantEnd(t, dead, deploy.ExitInterrupted, deploy.OutcomeCancelled)
	wantLocked := func(after string, want ...string) {
		t.Helper()
		if got := f.locked(); !slices.Equal(got, want) {
			t.Errorf("after %s the lock is held on %q, want %q", after, got, want)
		}
	}
	wantLocked("the cancelled attempt", "web1")

	post, _ := f.post(t.Context())
	wantEnd(t, post, deploy.ExitDone, deploy.OutcomeReconciled)
	if !strings.Contains(post.Next.Text, "web1") {
		t.Errorf("next: %q", post.Next)
	}
	wantLocked("the post step", "web1")

	f.touch("web1", "mended")
	result, _ := f.again(2).deploy(t.Context(), good)
	wantEnd(t, result, deploy.ExitDone, deploy.OutcomeActivated)
	if n := f.ran("web1", "Migrate"); n != 1 {
		t.Errorf("migrated %d times", n)
	}
	wantLocked("the next attempt")
}

func pauseFor(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
