package prune_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release/releasetest"
)

func id(n string) deploy.ReleaseID {
	return deploy.ReleaseID("2026112" + n + "-073000-1a2b3c4-9f3c51")
}

func put(t *testing.T, host *releasetest.Host, paths ...string) {
	t.Helper()
	for _, p := range paths {
		p = filepath.Join(host.Site.Root, p)
		if err := errors.Join(os.MkdirAll(filepath.Dir(p), 0o755), os.WriteFile(p, []byte("x"), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
}

func exists(host *releasetest.Host, path string) bool {
	_, err := os.Lstat(filepath.Join(host.Site.Root, path))
	return err == nil
}

// released makes a release with its records and secrets.
func released(t *testing.T, host *releasetest.Host, ids ...deploy.ReleaseID) {
	t.Helper()
	for _, id := range ids {
		put(t, host, "releases/"+string(id)+"/deep/file", ".slipway/releases/"+string(id)+"/staged", ".slipway/secrets/"+string(id)+"/.env")
	}
}

// Whoever loses the lock meanwhile takes nothing more away.
func TestLockIsLostMeanwhile(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		released(t, host, id("1"), id("2"))
		host.Patch = func(script string) string {
			return "looks=0\nfence() { looks=$((looks + 1)); [ \"$looks\" -lt 2 ] || exit 79; }\n" + script
		}
		if _, err := releasetest.Prune(t.Context(), host, host.Site, nil); err == nil {
			t.Error("no error")
		}
		if exists(host, "releases/"+string(id("1"))) || !exists(host, "releases/"+string(id("2"))) || !exists(host, ".slipway/releases/"+string(id("2"))+"/staged") {
			t.Error("the first is not gone, or the second is not whole")
		}
	})
}

// Each release is a sign of life: deleting many takes longer than a lock is held for.
func TestSignsOfLife(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		released(t, host, id("1"), id("2"), id("3"))
		put(t, host, "releases/.pruned-"+string(id("0"))+"/file")
		host.Patch = func(script string) string { return `lock_beat() { echo "$1" >>"$HOME/beats"; }` + "\n" + script }
		if _, err := releasetest.Prune(t.Context(), host, host.Site, nil); err != nil {
			t.Fatal(err)
		}
		if beats, err := os.ReadFile(filepath.Join(host.Home, "beats")); strings.Count(string(beats), "prune\n") != 4 {
			t.Errorf("%q, %v", beats, err)
		}
	})
}

func TestRun(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		released(t, host, id("1"), id("2"), id("3"), id("4"), id("5"))
		others := []string{
			"releases/20191231235959/index.php", "releases/notes.txt", "releases/20261121-073000-1a2b3c4-9f3c51.bak/x",
			"releases/20261121-073000-1A2B3C4-9F3C51/x", "shared/media/x", ".slipway/releases/other/x",
		}
		put(t, host, others...)
		if err := errors.Join(
			os.Symlink("releases/"+string(id("5"))+"/", host.Site.Current()),
			os.Symlink(host.Site.Release(id("4"))+"/public", host.Site.Root+"/previous"),
			os.Symlink("../shared/media", host.Site.Release(id("1"))+"/media"),
		); err != nil {
			t.Fatal(err)
		}
		removed, err := releasetest.Prune(t.Context(), host, host.Site, []deploy.ReleaseID{id("3"), id("9")})
		if want := []deploy.ReleaseID{id("1"), id("2")}; err != nil || !slices.Equal(removed, want) {
			t.Errorf("removed %q, %v; want %q", removed, err, want)
		}
		for n, kept := range map[string]bool{"1": false, "2": false, "3": true, "4": true, "5": true} {
			for _, path := range []string{"releases/", ".slipway/releases/", ".slipway/secrets/"} {
				if got := exists(host, path+string(id(n))); got != kept {
					t.Errorf("%s of %s: there is %t, want %t", path, n, got, kept)
				}
			}
		}
		for _, path := range others {
			if !exists(host, path) {
				t.Errorf("%s is gone", path)
			}
		}
		if removed, err := releasetest.Prune(t.Context(), host, host.Site, []deploy.ReleaseID{id("3")}); err != nil || len(removed) > 0 {
			t.Errorf("a second time: %q, %v", removed, err)
		}
	})
}

func TestReadOnlyFolders(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		released(t, host, id("1"))
		deep := host.Site.Release(id("1")) + "/deep"
		outside := filepath.Join(host.Home, "outside")
		if err := errors.Join(os.Mkdir(outside, 0o500), os.Symlink(outside, deep+"/link"), os.Chmod(deep, 0o500)); err != nil {
			t.Fatal(err)
		}
		// The superuser's rm would not mind the folder.
		host.Patch = func(script string) string {
			return `rm() { case "$*" in *releases/.pruned-*) [ "$(stat -c %a releases/.pruned-*/deep 2>/dev/null)" != 500 ] || return 1 ;; esac; command rm "$@"; }` + "\n" + script
		}
		removed, err := releasetest.Prune(t.Context(), host, host.Site, nil)
		if err != nil || !slices.Equal(removed, []deploy.ReleaseID{id("1")}) || exists(host, "releases/"+string(id("1"))) {
			t.Errorf("%q, %v", removed, err)
		}
		if info, err := os.Stat(outside); err != nil || info.Mode().Perm() != 0o500 {
			t.Errorf("a folder behind a link became %v, %v", info.Mode(), err)
		}
	})
}

func TestLeftovers(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		released(t, host, id("1"))
		put(t, host,
			".slipway/releases/"+string(id("2"))+"/incoming-a1/tree/x", ".slipway/releases/"+string(id("3"))+"/incoming-b2/tree/x",
			".slipway/secrets/"+string(id("4"))+"/.env", ".switch-old/current", ".switch-new/current")
		old := time.Now().Add(-49 * time.Hour)
		put(t, host, ".slipway/pulled/0a")
		if err := errors.Join(os.Chtimes(host.Site.Root+"/.switch-old", old, old), os.Chtimes(host.Site.Root+"/.slipway/pulled", old, old)); err != nil {
			t.Fatal(err)
		}
		removed, err := releasetest.Prune(t.Context(), host, host.Site, []deploy.ReleaseID{id("1"), id("3")})
		if err != nil || len(removed) > 0 {
			t.Errorf("%q, %v", removed, err)
		}
		for path, kept := range map[string]bool{
			".slipway/releases/" + string(id("2")): false, ".slipway/releases/" + string(id("3")): true,
			".slipway/secrets/" + string(id("4")): false, ".switch-old": false, ".switch-new": true, ".slipway/pulled": false, "releases/" + string(id("1")): true,
		} {
			if got := exists(host, path); got != kept {
				t.Errorf("%s: there is %t, want %t", path, got, kept)
			}
		}
	})
}

// What cannot be removed is named, the rest is removed, and what is left of it is no release any more.
func TestGoesOn(t *testing.T) {
	if os.Getuid() == 0 {
		t.Log("as root only a mount could be in the way: the host's rm fails instead")
	}
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		released(t, host, id("1"), id("2"))
		host.Patch = func(script string) string {
			return `rm() { case "$*" in *releases/.pruned-` + string(id("1")) + `) echo busy >&2; return 1 ;; esac; command rm "$@"; }` + "\n" + script
		}
		removed, err := releasetest.Prune(t.Context(), host, host.Site, nil)
		if !slices.Equal(removed, []deploy.ReleaseID{id("2")}) || err == nil || !strings.Contains(err.Error(), "releases/.pruned-"+string(id("1"))+" cannot be removed: busy") {
			t.Errorf("%q, %v", removed, err)
		}
		if exists(host, ".slipway/releases/"+string(id("1"))+"/staged") || exists(host, "releases/"+string(id("1"))) {
			t.Error("what is half removed still has its mark, or its name")
		}
		host.Patch = nil
		removed, err = releasetest.Prune(t.Context(), host, host.Site, nil)
		if err != nil || len(removed) != 0 || exists(host, "releases/.pruned-"+string(id("1"))) {
			t.Errorf("the next run leaves it: %q, %v", removed, err)
		}
	})
}

// Journals are kept as long as a release that they tell of may be, and as long as somebody has to mend what they tell of.
func TestJournals(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		now := time.Now()
		journal := func(n int) string { return fmt.Sprintf(".slipway/deployments/%d-deploy-abc", n) }
		age := func(path string, n int) {
			at := now.Add(time.Duration(n-100) * time.Hour)
			if err := os.Chtimes(filepath.Join(host.Site.Root, path), at, at); err != nil {
				t.Fatal(err)
			}
		}
		for n := range 100 { // the higher the newer
			put(t, host, journal(n)+"/plan.json", journal(n)+"/steps/prepare-1-a/do-1/log")
			switch n {
			case 3:
				put(t, host, journal(n)+"/activation.jsonl")
			case 4:
				put(t, host, journal(n)+"/activation.jsonl", journal(n)+"/outcome")
			}
			age(journal(n), n)
		}
		released(t, host, id("1"), id("2"))
		age(".slipway/releases/"+string(id("1"))+"/staged", 40)
		age(".slipway/releases/"+string(id("2"))+"/staged", 30)
		check := func(gone func(n int) bool) {
			t.Helper()
			for n := range 100 {
				if exists(host, journal(n)) == gone(n) {
					t.Errorf("journal %d: there is %t", n, !gone(n))
				}
			}
		}
		for _, keep := range [][]deploy.ReleaseID{{id("1"), id("2")}, {id("1")}, nil} {
			if _, err := releasetest.Prune(t.Context(), host, host.Site, keep); err != nil {
				t.Fatal(err)
			}
			older := 50
			if len(keep) > 0 {
				older = 50 - 10*len(keep)
			}
			check(func(n int) bool { return n < older && n != 3 })
		}
	})
}
