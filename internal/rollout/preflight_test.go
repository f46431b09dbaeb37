package rollout

import (
	"testing"

	"slipway/internal/deploy"
	"slipway/internal/plan"
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
			hosts = append(hosts, plan.Host{Before: link})
		}
		if got := startingPoint(hosts); got != want {
			t.Errorf("%q, wanted %q", got, want)
		}
	}
	lost := plan.Host{Facts: deploy.Facts{Current: deploy.CurrentLost}}
	if got := startingPoint([]plan.Host{lost}); got != "1 host, nothing live" {
		t.Error(got)
	}
	if got := startingPoint([]plan.Host{{Before: one}, lost}); got != "2 hosts, 1 on "+one.String()+", 1 with none" {
		t.Error(got)
	}
}
