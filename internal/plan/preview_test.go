package plan_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/plan"
)

// preview is what a command would do on a fleet; a test may change the plan's configuration and the facts before.
func preview(t *testing.T, command string, facts map[string]deploy.Facts, unreachable ...string) (*plan.Schedule, deploy.Preview) {
	t.Helper()
	cfg := shop()
	cfg.Rollout.FailureBudget = 1
	about := built
	if command == "rollback" {
		about = plan.Artifact{}
	}
	p, err := plan.Build(cfg, about, ciRun(command), now)
	if err != nil {
		t.Fatal(err)
	}
	var errs deploy.Errors
	for _, host := range unreachable {
		delete(facts, host)
		errs = append(errs, &deploy.Error{Op: "connect", Host: host, Cause: errors.New("no route"), Hint: "look"})
	}
	return p.Against(facts, errs)
}

// running is the fleet with v3 live.
func liveFacts() map[string]deploy.Facts {
	facts := fleet()
	for host, f := range facts {
		facts[host] = kept(f, v3, verified(v1), verified(v2), verified(v3))
	}
	return facts
}

// As many hosts may be missing as the failure budget says, and none that the others need.
func TestPreviewOfHostsThatCannotBeReached(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		hosts   []string
		refused []string
	}{
		"all there":                {nil, nil},
		"one that can be left out": {[]string{"web1"}, nil},
		"the primary":              {[]string{"web2"}, []string{"web2"}},
		"one that a step needs":    {[]string{"jobs1"}, []string{"jobs1"}},
		"more than the budget":     {[]string{"web1", "jobs1"}, []string{"jobs1"}},
	} {
		s, view := preview(t, "deploy", liveFacts(), test.hosts...)
		var refused []string
		for _, err := range view.Refusals {
			refused = append(refused, err.Host)
		}
		if diff := cmp.Diff(test.refused, refused); diff != "" || (s == nil) != (test.refused != nil) || view.Offline {
			t.Errorf("%s: schedule %v, offline %t, refused: %s", name, s != nil, view.Offline, diff)
		}
		told := slices.ContainsFunc(view.Warnings, func(w string) bool { return strings.HasPrefix(w, "web1 cannot be reached: the others go on") })
		if want := test.refused == nil && len(test.hosts) > 0; told != want {
			t.Errorf("%s: warns %q", name, view.Warnings)
		}
	}
	cfg := shop() // no budget: not one host may be missing
	p, err := plan.Build(cfg, built, ciRun("deploy"), now)
	if err != nil {
		t.Fatal(err)
	}
	if s, view := p.Against(liveFacts(), deploy.Errors{{Host: "web1", Cause: errors.New("no route")}}); s != nil || len(view.Refusals) != 1 {
		t.Errorf("without a budget: %v, %v", s, view.Refusals)
	}
}

// The release is brought to hosts that lack it: by a deployment to all, by join to those that do not run it, by a rollback to none.
func TestToPrepare(t *testing.T) {
	t.Parallel()
	names := func(hosts []plan.Host) (all []string) {
		for _, h := range hosts {
			all = append(all, h.Name)
		}
		return all
	}
	s, view := preview(t, "deploy", liveFacts())
	if diff := cmp.Diff([]string{"web1", "web2", "jobs1"}, names(s.ToPrepare())); diff != "" || len(view.Upload) != 3 {
		t.Errorf("deploy: %s, upload to %v", diff, view.Upload)
	}
	if s, view = preview(t, "rollback", liveFacts()); len(s.ToPrepare()) > 0 || len(view.Upload) > 0 {
		t.Errorf("rollback: %v, upload to %v", names(s.ToPrepare()), view.Upload)
	}

	live := deploy.NewReleaseID(now, "1a2b3c4", content)
	facts := liveFacts()
	for _, host := range []string{"web2", "jobs1"} {
		f := kept(fine(facts[host].ID), live, verified(live))
		f.History[0].At, f.History[0].Outcome = now, "activated"
		facts[host] = f
	}
	if s, view = preview(t, "join", facts); s == nil {
		t.Fatal(view.Refusals)
	}
	if diff := cmp.Diff([]string{"web1"}, names(s.ToPrepare())); diff != "" || len(view.Upload) != 1 {
		t.Errorf("join: %s, upload to %v", diff, view.Upload)
	}
	// A deployment that an earlier attempt brought to two hosts goes through their steps again, and sends them nothing.
	first, _ := preview(t, "deploy", liveFacts())
	record, err := first.JSON()
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"web2", "jobs1"} {
		f := facts[host]
		f.Own = &deploy.JournalFacts{ID: first.Deployment, Plan: record}
		facts[host] = f
	}
	s, view = preview(t, "deploy", facts)
	if diff := cmp.Diff([]string{"web1", "web2", "jobs1"}, names(s.ToPrepare())); diff != "" || !slices.Equal(view.Upload, []string{"web1"}) {
		t.Errorf("deploy, the second attempt: %s, upload to %v", diff, view.Upload)
	}
}

// What a dead deployment left half done is reconciled first, and said; what never came to the live site is not.
func TestPreviewOfLeftovers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		runs deploy.ReleaseID
		live []deploy.LiveEntry
		want []string
	}{
		"a switch":        {after, switched(), []string{"what the deployment dead left half done is reconciled first"}},
		"nothing of note": {before, []deploy.LiveEntry{}, nil},
	} {
		facts := liveFacts()
		f := kept(fine("a"), test.runs, verified(before), deploy.ReleaseFacts{ID: after, Staged: true})
		f.Unfinished = runs("web1", test.runs, false, test.live).Facts.Unfinished
		facts["web1"] = f
		_, view := preview(t, "deploy", facts)
		if diff := cmp.Diff(test.want, view.Ahead); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// That nothing verifies the release is a warning of the preview, too.
func TestPreviewWarnsOfNoCheck(t *testing.T) {
	t.Parallel()
	_, view := preview(t, "deploy", liveFacts()) // jobs1 has no check
	if !slices.ContainsFunc(view.Warnings, func(w string) bool { return strings.HasPrefix(w, "nothing verifies this release on jobs1") }) {
		t.Errorf("%q", view.Warnings)
	}
}
