package plan_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway/slipway/internal/config"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/plan"
)

// limited is a configuration of which only some hosts are selected.
func limited(cfg *config.Config, names ...string) *config.Config {
	cfg.Unlimited = cfg.Hosts
	cfg.Hosts = slices.DeleteFunc(slices.Clone(cfg.Hosts), func(h deploy.Host) bool { return !slices.Contains(names, h.Name) && !h.NoRelease })
	return cfg
}

// A step that runs once runs on the primary of the whole environment, or the limit is refused; another step for hosts that are left
// out is not in the plan.
func TestLimit(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, command string
		hosts         []string
		want          string // of the problems; "" is a plan
	}{
		{"both primaries", "deploy", []string{"web2", "jobs1"}, ""},
		{"without the web's primary", "deploy", []string{"web1", "jobs1"}, `step "Migrate" runs on web2, which ` + "`limit` leaves out"},
		{"without the workers", "deploy", []string{"web1", "web2"}, `step "Quiet" runs on jobs1, which ` + "`limit` leaves out"},
		{"a rollback runs no migrate step", "rollback", []string{"web1"}, ""},
	} {
		cfg := limited(shop(), test.hosts...)
		p, err := plan.Build(cfg, built, ciRun(test.command), now)
		var problems deploy.Problems
		if test.want != "" {
			if !errors.As(err, &problems) || len(problems) != 1 || !strings.Contains(problems[0].Message, test.want) {
				t.Errorf("%s: got %v, want %q", test.name, err, test.want)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		for _, s := range slices.Concat(p.Prepare, p.Migrate, p.Finish) {
			for _, host := range s.Hosts {
				if !slices.Contains(test.hosts, host) {
					t.Errorf("%s: %s runs on %s", test.name, s.Name, host)
				}
			}
		}
		if got := len(p.LeftOut) + len(p.Header.Hosts); got != 3 || len(p.Header.Hosts) != len(test.hosts) {
			t.Errorf("%s: hosts %v, left out %v", test.name, p.Header.Hosts, p.LeftOut)
		}
		if warnings := p.Split(); len(warnings) != 1 || !strings.Contains(warnings[0], "the fleet is split") {
			t.Errorf("%s: warns %q", test.name, warnings)
		}
		if diff := cmp.Diff(p.Split(), p.Preview().Warnings); diff != "" {
			t.Errorf("%s: the preview does not warn: %s", test.name, diff)
		}
	}
	p, err := plan.Build(shop(), built, ciRun("deploy"), now)
	if err != nil || p.Split() != nil {
		t.Errorf("no limit: %v, %v", p.Split(), err)
	}
}

// What is not for the selected hosts is left out without a word where nothing depends on it, and refused where something does.
func TestLimitLeavesOutSteps(t *testing.T) {
	t.Parallel()
	cfg := shop()
	cfg.Migrate = []deploy.Step{{Name: "Quiet", Phase: deploy.Migrate, Roles: []string{"worker"}}}
	p, err := plan.Build(limited(cfg, "web1"), built, ciRun("deploy"), now)
	if err != nil || len(p.Migrate) != 0 || len(p.Prepare) != 2 {
		t.Errorf("%v, %v, %v", p, err, p.Migrate)
	}
	cfg = shop()
	cfg.Migrate, cfg.Ensure = nil, []deploy.Step{{Name: "Page", Phase: deploy.Ensure, Via: "worker"}}
	_, err = plan.Build(limited(cfg, "web1"), built, ciRun("deploy"), now)
	if err == nil || !strings.Contains(err.Error(), `step "Page" runs on jobs1, which `+"`limit` leaves out") {
		t.Errorf("got %v", err)
	}
}

// The hosts that are left out go on answering: one of three may be drained alone.
func TestLimitAndDrains(t *testing.T) {
	t.Parallel()
	cfg := func() *config.Config {
		return &config.Config{
			App: "shop", KeepReleases: 3, Timeout: time.Minute,
			Hosts: []deploy.Host{
				{Name: "lb", DeployPath: "/srv/shop", Roles: []string{"balancer"}, NoRelease: true},
				{Name: "web1", DeployPath: "/srv/shop", Roles: []string{"web"}},
				{Name: "web2", DeployPath: "/srv/shop", Roles: []string{"web"}},
				{Name: "web3", DeployPath: "/srv/shop", Roles: []string{"web", "edge"}},
			},
			Activation: map[string]deploy.Activation{"": {Drain: []deploy.Drain{{Step: deploy.Step{Name: "Drain"}, Role: "balancer"}}}},
		}
	}
	if _, err := plan.Build(cfg(), built, ciRun("deploy"), now); err == nil {
		t.Error("all at once are drained")
	}
	p, err := plan.Build(limited(cfg(), "web1"), built, ciRun("deploy"), now)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"lb"}, p.Drains["web1"][0].Executors); diff != "" {
		t.Error(diff)
	}
	byEdge := cfg()
	byEdge.Activation[""].Drain[0].Role = "edge"
	_, err = plan.Build(limited(byEdge, "web1"), built, ciRun("deploy"), now)
	if err == nil || !strings.Contains(err.Error(), "nobody can drain web1: `limit` leaves out the hosts with the role `edge`") {
		t.Errorf("got %v", err)
	}
}
