//go:build linux

package sweep

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/deploy"
)

// checkLink is the first half of invariant 1, cheap enough to be asked all the time.
func (t *trial) checkLink(h *host) {
	if _, err := os.Readlink(filepath.Join(h.deployPath(), "current")); err != nil {
		t.violation("%s: current: %v", h.name, err)
	}
}

// checkCurrent is invariant 1: current names a completely unpacked, verified, fully prepared release. It gives its version.
func (t *trial) checkCurrent(h *host) string {
	version, err := h.live()
	if err != nil {
		t.violation("%s: %v", h.name, err)
	}
	return version
}

// live is the version that current names, once every file of it was looked at.
func (h *host) live() (string, error) {
	target, err := os.Readlink(filepath.Join(h.deployPath(), "current"))
	if err != nil {
		return "", fmt.Errorf("current: %w", err)
	}
	id, ok := strings.CutPrefix(target, "releases/")
	if !ok || !deploy.ReleaseID(id).Valid() {
		return "", fmt.Errorf("current names %q", target)
	}
	release := filepath.Join(h.deployPath(), target)
	text, err := os.ReadFile(filepath.Join(release, "version"))
	if err != nil {
		return "", fmt.Errorf("current names half a release: %w", err)
	}
	version := string(text)
	want := files(version)
	for _, name := range prepared {
		want[name] = version
	}
	want["made/copy"] = want["asset"]
	for _, name := range slices.Sorted(maps.Keys(want)) {
		text, err := os.ReadFile(filepath.Join(release, name))
		if err != nil {
			return version, fmt.Errorf("current names half a release: %w", err)
		}
		if string(text) != want[name] {
			return version, fmt.Errorf("current names a release whose %s is not that of %s", name, version)
		}
	}
	if _, err := os.Stat(filepath.Join(h.deployPath(), ".slipway", "releases", id, "staged")); err != nil {
		return version, fmt.Errorf("current names a release that is not complete: %w", err)
	}
	return version, nil
}

// versions are what current names on each host.
func (t *trial) versions() map[string]string {
	versions := map[string]string{}
	for _, h := range t.hosts {
		versions[h.name], _ = h.live()
	}
	return versions
}

// afterFault holds an attempt to the promise of its exit code, and every host to the invariants.
func (t *trial) afterFault(code int, before map[string]string, faults []placed) {
	struck := func(name string) bool {
		return slices.ContainsFunc(faults, func(p placed) bool { return p.fault.name == name && p.struck.Load() })
	}
	for _, h := range t.hosts {
		version := t.checkCurrent(h)
		var allowed []string
		switch code {
		case deploy.ExitDone, deploy.ExitFinish:
			if allowed = []string{t.to}; t.shard != "" {
				allowed = []string{before[h.name]}
			}
		case deploy.ExitFailed, deploy.ExitMigrate:
			allowed = []string{before[h.name]}
		case deploy.ExitUnwound:
			allowed = []string{before[h.name], t.from}
		case deploy.ExitPerson:
			allowed = versions
			if log := t.logs[len(t.logs)-1]; !strings.Contains(log, "hint ") && !strings.Contains(log, "next ") {
				t.violation("a person is needed, and not told for what")
			}
		case killed:
			if !struck("kill") {
				t.violation("the runner was killed by nobody of the sweep")
			}
			allowed = versions
		case deploy.ExitInterrupted:
			if !struck("cancel") {
				t.violation("an attempt says that it was cancelled, and was not")
			}
			allowed = versions
		default:
			t.violation("an attempt with a fault ended with exit %d", code)
			continue
		}
		if code != killed && code != deploy.ExitInterrupted {
			t.checkIdle(h)
			if code != deploy.ExitPerson {
				t.checkTakenBack(h)
			}
		}
		if !slices.Contains(allowed, version) {
			t.violation("%s: an attempt ended with exit %d, and current names %s", h.name, code, version)
		}
	}
}

// leftOn are the marks that a drain and an ensured step leave while they are on.
var leftOn = []string{"out", "page"}

// checkTakenBack sees to it that what is done for a while is over: the host is behind its balancer, the page is off.
func (t *trial) checkTakenBack(h *host) {
	for _, mark := range leftOn {
		if _, err := os.Stat(filepath.Join(h.deployPath(), "shared", "run", mark)); err == nil {
			t.violation("%s: it is over, and %s is still on", h.name, mark)
		}
	}
}

// checkIdle sees to it that no step runs on where the lock is free: another deployment would not know of it.
func (t *trial) checkIdle(h *host) {
	var running []process
	for range 2 { // what was on its way out is gone by the second look
		running = processes([]string{filepath.Join(h.deployPath(), "releases")})
		if len(running) == 0 || h.lockReleased() != nil {
			return
		}
		<-time.After(300 * time.Millisecond)
	}
	t.violation("%s: the lock was given back while %s runs in %s", h.name, commandName(running[0].pid), running[0].dir)
}

// afterPost holds the post step to what it is for: the hosts run one and the same, and nobody is kept waiting for the lock.
func (t *trial) afterPost(code int, err error) {
	if err != nil {
		t.violation("the post step: %v", err)
		return
	}
	live := map[string]bool{}
	for _, h := range t.hosts {
		live[t.checkCurrent(h)] = true
		t.checkTakenBack(h)
		if err := h.lockReleased(); err != nil {
			t.violation("%s: after the post step: %v", h.name, err)
		}
	}
	if code != deploy.ExitDone || len(live) != 1 {
		t.violation("the post step ended with exit %d, and the hosts run %v", code, slices.Sorted(maps.Keys(live)))
	}
}

// rerun is what the person does whose job failed: "Re-run failed jobs".
func (t *trial) rerun(ctx context.Context, attempt int) {
	if t.shard != "" {
		if code, err := t.attempt(ctx, attempt, t.struck()...); err != nil || code != deploy.ExitDone {
			t.violation("the re-run of the shard: exit %d, %v", code, err)
			return
		}
	}
	code, err := t.attempt(ctx, attempt, t.whole()...)
	if err != nil {
		t.violation("the re-run: %v", err)
		return
	}
	if code == deploy.ExitPerson && t.undecided() {
		if code, err = t.decide(ctx, attempt); err != nil {
			t.violation("%v", err)
			return
		}
	}
	if code != deploy.ExitDone {
		t.violation("the re-run ended with exit %d", code)
		return
	}
	t.afterGreen()
}

// afterGreen is invariant 6, and what else a deployment that went well leaves: one release everywhere, a released lock.
func (t *trial) afterGreen() {
	ids := map[string]bool{}
	for _, h := range t.hosts {
		t.checkTakenBack(h)
		if version := t.checkCurrent(h); version != t.to {
			t.violation("%s: the re-run was green, and current names %s", h.name, version)
		}
		if _, version, err := h.site.page(); err != nil || version != t.to {
			t.violation("%s: the re-run was green, and the site shows %q, %v", h.name, version, err)
		}
		target, _ := os.Readlink(filepath.Join(h.deployPath(), "current"))
		ids[target] = true
		if err := h.lockReleased(); err != nil {
			t.violation("%s: %v", h.name, err)
		}
	}
	if len(ids) != 1 {
		t.violation("the re-run was green, and the hosts run different releases: %v", slices.Sorted(maps.Keys(ids)))
	}
	t.checkOnce()
	if t.undoes {
		t.checkUndone()
	}
}

// lockReleased looks at the highest generation of the lock.
func (h *host) lockReleased() error {
	generations, _ := filepath.Glob(filepath.Join(h.deployPath(), ".slipway", "lock", "[0-9]*"))
	if len(generations) == 0 {
		return nil
	}
	highest := generations[0]
	for _, g := range generations {
		if len(g) > len(highest) || len(g) == len(highest) && g > highest {
			highest = g
		}
	}
	if _, err := os.Stat(filepath.Join(highest, "released")); err != nil {
		return fmt.Errorf("the lock was not given back: %w", err)
	}
	return nil
}
