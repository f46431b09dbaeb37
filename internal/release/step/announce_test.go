package step_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/releasetest"
	"github.com/slipway/slipway/internal/release/step"
	"github.com/slipway/slipway/internal/release/survey"
)

// A step of the runner is unknown from its announcement until its conclusion; what was announced without its last file was never sent.
func TestAnnounceAndConclude(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		inst := instance(t, host, "")
		inst.Attempt = 2
		facts := func() deploy.StepFacts {
			t.Helper()
			found, err := releasetest.Survey(t.Context(), host, host.Site, survey.Question{Deployment: inst.Deployment})
			if err != nil || found.Own == nil || len(found.Own.Steps) == 0 {
				t.Fatalf("no try: %v", err)
			}
			return found.Own.Steps[0]
		}
		for range 2 { // the second is the same command, whose answer was lost
			if err := release.Run(t.Context(), host, step.Announce(host.Site, inst)); err != nil {
				t.Fatal(err)
			}
		}
		if f := facts(); !f.Unknown() || f.Attempt != 2 {
			t.Errorf("announced: %+v", f)
		}
		other := inst
		other.Attempt += 7
		if err := release.Run(t.Context(), host, step.Announce(host.Site, other)); !errors.Is(err, step.ErrStarted) {
			t.Errorf("the try of another attempt is taken: %v", err)
		}
		for _, ok := range []bool{true, false} { // what was concluded stays so
			if err := release.Run(t.Context(), host, step.Conclude(host.Site, inst, ok, []string{"POST example.com: 200"})); err != nil {
				t.Fatal(err)
			}
			if f := facts(); !f.Succeeded() {
				t.Errorf("concluded: %+v", f)
			}
		}
		folder := filepath.Join(host.Site.Root, inst.Folder())
		if log, err := os.ReadFile(filepath.Join(folder, "log")); err != nil || string(log) != "POST example.com: 200\n" {
			t.Errorf("%q %v", log, err)
		}
		if err := errors.Join(os.Remove(filepath.Join(folder, "status")), os.Remove(filepath.Join(folder, "meta"))); err != nil {
			t.Fatal(err)
		}
		if f := facts(); f.Attempt != 0 {
			t.Errorf("cut off before anything was sent: %+v", f)
		}
	})
}
