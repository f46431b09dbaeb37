package activation

import (
	"testing"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/plan"
)

// What was not started here must not be stopped here: a program of the same name may be another's.
func TestRestarted(t *testing.T) {
	t.Parallel()
	const id, other = "20261121-073000-1a2b3c4-9f3c51", "20261119-101500-77aa001-02be44"
	journal := func(act deploy.LiveAct, id deploy.ReleaseID) deploy.JournalFacts {
		return deploy.JournalFacts{Live: []deploy.LiveEntry{{What: act, State: deploy.RecordIntent, Release: id}}}
	}
	host := func(facts deploy.Facts) plan.Host { return plan.Host{Host: deploy.Host{Name: "web1"}, Facts: facts} }
	own := journal(deploy.LiveRestart, id)
	for what, test := range map[string]struct {
		facts deploy.Facts
		want  bool
	}{
		"nothing":           {deploy.Facts{}, false},
		"switched alone":    {deploy.Facts{Unfinished: []deploy.JournalFacts{journal(deploy.LiveSwitch, id)}}, false},
		"another release":   {deploy.Facts{Unfinished: []deploy.JournalFacts{journal(deploy.LiveRestart, other)}}, false},
		"a dead deployment": {deploy.Facts{Unfinished: []deploy.JournalFacts{journal(deploy.LiveRestart, id)}}, true},
		"a dead attempt":    {deploy.Facts{Own: &own}, true},
	} {
		if got := (&Programs{}).restarted(host(test.facts), id); got != test.want {
			t.Errorf("%s: %v", what, got)
		}
	}
	p := &Programs{}
	p.began("web1", id)
	if !p.restarted(host(deploy.Facts{}), id) || p.restarted(host(deploy.Facts{}), other) {
		t.Error("what this deployment restarted is not told from what it did not")
	}
}
