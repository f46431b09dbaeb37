package plan_test

import (
	"testing"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/plan"
)

// The restart of a restart is no newer than what ran in between, where a host knows its commit.
func TestTrace(t *testing.T) {
	t.Parallel()
	run := ciRun("deploy")
	order := run.Identity.Order()
	older := deploy.Identity{Server: run.Identity.Server, Repository: run.Identity.Repository, RunID: "1"}.Order()
	foreign := deploy.Identity{Server: run.Identity.Server, Repository: "another", RunID: "1"}.Order()
	history := func(order deploy.Order, revision string) map[string]deploy.Facts {
		return map[string]deploy.Facts{"web1": {}, "web2": {History: []deploy.HistoryEntry{{Order: order, Revision: revision}, {Order: order + "0000000", Revision: revision}}}}
	}
	for name, test := range map[string]struct {
		restart bool
		facts   map[string]deploy.Facts
		want    deploy.Order
	}{
		"a restart of a restart":        {true, history(older, run.Revision), older},
		"of another commit":             {true, history(older, "another"), order},
		"of a commit that is not known": {true, history(older, ""), order},
		"of another repository":         {true, history(foreign, run.Revision), order},
		"no restart":                    {false, history(older, run.Revision), order},
	} {
		run.Restart = test.restart
		p, err := plan.Build(shop(), built, run, now)
		if err != nil {
			t.Fatal(err)
		}
		p.Trace(test.facts)
		if p.Order != test.want {
			t.Errorf("%s: %s, wanted %s", name, p.Order, test.want)
		}
	}
}
