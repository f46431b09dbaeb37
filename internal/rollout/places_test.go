package rollout_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
)

// A step has the only place for work until the lock on every host has given signs of life, also where there is no connection.
func TestLockLivesWithoutAConnection(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 4)
	f.places = 2
	f.opts.Lease = 4500 * time.Millisecond // a beat in every second
	seen := filepath.Join(t.TempDir(), "seen")
	long := script(deploy.Migrate, "Migrate", "while [ ! -e '"+seen+"' ]; do sleep 0.1; done")
	long.Once, long.Timeout = true, 45*time.Second
	f.cfg.Migrate = number(long)
	go func() {
		for host := range f.server {
			hear(t, filepath.Join(f.path(host), ".slipway/lock/1/heartbeat"), 3)
		}
		_ = os.WriteFile(seen, nil, 0o600)
	}()
	result, _ := f.deploy(t.Context(), good)
	wantEnd(t, result, deploy.ExitDone, deploy.OutcomeActivated)
}

// hear waits until a heartbeat was another so many times, or the test is over.
func hear(t *testing.T, file string, beats int) {
	t.Helper()
	last := ""
	for beats > 0 {
		if text, err := os.ReadFile(file); err == nil && string(text) != last {
			last = string(text)
			beats--
		}
		select {
		case <-t.Context().Done():
			return
		case <-time.After(50 * time.Millisecond):
		}
	}
}
