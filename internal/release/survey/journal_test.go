package survey_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
	"slipway/internal/release"
	"slipway/internal/release/activate"
	"slipway/internal/release/journal"
	"slipway/internal/release/releasetest"
	"slipway/internal/release/step"
	"slipway/internal/release/survey"
)

// What a deployment wrote is what the next attempt, and the next deployment, find.
func TestJournals(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		site := release.Site{Root: filepath.Join(t.TempDir(), "site")}
		const id, release1 = "412-deploy-0123456789ab", deploy.ReleaseID("20261121-073000-1a2b3c4-9f3c51")
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		must(journal.Open(t.Context(), host, site, id, []byte(`{"format": 1}`)))
		must(os.MkdirAll(site.Release(release1), 0o755))
		for name, script := range map[string]string{"Good": "true", "Bad": "exit 3"} {
			_, _, err := step.Run(t.Context(), host, site, step.Instance{
				Deployment: id, Release: release1, Try: 2, Attempt: 3,
				Step: deploy.Step{Name: name, Phase: deploy.Prepare, Number: 1, Run: script, Timeout: time.Minute, Fingerprint: "abc"},
			}, nil)
			must(err)
		}
		must(activate.Note(t.Context(), host, site, id, activate.Entry{What: "restart", State: "intent", Release: release1}))

		facts, err := survey.Take(t.Context(), host, site, survey.Question{Deployment: id})
		must(err)
		want := &deploy.JournalFacts{
			ID: id, Plan: []byte(`{"format": 1}` + "\n"),
			Steps: []deploy.StepFacts{
				{Folder: "prepare-1-bad", Try: 2, Fingerprint: "abc", Attempt: 3, Status: "exit 3"},
				{Folder: "prepare-1-good", Try: 2, Fingerprint: "abc", Attempt: 3, Status: "exit 0"},
			},
			Live: []deploy.LiveEntry{{What: "restart", State: "intent", Release: release1}},
		}
		if diff := cmp.Diff(want, facts.Own); diff != "" {
			t.Error(diff)
		}
		if len(facts.Unfinished) != 0 {
			t.Errorf("its own journal is among the others': %v", facts.Unfinished)
		}

		facts, err = survey.Take(t.Context(), host, site, survey.Question{Deployment: "413-deploy-0123456789ab"})
		must(err)
		if facts.Own != nil || len(facts.Unfinished) != 1 || facts.Unfinished[0].ID != id || len(facts.Unfinished[0].Live) != 1 {
			t.Errorf("own %v, unfinished %v", facts.Own, facts.Unfinished)
		}
		must(journal.End(t.Context(), host, site, id, "activated"))
		facts, err = survey.Take(t.Context(), host, site, survey.Question{})
		must(err)
		if len(facts.Unfinished) != 0 {
			t.Errorf("a deployment that ended is unfinished: %v", facts.Unfinished)
		}
	})
}
