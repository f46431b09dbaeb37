package stage_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/artifact/content"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/releasetest"
	"github.com/slipway/slipway/internal/release/stage"
)

// held is an operation on a host that waits at a place in its script.
type held struct {
	t         *testing.T
	there, on string // files: it has got there, it may go on
	ended     chan error
}

// hold runs an operation as far as a place in its script.
func hold(t *testing.T, host *releasetest.Host, name, at string, op release.Operation) *held {
	t.Helper()
	h := &held{t: t, there: filepath.Join(host.Home, name+" there"), on: filepath.Join(host.Home, name+" on"), ended: make(chan error, 1)}
	own := *host
	own.Patch = func(script string) string {
		patched := strings.Replace(script, at, "true >'"+h.there+"'; while [ ! -e '"+h.on+"' ]; do sleep 0.1; done\n"+at, 1)
		if patched == script {
			t.Errorf("the script has no %q", at)
		}
		return patched
	}
	go func() { h.ended <- release.Run(t.Context(), &own, op) }()
	for {
		if _, err := os.Stat(h.there); err == nil {
			return h
		}
		select {
		case err := <-h.ended:
			t.Fatalf("%s has ended: %v", name, err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// goOn lets it run to its end.
func (h *held) goOn() error {
	h.t.Helper()
	must(h.t, os.WriteFile(h.on, nil, 0o600))
	return <-h.ended
}

// A try whose link was lost has all that it needs to go on. Wherever it is while the next one is at work, what lies there is never half a
// release, the next one makes it, and nothing else is left.
func TestTwoTriesAtOnce(t *testing.T) {
	for name, at := range map[string]string{
		"before it copies":       "[ -z \"$base\" ] || copy_members",
		"before it verifies":     "\ncheck_members\n",
		"once it has verified":   "fence :\nmv \"$incoming/manifest\"",
		"with the manifest kept": "mv \"$incoming/tree\"",
		"before the mark":        "true >\"$records/staged\"",
	} {
		t.Run(name, func(t *testing.T) {
			releasetest.Either(t, func(t *testing.T, host *releasetest.Host) {
				a := built(t, site)
				open(t, host)
				stagedAs(t, host, baseID, a)
				delta, err := a.Delta(t.Context(), content.NewReuse(a.Manifest(), a.Manifest(), nil), "gzip")
				must(t, err)
				base := stage.Base{Folder: host.Site.Release(baseID), Records: host.Site.Records(baseID)}
				op := func() release.Operation {
					return stage.Copy(host.Site, releaseID, delta, base, new([]string), nil)
				}
				lost := hold(t, host, "first", at, op())
				next := hold(t, host, "second", "[ -z \"$base\" ] || copy_members", op())
				_ = lost.goOn() // nobody hears how it ends
				_, isMarked := os.Stat(host.Site.Records(releaseID) + "/staged")
				if _, err := os.Stat(host.Site.Release(releaseID)); err == nil && isMarked == nil {
					t.Error("the first has marked what the second is at work on")
				}
				must(t, next.goOn())
				wantLike(t, host, a)
			})
		})
	}
}

// The next try may die while it removes what the first has made: that must not be marked by then, nor be marked any more.
func TestKilledWhileItRemoves(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		open(t, host)
		upload := stage.Upload(host.Site, releaseID, pack(t, "gzip", site, nil), nil)
		lost := hold(t, host, "first", "true >\"$records/staged\"", upload)
		dying := *host
		dying.Patch = func(script string) string {
			return strings.Replace(script, "remove \"$left\"", "[ \"$left\" != \"releases/$id\" ] || { rm \"$left/index.html\" && exit 1; }; remove \"$left\"", 1)
		}
		if err := release.Run(t.Context(), &dying, upload); err == nil {
			t.Error("the next try has not died")
		}
		_ = lost.goOn() // nobody hears how it ends
		_, isMarked := os.Stat(host.Site.Records(releaseID) + "/staged")
		if _, err := os.Stat(host.Site.Release(releaseID) + "/bin"); err != nil || isMarked == nil {
			t.Errorf("half a release is marked: %v, %v", err, isMarked)
		}
		must(t, release.Run(t.Context(), host, upload))
		if _, err := os.Stat(host.Site.Release(releaseID) + "/index.html"); err != nil {
			t.Error(err)
		}
	})
}

// A try that goes on may write into what is removed.
func TestLeftoversThatGrow(t *testing.T) {
	for name, c := range map[string]struct {
		says  string
		until string // a condition: it is removed then
		fails bool
	}{
		"once":               {"Directory not empty", "[ -e \"$HOME/tried\" ]", false},
		"without end":        {"Directory not empty", "false", true},
		"for want of rights": {"Permission denied", "[ -e \"$HOME/tried\" ]", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			host := releasetest.NewHost(t, "dash")
			open(t, host)
			put(t, host.Site.Records(releaseID)+"/incoming-other/tree/file", "x")
			rm, err := exec.LookPath("rm")
			must(t, err)
			for program, stub := range map[string]string{
				"sleep": "", "rm": "! " + c.until + " || exec " + rm + " \"$@\"\ntrue >\"$HOME/tried\"\necho 'rm: tree: " + c.says + "' >&2\nexit 1",
			} {
				path := filepath.Join(host.Path, program)
				must(t, errors.Join(os.Remove(path), os.WriteFile(path, []byte("#!/bin/sh\n"+stub+"\n"), 0o755)))
			}
			err = release.Run(t.Context(), host, stage.Upload(host.Site, releaseID, pack(t, "gzip", site, nil), nil))
			if (err != nil) != c.fails || c.fails && !strings.Contains(err.Error(), "leftovers of an earlier attempt cannot be removed: rm: tree: "+c.says) {
				t.Errorf("got %v", err)
			}
		})
	}
}
