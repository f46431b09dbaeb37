package page

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/inspect"
)

var asked = time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC)

func ago(days float64) time.Time {
	return asked.Add(-time.Duration(days * 24 * float64(time.Hour)))
}

// deployed is a deployment that put a commit live so many days ago.
func deployed(days float64, release, revision string) inspect.Deployment {
	return inspect.Deployment{
		ID: deploy.DeploymentID(release), Command: "deploy", Release: deploy.ReleaseID(release), Revision: revision, Hosts: 1,
		Begun: ago(days).Add(-time.Minute), LiveAt: ago(days), Activated: []string{"web1"}, Outcome: deploy.OutcomeActivated,
	}
}

func TestFigures(t *testing.T) {
	t.Parallel()
	unwound := deployed(10, "u", "ccccccc")
	unwound.LiveAt, unwound.UnwoundAt, unwound.Outcome, unwound.Activated, unwound.Unwound = time.Time{}, unwound.Begun.Add(3*time.Minute), deploy.OutcomeUnwound, nil, []string{"web1"}
	failed := deployed(9, "f", "ddddddd")
	failed.LiveAt, failed.Outcome, failed.Activated = time.Time{}, deploy.OutcomeFailed, nil
	rollback := deployed(4.5, "a", "aaaaaaa")
	rollback.ID, rollback.Command, rollback.Before = "r", "rollback", "b"
	again := deployed(3, "a2", "aaaaaaa")
	for name, test := range map[string]struct {
		newestFirst []inspect.Deployment
		commits     map[string]time.Time
		want        []string // value and note of each
	}{
		"nothing": {nil, nil, []string{
			"", "the records go back less than a week: 0 deployments", "", "the times of the commits were not given",
			"", "nothing was deployed in this time", "", "nothing was deployed in this time",
		}},
		"the first week": {[]inspect.Deployment{deployed(1, "b", "bbbbbbb"), deployed(2, "a", "aaaaaaa")}, nil, []string{
			"", "the records go back less than a week: 2 deployments", "", "the times of the commits were not given",
			"0 %", "0 of 2 deployments", "none", "nothing failed in this time",
		}},
		"all kinds": {
			[]inspect.Deployment{again, rollback, deployed(5, "b", "bbbbbbb"), failed, unwound, deployed(28, "a", "aaaaaaa")},
			map[string]time.Time{"aaaaaaa0000000000000000000000000000000": ago(28.5), "bbbbbbb": ago(6), "ddddddd": ago(9)},
			[]string{
				"0.8", "3 deployments in 28 days", "18.0 h", "of 2 of 2 commits", "50 %", "2 of 4 deployments", "6.0 h", "of 2 failures",
			},
		},
		"older than 90 days": {[]inspect.Deployment{deployed(80, "c", "ccccccc"), deployed(100, "b", "bbbbbbb")}, map[string]time.Time{"other": ago(1)}, []string{
			"0.1", "1 deployment in 90 days", "", "none of the commits' times is known", "0 %", "0 of 1 deployment", "none", "nothing failed in this time",
		}},
	} {
		var got []string
		for _, f := range figures(inspect.History{Head: inspect.Head{Asked: asked}, Deployments: test.newestFirst}, test.commits) {
			got = append(got, f.Value, f.Note)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
