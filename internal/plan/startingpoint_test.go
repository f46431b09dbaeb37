package plan_test

import (
	"testing"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/plan"
)

func TestStartingPoint(t *testing.T) {
	t.Parallel()
	one, two := plan.To("20261119-101500-77aa001-02be44"), plan.To("20261121-073000-1a2b3c4-9f3c51")
	foreign := plan.Link{Target: "releases/20240131120000"}
	none := plan.Link{}
	for want, links := range map[string][]plan.Link{
		"1 host, first deployment":                        {none},
		"1 host, on " + one.String():                      {one},
		"1 host, on releases/20240131120000":              {foreign},
		"3 hosts, first deployment":                       {none, none, none},
		"3 hosts, all on " + one.String():                 {one, one, one},
		"3 hosts, on 2 different releases":                {one, two, one},
		"3 hosts, 2 on " + one.String() + ", 1 with none": {one, none, one},
		"3 hosts, 1 on " + one.String() + ", 2 with none": {none, none, one},
		"3 hosts, 2 on 2 different releases, 1 with none": {two, none, one},
	} {
		var hosts []plan.Host
		for _, link := range links {
			hosts = append(hosts, onLink(link))
		}
		if got := (&plan.Schedule{Plan: &plan.Plan{}, Hosts: hosts}).StartingPoint(); got != want {
			t.Errorf("%q, wanted %q", got, want)
		}
	}
	lost := plan.Host{Facts: deploy.Facts{Current: deploy.CurrentLost}}
	removed := plan.Host{Facts: deploy.Facts{Current: deploy.CurrentNone, History: []deploy.HistoryEntry{{Release: one.Release, Outcome: "activated", Deployment: "d"}}}}
	for name, h := range map[string]plan.Host{"leads nowhere": lost, "removed by hand": removed} {
		if got := (&plan.Schedule{Plan: &plan.Plan{}, Hosts: []plan.Host{h}}).StartingPoint(); got != "1 host, nothing live" {
			t.Errorf("%s: %s", name, got)
		}
		if got := (&plan.Schedule{Plan: &plan.Plan{}, Hosts: []plan.Host{onLink(one), h}}).StartingPoint(); got != "2 hosts, 1 on "+one.String()+", 1 with none" {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// running is a host whose current is a link; the zero link is none.
func onLink(link plan.Link) plan.Host {
	current := deploy.CurrentRelease
	switch {
	case link.None():
		current = deploy.CurrentNone
	case link.Foreign() != "":
		current = deploy.CurrentForeign
	}
	return plan.Host{Facts: deploy.Facts{Current: current, CurrentTarget: link.Target, CurrentID: link.Release}}
}
