package prune_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/prune"
	"github.com/slipway/slipway/internal/release/releasetest"
)

// busy has the host's rm leave whatever lies in releases/.
func busy(host *releasetest.Host) {
	host.Patch = func(script string) string {
		return `rm() { case "$*" in *releases/.pruned-*) echo "rm: $*: Permission denied" >&2; return 1 ;; esac; command rm "$@"; }` + "\n" + script
	}
}

// All that is stuck is named, of very many the first ten.
func TestStuckOnesAreNamed(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		days := []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}
		for _, n := range days[:3] {
			released(t, host, id(n))
		}
		busy(host)
		_, err := releasetest.Prune(t.Context(), host, host.Site, nil)
		want := "releases/.pruned-" + string(id("0")) + ", releases/.pruned-" + string(id("1")) + ", releases/.pruned-" + string(id("2")) + " cannot be removed: rm: "
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "Permission denied") {
			t.Errorf("got %v, wanted %q", err, want)
		}
		for _, n := range days[3:] {
			released(t, host, id(n))
		}
		released(t, host, "20261219-073000-1a2b3c4-9f3c51", "20261220-073000-1a2b3c4-9f3c51")
		_, err = releasetest.Prune(t.Context(), host, host.Site, nil)
		if err == nil || strings.Count(err.Error(), "releases/.pruned-") != 11 || !strings.Contains(err.Error(), "and 2 more, cannot be removed") {
			t.Errorf("of twelve: %v", err)
		}
	})
}

// The command gets the paths of releases that could not be removed, each as one argument, and nothing else.
func TestCommand(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		released(t, host, id("1"), id("2"))
		put(t, host, ".slipway/secrets/"+string(id("4"))+"/.env")
		said := filepath.Join(host.Home, "said")
		command := filepath.Join(host.Home, "remove")
		if err := os.WriteFile(command, []byte("#!/bin/sh\nfor a do echo \"<$a>\"; done >> '"+said+"'\ncat >> '"+said+"'\nshift 2\nexec /bin/rm -rf -- \"$@\"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		busy(host)
		var got prune.Result
		err := release.Run(t.Context(), host, prune.Prune(host.Site, []deploy.ReleaseID{id("2")}, command+" -rf --", &got))
		if err != nil || !slices.Equal(got.Removed, []deploy.ReleaseID{id("1")}) || !got.Through || got.Stuck != nil {
			t.Errorf("%+v, %v", got, err)
		}
		text, _ := os.ReadFile(said)
		if want := "<-rf>\n<-->\n<" + host.Site.Root + "/releases/.pruned-" + string(id("1")) + ">\n"; string(text) != want {
			t.Errorf("the command got %q, wanted %q", text, want)
		}
		released(t, host, id("1"))
		got = prune.Result{}
		err = release.Run(t.Context(), host, prune.Prune(host.Site, nil, "false", &got))
		if err != nil || !got.Through || got.Stuck == nil || !strings.Contains(got.Stuck.Error(), "releases/.pruned-"+string(id("1"))) {
			t.Errorf("a command that fails: %+v, %v", got, err)
		}
	})
}

// Killed anywhere, nothing half removed has a release's name and mark; the next run removes the rest.
func TestKilledAnywhere(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		for at := 1; ; at++ {
			released(t, host, id("1"), id("2"))
			host.Plain = true
			host.Patch = func(script string) string {
				died := func(name string) string {
					return name + `() { at=$((at + 1)); [ "$at" -ne ` + string(rune('0'+at)) + ` ] || { [ ` + name + ` = mv ] || command rm -rf "releases/.pruned-` + string(id("1")) + `/deep"; kill -9 $$; }; command ` + name + ` "$@"; }` + "\n"
				}
				return "at=0\n" + died("rm") + died("mv") + script
			}
			_, err := releasetest.Prune(t.Context(), host, host.Site, []deploy.ReleaseID{id("2")})
			whole := exists(host, "releases/"+string(id("1"))+"/deep/file")
			if exists(host, "releases/"+string(id("1"))) && !whole {
				t.Errorf("killed at %d: half of a release has its name", at)
			}
			host.Patch = nil
			if _, again := releasetest.Prune(t.Context(), host, host.Site, []deploy.ReleaseID{id("2")}); again != nil ||
				exists(host, "releases/"+string(id("1"))) || exists(host, "releases/.pruned-"+string(id("1"))) {
				t.Errorf("after a kill at %d: %v", at, again)
			}
			if err == nil {
				if at < 4 {
					t.Errorf("only %d kills", at-1)
				}
				return
			}
		}
	})
}

// What current leads to stays, by whatever other links.
func TestLinkToLink(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		released(t, host, id("1"), id("2"))
		if err := os.Symlink("releases/"+string(id("1")), host.Site.Root+"/live"); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink("live", host.Site.Current()); err != nil {
			t.Fatal(err)
		}
		removed, err := releasetest.Prune(t.Context(), host, host.Site, nil)
		if err != nil || !slices.Equal(removed, []deploy.ReleaseID{id("2")}) {
			t.Errorf("removed %q, %v", removed, err)
		}
	})
}
