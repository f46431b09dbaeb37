package stage_test

import (
	"os"
	"testing"

	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/activate"
	"github.com/slipway/slipway/internal/release/releasetest"
	"github.com/slipway/slipway/internal/release/stage"
)

// A release that is brought again counts as failed until it is verified. Until then the next one begins anew; from then on it stays.
func TestUnproven(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		open(t, host)
		made, mark := host.Site.Release(releaseID)+"/made", host.Site.Records(releaseID)+"/failed"
		bring := func(wantMade, wantMark bool) {
			t.Helper()
			if err := release.Run(t.Context(), host, stage.Unproven(stage.Upload(host.Site, releaseID, pack(t, "gzip", site, nil), nil))); err != nil {
				t.Fatal(err)
			}
			for path, want := range map[string]bool{made: wantMade, mark: wantMark, host.Site.Records(releaseID) + "/staged": true, host.Site.Release(releaseID) + "/index.html": true} {
				if _, err := os.Stat(path); (err == nil) != want {
					t.Errorf("%s: %v", path, err)
				}
			}
		}
		bring(false, true)
		put(t, made, "by a step")
		bring(false, true)
		put(t, made, "by a step")
		if err := release.Run(t.Context(), host, activate.Mark(host.Site, releaseID, "verified")); err != nil {
			t.Fatal(err)
		}
		bring(true, false)
		// One that was deployed, and not brought, is never begun anew.
		if err := os.Remove(host.Site.Records(releaseID) + "/verified"); err != nil {
			t.Fatal(err)
		}
		bring(true, false)
	})
}
