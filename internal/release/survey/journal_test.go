package survey_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/activate"
	"github.com/slipway/slipway/internal/release/journal"
	"github.com/slipway/slipway/internal/release/releasetest"
	"github.com/slipway/slipway/internal/release/step"
	"github.com/slipway/slipway/internal/release/survey"
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
		must(release.Run(t.Context(), host, journal.Open(site, id, []byte(`{"format": 1}`), deploy.Owner{})))
		must(os.MkdirAll(site.Release(release1), 0o755))
		for name, script := range map[string]string{"Good": "true", "Bad": "exit 3"} {
			_, _, err := releasetest.RunStep(t.Context(), host, site, step.Instance{
				Deployment: id, Release: release1, Try: 2, Attempt: 3,
				Step: deploy.Step{Name: name, Phase: deploy.Prepare, Number: 1, Run: script, Timeout: time.Minute, Fingerprint: "abc"},
			}, nil)

			must(err)
		}
		must(release.Run(t.Context(), host, activate.Note(site, id, activate.Entry{What: "restart", State: "intent", Release: release1})))

		facts, err := releasetest.Survey(t.Context(), host, site, survey.Question{Deployment: id})
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

		put(t, site.Journal(id)+"/outcome", "") // of a command that was killed before it wrote
		facts, err = releasetest.Survey(t.Context(), host, site, survey.Question{Deployment: "413-deploy-0123456789ab"})
		must(err)
		if facts.Own != nil || len(facts.Unfinished) != 1 || facts.Unfinished[0].ID != id || len(facts.Unfinished[0].Live) != 1 {
			t.Errorf("own %v, unfinished %v", facts.Own, facts.Unfinished)
		}
		must(release.Run(t.Context(), host, journal.End(site, id, "activated", nil)))
		facts, err = releasetest.Survey(t.Context(), host, site, survey.Question{})
		must(err)
		if len(facts.Unfinished) != 0 {
			t.Errorf("a deployment that ended is unfinished: %v", facts.Unfinished)
		}
	})
}

// A host has been deployed to for years: what ended costs a look at a name, not a read.
func TestManyJournals(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		for n := range 500 {
			folder := host.Site.Journal(deploy.DeploymentID(fmt.Sprintf("%d-deploy-0123456789ab", n)))
			put(t, folder+"/plan.json", "{}")
			switch n {
			case 100: // died before it touched the live site
			case 200: // died after that
				put(t, folder+"/activation.jsonl", `{"at":"2026-11-21T07:30:00Z","what":"switch","state":"intent"}`+"\n")
			default:
				put(t, folder+"/activation.jsonl", `{"at":"2026-11-21T07:30:00Z","what":"switch","state":"ok"}`+"\n")
				put(t, folder+"/outcome", "activated\n")
			}
		}
		start := time.Now()
		facts := take(t, host)
		t.Logf("a survey takes %s", time.Since(start))
		if len(facts.Unfinished) != 1 || facts.Unfinished[0].ID != "200-deploy-0123456789ab" || len(facts.Unfinished[0].Live) != 1 {
			t.Errorf("unfinished: %+v", facts.Unfinished)
		}
	})
}

// What runs, what ended, what nobody saw end, what was kept from beginning and what was undone are told apart.
func TestTries(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		if err := release.Run(t.Context(), host, journal.Open(host.Site, deployment, []byte("{}"), deploy.Owner{})); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(host.Site.Release(first), 0o755); err != nil {
			t.Fatal(err)
		}
		inst := step.Instance{
			Deployment: deployment, Release: first, Try: 1, Attempt: 2,
			Step: deploy.Step{Name: "A", Phase: deploy.Migrate, Number: 1, Run: "echo on; sleep 60", Timeout: time.Minute},
		}
		look := func() deploy.StepFacts {
			facts, err := releasetest.Survey(t.Context(), host, host.Site, survey.Question{Deployment: deployment})
			if err != nil {
				t.Fatal(err)
			}
			return facts.Own.Steps[len(facts.Own.Steps)-1]
		}
		status, _, err := releasetest.RunStep(t.Context(), host, host.Site, inst, func(string) {
			if facts := look(); !facts.Running || facts.Unknown() || facts.Attempt != 2 {
				t.Errorf("while it runs: %+v", facts)
			}
			if err := release.Run(t.Context(), host, step.Stop(host.Site, inst)); err != nil {
				t.Error(err)
			}
		})

		if facts := look(); err != nil || facts.Running || facts.Unknown() || facts.Status != "signal "+status.Signal {
			t.Errorf("after its end: %+v, %v", facts, err)
		}
		if err := os.Remove(filepath.Join(host.Site.Root, inst.Folder(), "status")); err != nil {
			t.Fatal(err)
		}
		if facts := look(); !facts.Unknown() || facts.Running {
			t.Errorf("without a status: %+v", facts)
		}
		inst.Try = 2
		if err := release.Run(t.Context(), host, step.Stop(host.Site, inst)); err != nil {
			t.Fatal(err)
		}
		if facts := look(); !facts.Void || facts.Unknown() || facts.Try != 2 {
			t.Errorf("kept from beginning: %+v", facts)
		}
	})
}
