//go:build linux && long

package sweep

import (
	"maps"
	"os"
	"path/filepath"
	"testing"
)

// TestSweepDelta has the faults take turns at the operations of a deployment whose hosts have a release with nearly the same content,
// which is not live: they make the new one of it. That release is deleted, or changed by hand, meanwhile, too.
func TestSweepDelta(t *testing.T) {
	t.Parallel()
	sweep(t, mission{
		command: "deploy", run: "v3", from: "v2", to: "v1", migrates: true, file: deploying.file, ready: twice, says: "reused 3 files, sent ",
		faults: []fault{
			{name: "pruned", at: onHost, repair: nothing, strike: func(t *trial, op operation) error {
				h := t.at(op)
				base := baseOf(t.world, h)
				t.broken(os.RemoveAll(base))
				t.broken(os.RemoveAll(filepath.Join(h.deployPath(), ".slipway", "releases", filepath.Base(base))))
				return nil
			}},
			{name: "changed", at: onHost, repair: nothing, strike: func(t *trial, op operation) error {
				err := os.WriteFile(filepath.Join(baseOf(t.world, t.at(op)), "asset"), []byte("by hand"), 0o600)
				if !os.IsNotExist(err) { // another fault's trial may have begun anew
					t.broken(err)
				}
				return nil
			}},
		},
	}, inThisProcess, inTurn)
}

// twice deploys v2, and has an artifact like v1's ready.
func twice(t testing.TB, w *world) {
	t.Helper()
	w.deploy(t, "v2")
	contents := files("v1")
	maps.Copy(contents, map[string]string{"more": "than v1"})
	must(t, os.WriteFile(filepath.Join(w.job, "v3.tar"), tarballOf(t, contents), 0o644))
}

// baseOf is the release of v1 on a host.
func baseOf(w *world, h *host) string {
	releases, _ := filepath.Glob(filepath.Join(w.saved, h.name, "site", "releases", "*"))
	for _, release := range releases {
		if text, _ := os.ReadFile(filepath.Join(release, "version")); string(text) == "v1" {
			return filepath.Join(h.deployPath(), "releases", filepath.Base(release))
		}
	}
	return filepath.Join(h.deployPath(), "releases", "none")
}
