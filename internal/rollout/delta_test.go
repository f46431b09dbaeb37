package rollout_test

import (
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
	hosts "github.com/slipway/slipway/internal/fleet"
	"github.com/slipway/slipway/internal/plan"
	"github.com/slipway/slipway/internal/sshtest"
)

// noise is text that does not compress below a half, of so many bytes.
func noise(seed byte, size int) string {
	text := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{seed}).Read(text) // never fails
	return string(text)
}

// heavy is a release whose upload is worth saving, with some files of another text.
func heavy(others ...string) map[string]string {
	files := map[string]string{"ok": "", "index.html": "v1", "static/one": noise(1, 150<<10), "static/two": noise(2, 150<<10)}
	for i := 0; i < len(others); i += 2 {
		files[others[i]] = others[i+1]
	}
	return files
}

// wantFiles fails unless the live release of a host holds these files.
func (f *fleet) wantFiles(host string, files map[string]string) {
	f.t.Helper()
	for name, text := range files {
		if got := f.read(host, "current/"+name); got != text {
			f.t.Errorf("%s: %s is %.40q, wanted %.40q", host, name, got, text)
		}
	}
}

// said is what a host's upload told, in one line.
func said(log *events, host string) string { return strings.Join(log.outputs("Upload", host), "; ") }

// asking counts how often a fleet's hosts are asked for manifests.
func (f *fleet) asking() *atomic.Int64 {
	var asked atomic.Int64
	allow := func(_ string, op sshtest.Operation) error {
		if op.Kind == sshtest.Taken && strings.Contains(op.Detail, "Prints the manifest of a release, and how those of others differ") {
			asked.Add(1)
		}
		return nil
	}
	f.before.Store(&allow)
	return &asked
}

// Hosts make a release of the one that they have; one of them is asked what that is. A host that has nothing gets all of it.
func TestDelta(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	first, log := f.deploy(t.Context(), heavy())
	wantEnd(t, first, deploy.ExitDone, deploy.OutcomeActivated)
	if text := said(log, "web1"); !strings.HasPrefix(text, "sent 30") || strings.Contains(text, "all of it") {
		t.Errorf("the first says %q", text)
	}
	f.add("web3", f.authorized)
	asked := f.asking()
	next := heavy("index.html", "v2", "moved/two", noise(2, 150<<10))
	delete(next, "static/two")
	second, log := f.deploy(t.Context(), next)
	wantEnd(t, second, deploy.ExitDone, deploy.OutcomeActivated)
	for _, host := range []string{"web1", "web2"} {
		if text := said(log, host); !strings.HasPrefix(text, "reused 3 files, sent ") || !strings.HasSuffix(text, " B, verified 307 kB") {
			t.Errorf("%s says %q", host, text)
		}
	}
	if text := said(log, "web3"); !strings.HasPrefix(text, "sent 31") {
		t.Errorf("web3 says %q", text)
	}
	if asked.Load() != 1 {
		t.Errorf("asked %d times for manifests", asked.Load())
	}
	for i, h := range second.Hosts {
		f.wantFiles(h.Host, next)
		if f.read(h.Host, "current/static/two") != "" {
			t.Errorf("%s has what is gone", h.Host)
		}
		if small := h.Traffic.Sent < 2000; small != (i < 2) || h.Traffic.Sent == 0 || (h.Traffic.Reused == 300<<10) != (i < 2) {
			t.Errorf("%s: %+v", h.Host, h.Traffic)
		}
	}
	if all := second.Traffic(); all.Reused != 600<<10 || all.Sent < 300<<10 {
		t.Errorf("together %+v", all)
	}
}

// A runner that has no room for a delta sends all of it.
func TestDeltaThatCannotBeMade(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1)
	_, _ = f.deploy(t.Context(), heavy())
	f.noDelta = syscall.ENOSPC
	next := heavy("index.html", "v2")
	second, log := f.deploy(t.Context(), next)
	wantEnd(t, second, deploy.ExitDone, deploy.OutcomeActivated)
	f.wantFiles("web1", next)
	if text := said(log, "web1"); !strings.HasPrefix(text, "all of it is sent: no delta could be made: no space left on device; sent 30") {
		t.Errorf("it says %q", text)
	}
}

// What was changed in place on a host is sent there, and to no other; where too much was, all of it is.
func TestDeltaWhereTheBaseIsSpoiled(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 3)
	first, _ := f.deploy(t.Context(), heavy())
	wantEnd(t, first, deploy.ExitDone, deploy.OutcomeActivated)
	spoil := func(host, name string) {
		if err := os.WriteFile(filepath.Join(f.path(host), "current", name), []byte("by hand"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	spoil("web2", "static/one")
	if err := os.RemoveAll(filepath.Join(f.path("web3"), ".slipway/releases", string(first.Release), "manifest/entries")); err != nil {
		t.Fatal(err)
	}
	next := heavy("index.html", "v2")
	second, log := f.deploy(t.Context(), next)
	wantEnd(t, second, deploy.ExitDone, deploy.OutcomeActivated)
	for host, words := range map[string][]string{
		"web1": {"reused 3 files, sent "},
		"web2": {"1 file of " + string(first.Release) + " changed on this host, and must be sent: \"static/one\"; reused 2 files, sent 155 kB"},
		"web3": {"all of it is sent: " + string(first.Release) + " on this host cannot be copied: ", "; sent 30"},
	} {
		f.wantFiles(host, next)
		for _, want := range words {
			if text := said(log, host); !strings.Contains(text, want) {
				t.Errorf("%s says %q, wanted %q", host, text, want)
			}
		}
	}
}

// What is shared is not in the releases that hosts have: it is sent, at once.
func TestDeltaBesideSharedFolders(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1)
	f.cfg.SharedDirs = append(f.cfg.SharedDirs, "media")
	_, _ = f.deploy(t.Context(), heavy("media/logo", "logo"))
	second, log := f.deploy(t.Context(), heavy("media/logo", "logo", "index.html", "v2"))
	wantEnd(t, second, deploy.ExitDone, deploy.OutcomeActivated)
	if text := said(log, "web1"); !strings.HasPrefix(text, "reused 3 files, sent ") {
		t.Errorf("it says %q", text)
	}
}

// Where no host says what it has, or the connection drops while it does, all is sent.
func TestDeltaWithoutManifests(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	first, _ := f.deploy(t.Context(), heavy())
	entries := func(host string) string {
		return filepath.Join(f.path(host), ".slipway/releases", string(first.Release), "manifest/entries")
	}
	err := os.Remove(entries("web1"))
	if err == nil {
		err = os.WriteFile(entries("web2"), []byte("f 644 ./another\n"), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	next := heavy("index.html", "v2")
	second, log := f.deploy(t.Context(), next)
	wantEnd(t, second, deploy.ExitDone, deploy.OutcomeActivated)
	for _, host := range slices.Sorted(maps.Keys(f.server)) {
		f.wantFiles(host, next)
		if text := said(log, host); !strings.HasPrefix(text, "all of it is sent: what the releases there hold could not be read: ") {
			t.Errorf("%s says %q", host, text)
		}
	}
}

// Another environment's release of the same content on the same machine is copied: where its records can be read not even the manifest
// is sent.
func TestDeltaOfAnotherEnvironment(t *testing.T) {
	t.Parallel()
	staging := newFleet(t, 1)
	first, _ := staging.deploy(t.Context(), heavy())
	wantEnd(t, first, deploy.ExitDone, deploy.OutcomeActivated)
	root := staging.path("web1")
	var sent []int64
	for range 2 {
		f := newFleet(t, 1)
		f.planned = func(p *plan.Plan, crew *hosts.Fleet) {
			p.Artifact.Nearby = []plan.Nearby{{
				Environment: "staging", Machine: crew.On("web1").Facts.Machine,
				Folder: filepath.Join(root, "releases", string(first.Release)), Records: filepath.Join(root, ".slipway/releases", string(first.Release)),
			}}
		}
		result, log := f.deploy(t.Context(), heavy())
		wantEnd(t, result, deploy.ExitDone, deploy.OutcomeActivated)
		if text := said(log, "web1"); !strings.HasPrefix(text, "reused 4 files of staging's release on this host, sent ") {
			t.Errorf("it says %q", text)
		}
		f.wantFiles("web1", heavy())
		sent = append(sent, result.Traffic().Sent)
		if err := os.Remove(filepath.Join(root, ".slipway/releases", string(first.Release), "manifest/entries")); err != nil && len(sent) == 1 {
			t.Fatal(err)
		}
	}
	if sent[0] == 0 || sent[0] >= sent[1] {
		t.Errorf("sent %d bytes, and %d with the manifest", sent[0], sent[1])
	}
}

// A delta that saves little is not worth what a host has to do for it.
func TestDeltaThatSavesLittle(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1)
	files := func(seed byte) map[string]string {
		return map[string]string{"ok": "", "same": noise(1, 50<<10), "other": noise(seed, 80<<10)}
	}
	_, _ = f.deploy(t.Context(), files(2))
	second, log := f.deploy(t.Context(), files(3))
	wantEnd(t, second, deploy.ExitDone, deploy.OutcomeActivated)
	if text := said(log, "web1"); !strings.HasPrefix(text, "all of it is sent: what differs is hardly smaller; sent 13") {
		t.Errorf("it says %q", text)
	}
	f.wantFiles("web1", files(3))
}
