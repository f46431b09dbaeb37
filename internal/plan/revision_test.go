package plan_test

import (
	"testing"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/plan"
)

const (
	full     = "0000001a11111111111111111111111111111111"
	workflow = "1a2b3c4d5e6f708192a3b4c5d6e7f80912345678"
)

// A rollback says the commit of the release that it goes back to, and the run's own as the workflow's.
func TestRevisionOfARollback(t *testing.T) {
	t.Parallel()
	const unknown = deploy.ReleaseID("20261101-000000-0000000-000009")
	for name, test := range map[string]struct {
		to       deploy.ReleaseID
		recorded string // in the history
		run      string
		revision string
		workflow string
	}{
		"seven digits":              {v1, "", workflow, v1.Revision(), workflow},
		"the whole commit":          {v1, full, workflow, full, workflow},
		"the very commit":           {v1, "", full, full, ""},
		"the very commit, recorded": {v1, full, full, full, ""},
		"nobody knew it":            {unknown, "", workflow, "", workflow},
		"outside CI":                {v1, full, "", full, ""},
	} {
		cfg := shop()
		cfg.To = string(test.to)
		run := ciRun("rollback")
		run.Revision = test.run
		p, err := plan.Build(cfg, plan.Artifact{}, run, now)
		if err != nil {
			t.Fatal(err)
		}
		facts := fleet()
		for host, f := range facts {
			facts[host] = kept(f, v3, verified(test.to), verified(v3))
		}
		facts["jobs1"].History[0].Revision = test.recorded
		s, err := plan.Resolve(p, facts)
		if err != nil {
			t.Fatal(name, err)
		}
		if s.Revision != test.revision || s.WorkflowRevision != test.workflow {
			t.Errorf("%s: %q of workflow %q, wanted %q of %q", name, s.Revision, s.WorkflowRevision, test.revision, test.workflow)
		}
		if got := s.Vars["web1"]["SLIPWAY_REVISION"]; got != test.revision {
			t.Errorf("%s: SLIPWAY_REVISION=%q", name, got)
		}
	}
}
