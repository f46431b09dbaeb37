//go:build linux && long

package sweep

import (
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/slipway/slipway/internal/needtest"
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
				base := baseOf(t.world, h, "v1")
				t.broken(os.RemoveAll(base))
				t.broken(os.RemoveAll(filepath.Join(h.deployPath(), ".slipway", "releases", filepath.Base(base))))
				return nil
			}},
			{name: "changed", at: onHost, repair: nothing, strike: func(t *trial, op operation) error {
				err := os.WriteFile(filepath.Join(baseOf(t.world, t.at(op), "v1"), "asset"), []byte("by hand"), 0o600)
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

// TestSweepPatch has the faults take turns at the operations of a deployment that sends what differs in the asset. That is deleted, or
// changed by hand, on a host meanwhile, too.
func TestSweepPatch(t *testing.T) {
	t.Parallel()
	needtest.Program(t, "zstd")
	spoil := func(name string, do func(asset string) error) fault {
		return fault{name: name, at: onHost, repair: nothing, strike: func(t *trial, op operation) error {
			if err := do(filepath.Join(baseOf(t.world, t.at(op), "v0"), "asset")); !os.IsNotExist(err) { // another fault's trial may have begun anew
				t.broken(err)
			}
			return nil
		}}
	}
	sweep(t, mission{
		command: "deploy", run: "v4", from: "v1", to: "v2", migrates: true, file: deploying.file, ready: nearly, says: "patched 2, sent ",
		inputs: []string{"INPUT_CACHE_DIR=kept", "INPUT_BANDWIDTH_LIMIT=1MB/s"}, // to a host beside the runner no patch pays without
		faults: []fault{
			spoil("deleted", os.Remove),
			spoil("changed", func(asset string) error { return os.WriteFile(asset, []byte("by hand"), 0o600) }),
		},
	}, inThisProcess, inTurn)
}

// nearly deploys what differs from v2 in the middle of its asset, and v1 again, and has v2 ready for another run.
func nearly(t testing.TB, w *world) {
	t.Helper()
	contents := files("v2")
	asset := contents["asset"]
	half := len(asset) / 2
	maps.Copy(contents, map[string]string{"version": "v0", "asset": asset[:half] + "not yet" + asset[half:]})
	must(t, os.WriteFile(filepath.Join(w.job, "v2.tar"), tarballOf(t, contents), 0o644))
	must(t, os.WriteFile(filepath.Join(w.job, "v3.tar"), tarball(t, "v1"), 0o644))
	must(t, os.WriteFile(filepath.Join(w.job, "v4.tar"), tarball(t, "v2"), 0o644))
	w.deploy(t, "v2")
	w.deploy(t, "v3")
}

// baseOf is the release of a version on a host.
func baseOf(w *world, h *host, version string) string {
	releases, _ := filepath.Glob(filepath.Join(w.saved, h.name, "site", "releases", "*"))
	for _, release := range releases {
		if text, _ := os.ReadFile(filepath.Join(release, "version")); string(text) == version {
			return filepath.Join(h.deployPath(), "releases", filepath.Base(release))
		}
	}
	return filepath.Join(h.deployPath(), "releases", "none")
}
