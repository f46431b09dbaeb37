//go:build long

package rollout_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/slipway/slipway/internal/artifact"
	"github.com/slipway/slipway/internal/artifact/content"
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

// The base is the release with the most in common, also where another one is live.
func TestDeltaOfTheBestBase(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	_, _ = f.deploy(t.Context(), heavy())
	other, _ := f.deploy(t.Context(), map[string]string{"ok": "", "index.html": "v2", "static/three": noise(3, 150<<10)})
	wantEnd(t, other, deploy.ExitDone, deploy.OutcomeActivated)
	next := heavy("index.html", "v3")
	third, log := f.deploy(t.Context(), next)
	wantEnd(t, third, deploy.ExitDone, deploy.OutcomeActivated)
	for _, host := range []string{"web1", "web2"} {
		f.wantFiles(host, next)
		if text := said(log, host); !strings.HasPrefix(text, "reused 3 files, sent ") {
			t.Errorf("%s says %q", host, text)
		}
	}
	foreign, log := f.deploy(t.Context(), map[string]string{"ok": "", "static/four": noise(4, 150<<10)})
	wantEnd(t, foreign, deploy.ExitDone, deploy.OutcomeActivated)
	if text := said(log, "web1"); !strings.HasPrefix(text, "all of it is sent: ") || !strings.Contains(text, " has 0 B of its 154 kB; sent 15") {
		t.Errorf("it says %q", text)
	}
}

// What is known of what hosts have is not asked of them; the rest is.
func TestDeltaOfKnownManifests(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	first, _ := f.deploy(t.Context(), heavy())
	wantEnd(t, first, deploy.ExitDone, deploy.OutcomeActivated)
	name := filepath.Join(t.TempDir(), "first.tar")
	if err := os.WriteFile(name, tarball(t, heavy()), 0o600); err != nil {
		t.Fatal(err)
	}
	known, err := artifact.Open(t.Context(), name, artifact.Options{TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer known.Close()
	sought := 0
	f.opts.Known = func(digest deploy.Digest) (content.Manifest, bool) {
		sought++
		return known.Manifest(), digest == known.Content()
	}
	asked := f.asking()
	second, log := f.deploy(t.Context(), heavy("index.html", "v2"))
	wantEnd(t, second, deploy.ExitDone, deploy.OutcomeActivated)
	for _, host := range []string{"web1", "web2"} {
		f.wantFiles(host, heavy("index.html", "v2"))
		if text := said(log, host); !strings.HasPrefix(text, "reused 3 files, sent ") {
			t.Errorf("%s says %q", host, text)
		}
	}
	if asked.Load() != 0 || sought != 1 {
		t.Errorf("asked %d times for manifests, looked %d times for a known one", asked.Load(), sought)
	}
	third, _ := f.deploy(t.Context(), heavy("index.html", "v3"))
	wantEnd(t, third, deploy.ExitDone, deploy.OutcomeActivated)
	if asked.Load() != 1 || sought != 3 {
		t.Errorf("with an unknown one asked %d times for manifests, looked %d times", asked.Load(), sought)
	}
}
