package step_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/releasetest"
	"github.com/slipway/slipway/internal/release/step"
)

// What goes along with a step is done once that has succeeded, with its own arguments, and is no part of what the step printed. Where it
// fails the step has succeeded all the same.
func TestAlong(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		made := filepath.Join(host.Home, "made")
		for _, test := range []struct {
			run, also string
			ok, done  bool
		}{
			{"echo on", `printf '%s.' "$@" >"$1"; echo unread`, true, true},
			{"echo on", `printf '%s.' "$@" >"$1"; echo why >&2; exit 91`, true, false},
			{"echo on; exit 3", `printf '%s.' "$@" >"$1"`, false, false},
			{"echo on; kill -KILL $$", `printf '%s.' "$@" >"$1"`, false, false},
		} {
			inst := instance(t, host, test.run)
			var lines []string
			watch := step.NewWatch(host.Site, inst, func(line string) { lines = append(lines, line) })
			watch.Along = &step.Along{Operation: release.Operation{Script: test.also, Args: []string{made, "", "it's"}}}
			if err := release.Do(t.Context(), host, watch.Start(), 0); err != nil || watch.Status.OK() != test.ok || strings.Join(lines, ",") != "on" {
				t.Errorf("%s: %v, %v, %q", test.run, watch.Status, err, lines)
			}
			text, _ := os.ReadFile(made)
			if want := made + "..it's."; watch.Along.Done != (test.ok && test.done) || (string(text) == want) != test.ok {
				t.Errorf("%s, %s: done %v, %q", test.run, test.also, watch.Along.Done, text)
			}
			if err := os.RemoveAll(filepath.Join(host.Site.Root, ".slipway")); err != nil {
				t.Error(err)
			}
			_ = os.Remove(made)
		}
	})
}

// Who lost the lock while the step ran does not go on with what goes along.
func TestAlongOfALostLock(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		host.Patch = func(script string) string { return "fence() { [ ! -e \"$HOME/lost\" ] || exit 79; }\n" + script }
		inst := instance(t, host, `echo lost >"$HOME/lost"`)
		watch := step.NewWatch(host.Site, inst, nil)
		watch.Along = &step.Along{Operation: release.Operation{Script: `echo made >"$HOME/made"`}}
		if err := release.Do(t.Context(), host, watch.Start(), 0); err != nil || !watch.Status.OK() || watch.Along.Done {
			t.Errorf("%v, %v, done %v", err, watch.Status, watch.Along.Done)
		}
		if _, err := os.Stat(filepath.Join(host.Home, "made")); err == nil {
			t.Error("it was done")
		}
	})
}

// A link that was lost while the step ran has carried nothing along, however the step ends.
func TestAlongOfALostLink(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		inst := instance(t, host, "echo on")
		host.Plain = true
		host.Patch = func(script string) string {
			return strings.Replace(script, "follow \"$folder\" \"$token\" <&6", "kill -KILL $$", 1)
		}
		watch := step.NewWatch(host.Site, inst, nil)
		along := &step.Along{Operation: release.Operation{Script: `echo made >"$HOME/made"`}}
		watch.Along = along
		if err := release.Do(t.Context(), host, watch.Start(), time.Minute); err != nil || !watch.Status.OK() || along.Done {
			t.Errorf("%v, %v, done %v", err, watch.Status, along.Done)
		}
		if _, err := os.Stat(filepath.Join(host.Home, "made")); err == nil {
			t.Error("it was done")
		}
	})
}
