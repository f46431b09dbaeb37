package plan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway/slipway/internal/config"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/plan"
)

// producing is the shop with a step of the web hosts that produces something, and another step after it.
func producing() *config.Config {
	cfg := shop()
	cfg.Prepare = []deploy.Step{
		{Name: "Collect", Phase: deploy.Prepare, Number: 1, Run: "collect", Once: true, Roles: []string{"web"}, Produces: []string{"static"}},
		{Name: "Warm", Phase: deploy.Prepare, Number: 2, Run: "warm"},
	}
	return cfg
}

func planned(t *testing.T, cfg *config.Config) *plan.Plan {
	t.Helper()
	p, err := plan.Build(cfg, built, ciRun("deploy"), now)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// parts are who makes and who gets what a plan's first step produces.
func parts(p *plan.Plan) [][]string { return [][]string{p.Prepare[0].Hosts, p.Prepare[0].Receivers} }

func TestReceivers(t *testing.T) {
	t.Parallel()
	p := planned(t, producing())
	if diff := cmp.Diff([][]string{{"web2"}, {"web1"}}, parts(p)); diff != "" { // web2 is the primary
		t.Error(diff)
	}
	if diff := cmp.Diff([][]string{{"web2"}, {}}, parts(p.Without("web1"))); diff != "" {
		t.Error(diff)
	}
	cfg := producing()
	cfg.Prepare[0].Produces = nil
	if got := parts(planned(t, cfg)); got[1] != nil {
		t.Errorf("a step that produces nothing has receivers: %q", got)
	}
}

// A primary that an earlier attempt chose stays, and the others are who receives.
func TestReceiversOfAPinnedPrimary(t *testing.T) {
	t.Parallel()
	facts := fleet()
	first, err := plan.Resolve(planned(t, producing()), facts)
	if err != nil {
		t.Fatal(err)
	}
	record, err := first.JSON()
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range facts {
		f.Own = &deploy.JournalFacts{Plan: record}
		facts[name] = f
	}
	cfg := producing()
	for i := range cfg.Hosts {
		cfg.Hosts[i].Primary = cfg.Hosts[i].Name == "web1"
	}
	p := planned(t, cfg)
	if diff := cmp.Diff([][]string{{"web1"}, {"web2"}}, parts(p)); diff != "" {
		t.Error(diff)
	}
	again, err := plan.Resolve(p, facts)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]string{{"web2"}, {"web1"}}, parts(again.Plan)); diff != "" {
		t.Error(diff)
	}
}

// What a host gets from another is part of what later steps work on there, and of nothing on hosts that do not get it.
func TestFingerprintAfterReceiving(t *testing.T) {
	t.Parallel()
	warm := func(change func(*deploy.Step), host string) string {
		cfg := producing()
		change(&cfg.Prepare[0])
		p := planned(t, cfg)
		return p.On(host, p.Prepare[1]).Fingerprint
	}
	same, other := func(*deploy.Step) {}, func(s *deploy.Step) { s.Run = "collect more" }
	for host, depends := range map[string]bool{"web1": true, "web2": true, "jobs1": false} {
		if changed := warm(same, host) != warm(other, host); changed != depends {
			t.Errorf("%s: its next step is another one: %v", host, changed)
		}
	}
}
