//go:build long

package rollout_test

import (
	"encoding/hex"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/sshtest"
)

// A host that hangs when it is asked for old contents keeps no host waiting for longer than the delta takes, which is sent then.
func TestPatchWhereTheHostThatIsAskedHangs(t *testing.T) {
	t.Parallel()
	one := hex.Dump([]byte(noise(1, 40<<10)))
	f := newFleet(t, 3)
	_, _ = f.deploy(t.Context(), heavy("static/one", one))
	over := make(chan struct{})
	t.Cleanup(func() { close(over) })
	var asked atomic.Int64
	hang := func(_ string, op sshtest.Operation) error {
		if op.Kind == sshtest.Taken && strings.Contains(op.Detail, "Prints files of a release, up to a hundred at a time") {
			asked.Add(1)
			<-over
		}
		return nil
	}
	f.before.Store(&hang)
	next := heavy("static/one", one+"v2")
	second, log := f.deploy(t.Context(), next)
	wantEnd(t, second, deploy.ExitDone, deploy.OutcomeActivated)
	for _, h := range second.Hosts {
		f.wantFiles(h.Host, next)
		if text := said(log, h.Host); h.Traffic.Patched != 0 || !strings.HasPrefix(text, "reused 3 files, sent ") {
			t.Errorf("%s: %+v, and says %q", h.Host, h.Traffic, text)
		}
	}
	if asked.Load() != 1 {
		t.Errorf("%d hosts were asked for old contents", asked.Load())
	}
}
