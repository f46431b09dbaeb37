package plan_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway/slipway/internal/config"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/plan"
)

// How far the earlier attempt came is what its journals say on any of the hosts; one that ended well is gone on from in no phase.
func TestEarlierAttempt(t *testing.T) {
	t.Parallel()
	build := func() *plan.Plan {
		p, err := plan.Build(shop(), built, ciRun("deploy"), now)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	first, err := plan.Resolve(build(), fleet())
	if err != nil {
		t.Fatal(err)
	}
	record, err := first.JSON()
	if err != nil {
		t.Fatal(err)
	}
	prepared := []deploy.StepFacts{{Folder: "prepare-1-install", Try: 1, Status: "exit 0"}}
	migrated := append([]deploy.StepFacts{{Folder: "migrate-1-migrate", Try: 1, Status: "exit 1"}}, prepared...)
	switched := []deploy.LiveEntry{{What: deploy.LiveSwitch, State: deploy.RecordIntent, Release: first.Release}}
	at := func(phase deploy.Phase) *deploy.Attempt {
		return &deploy.Attempt{Number: 1, Actor: "anna", Phase: phase}
	}
	for name, test := range map[string]struct {
		own  map[string]deploy.JournalFacts
		want *deploy.Attempt
	}{
		"none":                     {nil, nil},
		"it prepared":              {map[string]deploy.JournalFacts{"web1": {Steps: prepared}}, at(deploy.Prepare)},
		"it migrated on one host":  {map[string]deploy.JournalFacts{"web1": {Steps: prepared}, "web2": {Steps: migrated}}, at(deploy.Migrate)},
		"it switched one":          {map[string]deploy.JournalFacts{"web2": {Steps: migrated}, "jobs1": {Live: switched}}, at(deploy.Activate)},
		"it ended well":            {map[string]deploy.JournalFacts{"web1": {Live: switched, Outcome: "activated"}, "web2": {Outcome: "unchanged"}}, at("")},
		"it ended well on one":     {map[string]deploy.JournalFacts{"web1": {Live: switched, Outcome: "activated"}, "web2": {Steps: migrated}}, at(deploy.Activate)},
		"it failed in preparation": {map[string]deploy.JournalFacts{"web1": {Steps: prepared, Outcome: "failed"}}, at(deploy.Prepare)},
	} {
		facts := fleet()
		for host, own := range test.own {
			f := facts[host]
			own.ID, own.Plan = first.Deployment, record
			f.Own = &own
			facts[host] = f
		}
		s, err := plan.Resolve(build(), facts)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(test.want, s.Header.Earlier); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	// A CI that counts no attempts has made one.
	var uncounted plan.Record
	if err := json.Unmarshal(record, &uncounted); err != nil {
		t.Fatal(err)
	}
	uncounted.Attempt = 0
	text, err := json.Marshal(uncounted)
	if err != nil {
		t.Fatal(err)
	}
	counted := fleet()
	own := counted["web1"]
	own.Own = &deploy.JournalFacts{ID: first.Deployment, Plan: text, Steps: prepared}
	counted["web1"] = own
	if s, err := plan.Resolve(build(), counted); err != nil || s.Header.Earlier == nil || s.Header.Earlier.Number != 1 {
		t.Errorf("a CI that counts no attempts: %v, %+v", err, s)
	}
	// The post step goes on with nothing: it brings back.
	run := ciRun("deploy")
	run.Reconcile = true
	p, err := plan.Build(shop(), built, run, now)
	if err != nil {
		t.Fatal(err)
	}
	facts := fleet()
	f := facts["web1"]
	f.Own = &deploy.JournalFacts{ID: first.Deployment, Plan: record, Steps: prepared}
	facts["web1"] = f
	if s, err := plan.Resolve(p, facts); err != nil || s.Header.Earlier != nil {
		t.Errorf("the post step: %v, %v", s, err)
	}
}

// What a rollback passes over is said where the hosts choose its target, and not where a person named it.
func TestPassedOver(t *testing.T) {
	t.Parallel()
	bad := deploy.ReleaseFacts{ID: v2, Staged: true, Verified: true, Bad: true}
	for to, want := range map[string][]string{"": {string(v2) + " is passed over: it failed its checks"}, "previous": {string(v2) + " is passed over: it failed its checks"}, string(v1): nil} {
		cfg := shop()
		cfg.To = to
		if diff := cmp.Diff(want, skipped(t, cfg, "rollback", verified(v1), bad, verified(v3))); diff != "" {
			t.Errorf("to %q: %s", to, diff)
		}
	}
	if got := skipped(t, shop(), "deploy", verified(v1), bad, verified(v3)); got != nil {
		t.Errorf("a deployment passes over %v", got)
	}
}

// skipped is what a command passes over on a fleet that keeps these releases and runs v3.
func skipped(t *testing.T, cfg *config.Config, command string, releases ...deploy.ReleaseFacts) []string {
	t.Helper()
	p, facts := keeping(t, cfg, command, releases...)
	s, err := plan.Resolve(p, facts)
	if err != nil {
		t.Fatal(err)
	}
	return s.Skipped
}

// keeping is a command's plan, and a fleet that keeps these releases and runs v3.
func keeping(t *testing.T, cfg *config.Config, command string, releases ...deploy.ReleaseFacts) (*plan.Plan, map[string]deploy.Facts) {
	t.Helper()
	about := built
	if command == "rollback" {
		about = plan.Artifact{}
	}
	p, err := plan.Build(cfg, about, ciRun(command), now)
	if err != nil {
		t.Fatal(err)
	}
	facts := fleet()
	for host, f := range facts {
		facts[host] = kept(f, v3, releases...)
	}
	return p, facts
}
