package plan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/plan"
)

// Pruned on demand, a host keeps what the finish of its last deployment would: what is live, its way back, and the newest.
func TestKeepNow(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		number int
		want   []deploy.ReleaseID
	}{
		"one":  {1, []deploy.ReleaseID{v1, v2}}, // live, and the way back
		"more": {3, []deploy.ReleaseID{v1, v2, v3}},
	} {
		cfg := shop()
		cfg.KeepReleases = test.number
		p, err := plan.Build(cfg, plan.Artifact{}, ciRun("prune"), now)
		if err != nil {
			t.Fatal(err)
		}
		facts := fleet()
		for host, f := range facts {
			f = kept(f, v2, verified(v1), verified(v2), deploy.ReleaseFacts{ID: v3, Staged: true, Verified: true, Bad: true})
			f.History = []deploy.HistoryEntry{{Release: v1, Outcome: "activated"}, {Release: v2, Outcome: "activated"}}
			facts[host] = f
		}
		s, err := plan.Resolve(p, facts)
		if err != nil {
			t.Fatal(err)
		}
		if test.number == 1 {
			test.want = append(test.want, v3) // a failure stays for a look
		}
		if diff := cmp.Diff(test.want, s.KeepNow()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if len(s.Prepare)+len(s.Migrate)+len(s.Finish) > 0 || s.Release != "" {
			t.Errorf("%s: steps of a deployment, or a release", name)
		}
	}
}

// The command of exec runs in what is live, with the variables of that; on a host without a release in the deploy path.
func TestExecOn(t *testing.T) {
	t.Parallel()
	cfg := shop()
	cfg.Exec = "true"
	cfg.Hosts[2].NoRelease = true
	p, err := plan.Build(cfg, plan.Artifact{}, ciRun("exec"), now)
	if err != nil {
		t.Fatal(err)
	}
	facts := fleet()
	facts["web1"] = kept(fine("a"), v2, verified(v2))
	s, err := plan.Resolve(p, facts)
	if err != nil {
		t.Fatal(err)
	}
	dirs := map[string]string{}
	for _, h := range s.Hosts {
		step, vars := s.ExecOn(h)
		dirs[h.Name] = step.Dir + " " + vars["SLIPWAY_RELEASE"]
	}
	want := map[string]string{"web1": " " + string(v2), "web2": "/srv/shop ", "jobs1": "/srv/shop "}
	if diff := cmp.Diff(want, dirs); diff != "" {
		t.Error(diff)
	}
}
