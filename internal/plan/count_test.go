package plan_test

import (
	"encoding/json"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/plan"
)

// Where the CI counts no attempts, the hosts do: by any journal of the deployment, or by who had the lock. A person's word stands above the
// order in the first one alone.
func TestCount(t *testing.T) {
	t.Parallel()
	run := ciRun("deploy")
	run.Attempt, run.Uncounted, run.Person = 0, true, true
	id := run.Identity.ID()
	journal := func(attempt int) deploy.Facts {
		record := plan.Record{}
		p, err := plan.Build(shop(), built, run, now)
		if err != nil {
			t.Fatal(err)
		}
		s, err := plan.Resolve(p, fleet())
		if err != nil {
			t.Fatal(err)
		}
		text, err := s.JSON()
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &record); err != nil {
			t.Fatal(err)
		}
		record.Attempt = attempt
		if text, err = json.Marshal(record); err != nil {
			t.Fatal(err)
		}
		return deploy.Facts{Own: &deploy.JournalFacts{ID: id, Plan: text}}
	}
	locked := func(by deploy.DeploymentID, attempt int) deploy.Facts {
		return deploy.Facts{Lock: deploy.LockState{Owner: deploy.LockOwner{Deployment: by, Attempt: attempt}}}
	}
	for name, test := range map[string]struct {
		facts map[string]deploy.Facts
		want  int
	}{
		"no host knows of one":          {map[string]deploy.Facts{"web1": {}}, 1},
		"the second":                    {map[string]deploy.Facts{"web1": journal(1), "web2": {}}, 2},
		"hosts that saw different ones": {map[string]deploy.Facts{"web1": journal(1), "web2": journal(3)}, 4},
		"one that had the lock alone":   {map[string]deploy.Facts{"web1": locked(id, 1)}, 2},
		"another deployment's lock":     {map[string]deploy.Facts{"web1": locked("411-deploy-x", 7)}, 1},
		"one that was not numbered":     {map[string]deploy.Facts{"web1": journal(0)}, 2},
	} {
		p, err := plan.Build(shop(), built, run, now)
		if err != nil {
			t.Fatal(err)
		}
		p.Count(test.facts)
		if p.Attempt != test.want || p.Person != (test.want == 1) {
			t.Errorf("%s: attempt %d, by a person %v; wanted %d", name, p.Attempt, p.Person, test.want)
		}
	}
	counted := ciRun("deploy")
	counted.Attempt = 5
	p, err := plan.Build(shop(), built, counted, now)
	if err != nil {
		t.Fatal(err)
	}
	if p.Count(map[string]deploy.Facts{"web1": journal(9)}); p.Attempt != 5 {
		t.Errorf("an attempt that the CI counts became %d", p.Attempt)
	}
}
