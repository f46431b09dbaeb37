package plan_test

import (
	"errors"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/plan"
)

// scheduleAfter is the schedule of run 412 on a fleet whose web2 has a history.
func scheduleAfter(t *testing.T, person bool, history ...deploy.HistoryEntry) *plan.Schedule {
	t.Helper()
	run := ciRun("deploy")
	run.Person = person
	p, err := plan.Build(shop(), built, run, now)
	if err != nil {
		t.Fatal(err)
	}
	facts := fleet()
	f := facts["web2"]
	f.History = history
	facts["web2"] = f
	s, err := plan.Resolve(p, facts)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func line(release deploy.ReleaseID, order deploy.Order, outcome string) deploy.HistoryEntry {
	return deploy.HistoryEntry{Release: release, Order: order, Outcome: outcome, Deployment: deploy.DeploymentID("of " + order)}
}

func TestNeverBack(t *testing.T) {
	t.Parallel()
	own := line(v2, "s/1#900", "activated")
	own.Deployment = ciRun("deploy").Identity.ID()
	own.Deployment = scheduleAfter(t, false).Deployment
	cases := map[string]struct {
		person  bool
		history []deploy.HistoryEntry
		want    any
	}{
		"first deployment":         {false, nil, nil},
		"after an older run":       {false, []deploy.HistoryEntry{line(v1, "s/1#411", "activated")}, nil},
		"numbers, not text":        {false, []deploy.HistoryEntry{line(v1, "s/1#99", "activated")}, nil},
		"before a newer run":       {false, []deploy.HistoryEntry{line(v1, "s/1#413", "activated")}, new(*plan.Superseded)},
		"a person's word":          {true, []deploy.HistoryEntry{line(v1, "s/1#413", "activated")}, nil},
		"another repository":       {false, []deploy.HistoryEntry{line(v1, "s/2#3", "activated")}, new(*plan.Incomparable)},
		"from a command line":      {false, []deploy.HistoryEntry{line(v1, "", "activated")}, nil},
		"its own earlier attempt":  {false, []deploy.HistoryEntry{own}, nil},
		"newer one was unwound":    {false, []deploy.HistoryEntry{line(v1, "s/1#400", "activated"), line(v2, "s/1#413", "activated"), line(v1, "s/1#413", "unwound")}, nil},
		"unwound to a newer run's": {false, []deploy.HistoryEntry{line(v1, "s/1#413", "activated"), line(v2, "s/1#414", "activated"), line(v1, "s/1#414", "unwound")}, new(*plan.Superseded)},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := scheduleAfter(t, c.person, c.history...).InOrder()
			if c.want == nil {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !errors.As(err, c.want) {
				t.Errorf("got %v, wanted a %T", err, c.want)
			}
		})
	}
}

func TestStamp(t *testing.T) {
	t.Parallel()
	if got := scheduleAfter(t, false, line(v1, "s/1#400", "activated")).Stamp(); got != "s/1#412" {
		t.Errorf("got %s", got)
	}
	if got := scheduleAfter(t, true, line(v1, "s/1#500", "activated")).Stamp(); got != "s/1#500" {
		t.Errorf("a person's older run leaves %s: run 450 would be let in after it", got)
	}
}

func TestAdoption(t *testing.T) {
	t.Parallel()
	p, err := plan.Build(shop(), built, ciRun("deploy"), now)
	if err != nil {
		t.Fatal(err)
	}
	first, err := plan.Resolve(p, fleet())
	if err != nil {
		t.Fatal(err)
	}
	record, err := first.JSON()
	if err != nil {
		t.Fatal(err)
	}
	again := func(content plan.Artifact) *plan.Schedule {
		p, err := plan.Build(shop(), content, ciRun("deploy"), now.AddDate(0, 0, 1))
		if err != nil {
			t.Fatal(err)
		}
		facts := fleet()
		f := facts["web2"]
		f.Own = &deploy.JournalFacts{ID: p.Deployment, Plan: record}
		facts["web2"] = f
		s, err := plan.Resolve(p, facts)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	same := again(built)
	if same.Release != first.Release {
		t.Errorf("the second attempt makes %s of the same content, wanted %s", same.Release, first.Release)
	}
	if got := same.Activations["web1"].Verify[0].HTTP.Header; len(got) != 1 || got[0] != "X-Release: "+string(first.Release) {
		t.Errorf("the check asks for %q", got)
	}
	other := built
	other.Content = "00" + built.Content[2:]
	if s := again(other); s.Release == first.Release {
		t.Error("another content became the same release")
	}
}

// Two deployments of one second and content are two releases: the second has steps and a restart of its own.
func TestReleaseOfAnotherDeploymentIsNotAdopted(t *testing.T) {
	t.Parallel()
	p, err := plan.Build(shop(), built, ciRun("deploy"), now)
	if err != nil {
		t.Fatal(err)
	}
	facts := fleet()
	f := facts["web2"]
	f.Releases = append(f.Releases, deploy.ReleaseFacts{ID: p.Release, Staged: true, Verified: true})
	facts["web2"] = f
	s, err := plan.Resolve(p, facts)
	if err != nil {
		t.Fatal(err)
	}
	if want := deploy.NewReleaseID(now.Add(time.Second), p.Revision, p.ContentSHA); s.Release != want {
		t.Errorf("the release is %s, wanted %s", s.Release, want)
	}
}

// A rollback goes back, whatever run is live.
func TestRollbackIsInOrder(t *testing.T) {
	t.Parallel()
	facts := liveFacts()
	for host, f := range facts {
		f.History = []deploy.HistoryEntry{line(v2, "s/1#800", "activated"), line(v3, "s/1#900", "activated")}
		facts[host] = f
	}
	if s, _ := preview(t, "deploy", facts); s.InOrder() == nil {
		t.Error("an older run deploys over a newer one")
	}
	s, view := preview(t, "rollback", facts)
	if s == nil {
		t.Fatal(view.Refusals)
	}
	if err := s.InOrder(); err != nil {
		t.Errorf("a rollback: %v", err)
	}
}

// Who is superseded is told of the rollback to its own content only where that is good on every host.
func TestAllTheSame(t *testing.T) {
	t.Parallel()
	own := deploy.NewReleaseID(now, "1a2b3c4", content)
	for name, test := range map[string]struct {
		own  deploy.ReleaseFacts
		want string
	}{
		"good": {verified(own), "slipway rollback -e production --to " + string(own)},
		"bad":  {deploy.ReleaseFacts{ID: own, Staged: true, Verified: true, Bad: true}, ""},
	} {
		facts := fleet()
		for host, f := range facts {
			facts[host] = kept(f, v3, test.own, verified(v3))
		}
		if s, _ := preview(t, "deploy", facts); s.AllTheSame().Command != test.want {
			t.Errorf("%s: %q", name, s.AllTheSame().Command)
		}
	}
}
