//go:build long

package rollout_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/sshtest"
)

// A link that drops while a host makes a release of another one, or says what that holds, is made again.
func TestDeltaOverDroppedLinks(t *testing.T) {
	t.Parallel()
	for name, words := range map[string]string{"making": "Unpacks a release from standard input", "asking": "Prints the manifest of a release"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t, 2)
			_, _ = f.deploy(t.Context(), heavy())
			var dropped atomic.Int64
			f.during("web1", words, 2, func(sshtest.Operation) error { dropped.Add(1); return context.Canceled })
			next := heavy("index.html", "v2")
			second, log := f.deploy(t.Context(), next)
			wantEnd(t, second, deploy.ExitDone, deploy.OutcomeActivated)
			if text := said(log, "web1"); dropped.Load() != 2 || !strings.HasPrefix(text, "reused 3 files, sent ") {
				t.Errorf("dropped %d times: %q", dropped.Load(), text)
			}
			f.wantFiles("web1", next)
		})
	}
}
