package plan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/plan"
)

// A host that served a release and serves none now is named, with the way back. One that never did is not, nor one from which this
// deployment, or one before it, removed current because there was nothing to go back to.
func TestNothingLive(t *testing.T) {
	t.Parallel()
	entry := func(id deploy.ReleaseID, by deploy.DeploymentID) deploy.HistoryEntry {
		return deploy.HistoryEntry{Release: id, Deployment: by, Outcome: "activated"}
	}
	for name, test := range map[string]struct {
		facts  deploy.Facts
		unwind plan.Link
		want   []string
	}{
		"a release":        {deploy.Facts{Current: deploy.CurrentRelease, History: []deploy.HistoryEntry{entry(v1, "d1")}}, plan.To(v1), nil},
		"never deployed":   {deploy.Facts{Current: deploy.CurrentNone}, plan.Link{}, nil},
		"an attempt's own": {deploy.Facts{Current: deploy.CurrentNone, History: []deploy.HistoryEntry{entry(v1, "own")}}, plan.Link{}, nil},
		"it went back to none": {
			deploy.Facts{Current: deploy.CurrentNone, History: []deploy.HistoryEntry{entry(v1, "d1"), {Before: v1, Outcome: "unwound", Deployment: "d1"}}}, plan.Link{}, nil,
		},
		"leads nowhere": {
			deploy.Facts{Current: deploy.CurrentLost, CurrentTarget: "releases/gone"},
			plan.To(v1),
			[]string{"web1: current leads nowhere: releases/gone is no folder. Nothing is live; if this fails it goes back to " + string(v1)},
		},
		"removed by hand": {
			deploy.Facts{Current: deploy.CurrentNone, History: []deploy.HistoryEntry{entry(v1, "d1"), entry(v2, "d2")}},
			plan.To(v1),
			[]string{"web1: current was removed by hand: it named " + string(v2) + ". Nothing is live; if this fails it goes back to " + string(v1)},
		},
		"removed by hand, nothing good": {
			deploy.Facts{Current: deploy.CurrentNone, History: []deploy.HistoryEntry{entry(v1, "d1")}},
			plan.Link{},
			[]string{"web1: current was removed by hand: it named " + string(v1) + ". Nothing is live; there is nothing to go back to"},
		},
	} {
		s := &plan.Schedule{
			Plan:  &plan.Plan{Header: deploy.Header{Deployment: "own"}},
			Hosts: []plan.Host{{Host: deploy.Host{Name: "web1"}, Facts: test.facts, Unwind: test.unwind}},
		}
		if diff := cmp.Diff(test.want, s.NothingLive()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
