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

// The jobs of one deployment by shards are one attempt: what the others wrote on their hosts, or on the primary, is none of a shard's, and
// the job that goes on with all hosts is a further attempt only of one that came behind prepare.
func TestCountOfShards(t *testing.T) {
	t.Parallel()
	run := ciRun("deploy")
	run.Attempt, run.Uncounted, run.Person = 0, true, true
	journal := func(attempt int, steps ...deploy.StepFacts) deploy.Facts {
		text, err := json.Marshal(plan.Record{Format: 1, Attempt: attempt})
		if err != nil {
			t.Fatal(err)
		}
		return deploy.Facts{Own: &deploy.JournalFacts{Plan: text, Steps: steps}}
	}
	claimed := func(attempt int, f deploy.Facts) deploy.Facts {
		f.Claim = deploy.Claim{Attempt: attempt}
		return f
	}
	migrated := deploy.StepFacts{Folder: "migrate-1-schema"}
	part, rest := deploy.Shard{Number: 1, Of: 2}, deploy.Shard{Rest: true, Of: 2}
	for name, test := range map[string]struct {
		shard deploy.Shard
		facts map[string]deploy.Facts
		want  int
	}{
		"a shard":                              {part, map[string]deploy.Facts{"web1": {}, "jobs1": {}, "web2": {}}, 1},
		"behind that on the primary":           {part, map[string]deploy.Facts{"web1": {}, "jobs1": {}, "web2": claimed(1, journal(1))}, 1},
		"a shard again":                        {part, map[string]deploy.Facts{"web1": journal(1), "jobs1": {}, "web2": claimed(1, journal(1))}, 2},
		"what goes on from them":               {rest, map[string]deploy.Facts{"web1": journal(1), "jobs1": journal(1), "web2": claimed(1, journal(1))}, 1},
		"where another content was claimed":    {rest, map[string]deploy.Facts{"web1": journal(2), "jobs1": journal(1), "web2": claimed(2, journal(1))}, 2},
		"what goes on again, behind a migrate": {rest, map[string]deploy.Facts{"web1": journal(1), "jobs1": journal(1), "web2": claimed(1, journal(1, migrated))}, 2},
	} {
		p, err := plan.Build(sharded(test.shard), built, run, now)
		if err != nil {
			t.Fatal(err)
		}
		p.Count(test.facts)
		if p.Attempt != test.want || p.Person != (test.want == 1) {
			t.Errorf("%s: attempt %d, by a person %v; wanted %d", name, p.Attempt, p.Person, test.want)
		}
	}
}
