package plan_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/plan"
)

// A step of ensure runs where its balancer is, which has no releases, or on the hosts of its roles that have.
func TestEnsureIsPlaced(t *testing.T) {
	t.Parallel()
	cfg := shop()
	cfg.Hosts = append(cfg.Hosts, deploy.Host{Name: "lb1", DeployPath: "/srv/shop", Roles: []string{"balancer"}, NoRelease: true})
	cfg.Ensure = []deploy.Step{{Name: "Page", Via: "balancer"}, {Name: "Cron", Roles: []string{"worker"}}, {Name: "All"}}
	got := map[string][]string{}
	for _, step := range planned(t, cfg).Ensure {
		got[step.Name] = step.Hosts
	}
	want := map[string][]string{"Page": {"lb1"}, "Cron": {"jobs1"}, "All": {"web1", "web2", "jobs1"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A host that is missing is in no batch and no step any more, and the plan that it was taken from is as it was.
func TestWithout(t *testing.T) {
	t.Parallel()
	cfg := shop()
	cfg.Rollout.Batch.Count = 2
	whole := planned(t, cfg)
	placed := func(p *plan.Plan) (names [][]string) {
		for _, batch := range p.Batches {
			names = append(names, batch.Hosts)
		}
		return append(names, p.Prepare[0].Hosts, deploy.HostNames(p.Targets))
	}
	before := placed(whole)
	left := placed(whole.Without("web1"))
	want := [][]string{{"web2"}, {"jobs1"}, {"web2", "jobs1"}, {"web2", "jobs1"}}
	if diff := cmp.Diff(want, left); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(before, placed(whole)); diff != "" {
		t.Errorf("the whole plan was changed: %s", diff)
	}
}

// Who joins gets the release that went live last and was verified, of those that are still live where they went live.
func TestWhatIsJoined(t *testing.T) {
	t.Parallel()
	const first, second = deploy.ReleaseID("20261101-000000-0000001-9f3c51"), deploy.ReleaseID("20261102-000000-0000002-9f3c51")
	at := func(hour int) time.Time { return now.Add(time.Duration(hour-100) * time.Hour) }
	live := func(id deploy.ReleaseID, good bool, history ...deploy.HistoryEntry) deploy.Facts {
		f := fine(string(id) + history[0].At.String())
		f.Current, f.CurrentID, f.CurrentTarget = deploy.CurrentRelease, id, link(id)
		f.Releases = []deploy.ReleaseFacts{{ID: id, Staged: true, Verified: good, Bad: !good}}
		f.History = history
		return f
	}
	went := func(id deploy.ReleaseID, hour int) deploy.HistoryEntry {
		return deploy.HistoryEntry{Release: id, Outcome: "activated", At: at(hour), Deployment: "d"}
	}
	for name, test := range map[string]struct {
		one, two deploy.Facts
		want     deploy.ReleaseID
	}{
		"the newer one":                 {live(first, true, went(first, 1)), live(second, true, went(second, 2)), second},
		"the newer one, on the first":   {live(second, true, went(second, 2)), live(first, true, went(first, 1)), second},
		"not what failed its checks":    {live(first, true, went(first, 1)), live(second, false, went(second, 2)), first},
		"not what was changed by hand":  {live(first, true, went(first, 1)), live(second, true, went(first, 3)), first},
		"what went live again, and not": {live(first, true, went(first, 3)), live(second, true, went(second, 2)), first},
	} {
		p, err := plan.Build(shop(), built, ciRun("join"), now)
		if err != nil {
			t.Fatal(err)
		}
		s, err := plan.Resolve(p, map[string]deploy.Facts{"web1": test.one, "web2": test.two, "jobs1": fine("c")})
		if err != nil || s.Release != test.want {
			t.Errorf("%s: %v, %v, want %s", name, s, err, test.want)
		}
	}
}
