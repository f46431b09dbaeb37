package rollout_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
)

// patching gives a fleet's deployments the old contents of some files, over a link on which any patch pays. It counts how often they are
// asked for.
func (f *fleet) patching(old map[string]string) *atomic.Int64 {
	var asked atomic.Int64
	f.opts.Bandwidth = 10_000
	f.opts.Old = func(_ context.Context, _ deploy.Digest, paths []string, _ int64) map[string][]byte {
		asked.Add(1)
		found := map[string][]byte{}
		for _, path := range paths {
			if text, ok := old[path]; ok {
				found[path] = []byte(text)
			}
		}
		return found
	}
	return &asked
}

// Of a file that changed only what differs is sent, made once for all hosts; where the host has another file it is sent whole.
func TestPatch(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 3)
	first, _ := f.deploy(t.Context(), heavy())
	wantEnd(t, first, deploy.ExitDone, deploy.OutcomeActivated)
	asked := f.patching(heavy())
	name := filepath.Join(f.path("web2"), "current/static/one")
	if err := os.WriteFile(name, []byte("by hand"), 0o600); err != nil {
		t.Fatal(err)
	}
	next := heavy("static/one", "v2"+noise(1, 150<<10))
	second, log := f.deploy(t.Context(), next)
	wantEnd(t, second, deploy.ExitDone, deploy.OutcomeActivated)
	for i, h := range second.Hosts {
		f.wantFiles(h.Host, next)
		spoiled := h.Host == "web2"
		want := deploy.Traffic{Sent: h.Traffic.Sent, Reused: 150<<10 + 2, Patched: 1}
		text := "reused 3 files, patched 1, sent "
		if spoiled {
			want.Patched, text = 0, "1 file sent without a patch: files of "
		}
		if small := h.Traffic.Sent < 3000; h.Traffic != want || small == spoiled || !strings.HasPrefix(said(log, h.Host), text) {
			t.Errorf("host %d: %+v, and says %q", i, h.Traffic, said(log, h.Host))
		}
	}
	if asked.Load() != 1 {
		t.Errorf("old contents were asked for %d times", asked.Load())
	}
}

// A file that was renamed is patched, too: by a bundler, with the folder of its version.
func TestPatchOfRenamedFiles(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1)
	release := func(version, change string) map[string]string {
		return heavy("static-"+version+"/lib.js", noise(3, 75<<10)+change, "js/app."+version+"f.js", noise(4, 75<<10)+change)
	}
	_, _ = f.deploy(t.Context(), release("1.2", ""))
	f.patching(release("1.2", ""))
	second, log := f.deploy(t.Context(), release("1.3", "v2"))
	wantEnd(t, second, deploy.ExitDone, deploy.OutcomeActivated)
	f.wantFiles("web1", release("1.3", "v2"))
	if text := said(log, "web1"); !strings.HasPrefix(text, "reused 4 files, patched 2, sent ") || second.Traffic().Sent > 3000 {
		t.Errorf("it says %q: %+v", text, second.Traffic())
	}
}

// A base of which hardly anything is the same does where what changed is patched: a program and little else.
func TestPatchOfAProgram(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1)
	program := func(change string) map[string]string {
		return map[string]string{"ok": "", "bin/server": noise(1, 150<<10) + change}
	}
	_, _ = f.deploy(t.Context(), program(""))
	f.patching(program(""))
	second, log := f.deploy(t.Context(), program("v2"))
	wantEnd(t, second, deploy.ExitDone, deploy.OutcomeActivated)
	f.wantFiles("web1", program("v2"))
	if text := said(log, "web1"); !strings.HasPrefix(text, "reused 1 file, patched 1, sent ") {
		t.Errorf("it says %q", text)
	}
	f.opts.Old = nil
	third, log := f.deploy(t.Context(), program("v3"))
	wantEnd(t, third, deploy.ExitDone, deploy.OutcomeActivated)
	if text := said(log, "web1"); !strings.HasPrefix(text, "all of it is sent: ") {
		t.Errorf("without old contents it says %q", text)
	}
}

// Where nobody has the old contents after all, the delta is sent.
func TestPatchWithoutOldContents(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1)
	_, _ = f.deploy(t.Context(), heavy())
	asked := f.patching(nil)
	second, log := f.deploy(t.Context(), heavy("static/one", "v2"+noise(1, 150<<10)))
	wantEnd(t, second, deploy.ExitDone, deploy.OutcomeActivated)
	if text := said(log, "web1"); !strings.HasPrefix(text, "reused 3 files, sent 15") || asked.Load() != 1 {
		t.Errorf("it says %q, and old contents were asked for %d times", text, asked.Load())
	}
}
