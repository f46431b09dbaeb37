package activate_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/activate"
	"github.com/slipway/slipway/internal/release/releasetest"
)

// live is a host on which current names the first release.
func live(t *testing.T, host *releasetest.Host) {
	t.Helper()
	staged(t, host)
	if err := release.Run(t.Context(), host, activate.Switch(host.Site, to(first, ""))); err != nil {
		t.Fatal(err)
	}
}

// What something else made of current in the moment of the switch is no success.
func TestSwitchReadsBack(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		live(t, host)
		host.Patch = func(script string) string {
			return replaced(t, script, "[ current -ef ", "rm current; ln -s releases/other current; [ current -ef ")
		}
		err := release.Run(t.Context(), host, activate.Switch(host.Site, to(second, "releases/"+string(first))))
		if err == nil || !strings.Contains(err.Error(), "current names releases/other and not releases/"+string(second)) {
			t.Errorf("it says %v", err)
		}
		if got := link(t, host, "previous"); got != "" {
			t.Errorf("previous is %q", got)
		}
	})
}

// Who has lost the lock by the last moment changes nothing, and leaves nothing.
func TestSwitchAndUnlinkAreFenced(t *testing.T) {
	for name, op := range map[string]func(release.Site, activate.Change) release.Operation{"switch": activate.Switch, "unlink": activate.Unlink} {
		t.Run(name, func(t *testing.T) {
			releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
				live(t, host)
				change := to(second, "releases/"+string(first))
				if name == "unlink" {
					change = to(first, "")
				}
				host.Patch = func(script string) string { return "fence() { \"$@\"; exit 79; }\n" + script }
				if err := release.Run(t.Context(), host, op(host.Site, change)); err == nil {
					t.Error("it succeeds")
				}
				if got := link(t, host, "current"); got != "releases/"+string(first) {
					t.Errorf("current is %q", got)
				}
				if left, _ := filepath.Glob(host.Site.Root + "/.switch-*"); len(left) > 0 {
					t.Errorf("left behind: %v", left)
				}
			})
		})
	}
}

// A release is on the disk before its name is: power that goes right after the switch finds it whole.
func TestSwitchSyncsFirst(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		live(t, host)
		seen := filepath.Join(host.Home, "synced")
		host.Patch = func(script string) string {
			return `sync() { echo "$* while $(readlink current)" >>"$HOME/synced"; }` + "\n" + script
		}
		if err := release.Run(t.Context(), host, activate.Switch(host.Site, to(second, ""))); err != nil {
			t.Fatal(err)
		}
		text, _ := os.ReadFile(seen)
		if want := "-f releases/" + string(second) + " while releases/" + string(first) + "\n"; !strings.HasPrefix(string(text), want) {
			t.Errorf("synced %q, wanted %q", text, want)
		}
	})
}

// replaced is a script with a part of it replaced, which must be there.
func replaced(t *testing.T, script, part, by string) string {
	t.Helper()
	if !strings.Contains(script, part) {
		t.Errorf("the script has no %q any more", part)
	}
	return strings.Replace(script, part, by, 1)
}
