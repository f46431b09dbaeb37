package plan_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway/slipway/internal/config"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/plan"
)

// sharded is the shop with a step in the middle of prepare that runs once, and a balancer, as one of several jobs deploys it.
func sharded(shard deploy.Shard) *config.Config {
	cfg := shop()
	cfg.Shard = shard
	cfg.Hosts = append(cfg.Hosts, deploy.Host{Name: "lb1", DeployPath: "/srv/shop", NoRelease: true, Roles: []string{"balancer"}})
	cfg.Prepare = []deploy.Step{
		{Name: "Install", Phase: deploy.Prepare, Number: 1},
		{Name: "Collect", Phase: deploy.Prepare, Number: 2, Once: true, Produces: []string{"static"}, Roles: []string{"web"}},
		{Name: "Warm", Phase: deploy.Prepare, Number: 3},
	}
	return cfg
}

// ready are the facts of hosts that can take part.
func ready(cfg *config.Config) map[string]deploy.Facts {
	facts := map[string]deploy.Facts{}
	for _, h := range cfg.Hosts {
		facts[h.Name] = fine(h.Name)
	}
	return facts
}

func schedule(t *testing.T, cfg *config.Config, facts map[string]deploy.Facts) *plan.Schedule {
	t.Helper()
	p, err := plan.Build(cfg, built, ciRun("deploy"), now)
	if err != nil {
		t.Fatal(err)
	}
	s, err := plan.Resolve(p, facts)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A shard has every n-th host that gets the release; it asks the primary, too, where the release is named.
func TestShardHosts(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		shard        deploy.Shard
		mine, others []string
		asked        []string
	}{
		{deploy.Shard{Number: 1, Of: 2}, []string{"web1", "jobs1"}, []string{"web2"}, []string{"web1", "jobs1", "web2"}},
		{deploy.Shard{Number: 2, Of: 2}, []string{"web2"}, []string{"web1", "jobs1"}, []string{"web2"}},
		{deploy.Shard{Number: 4, Of: 4}, []string{}, []string{"web1", "web2", "jobs1"}, []string{}},
		{deploy.Shard{Rest: true}, []string{"web1", "web2", "jobs1", "lb1"}, nil, []string{"web1", "web2", "jobs1", "lb1"}},
	} {
		cfg := sharded(test.shard)
		s := schedule(t, cfg, ready(cfg))
		if diff := cmp.Diff(test.mine, s.Header.Hosts); diff != "" {
			t.Errorf("%s: %s", test.shard, diff)
		}
		if diff := cmp.Diff(test.others, s.Others); diff != "" {
			t.Errorf("%s: others: %s", test.shard, diff)
		}
		if diff := cmp.Diff(test.asked, deploy.HostNames(plan.Asked(cfg, false))); diff != "" {
			t.Errorf("%s: asked: %s", test.shard, diff)
		}
	}
}

// A shard runs what comes before the first step that runs once. What it writes down of the plan is what the job that goes on does:
// hosts, primaries, fingerprints.
func TestShardWritesDownTheWholePlan(t *testing.T) {
	t.Parallel()
	record := func(shard deploy.Shard) (r plan.Record) {
		cfg := sharded(shard)
		text, err := schedule(t, cfg, ready(cfg)).JSON()
		if err != nil || json.Unmarshal(text, &r) != nil {
			t.Fatal(err)
		}
		return r
	}
	want := record(deploy.Shard{Rest: true, Of: 2})
	for n := range 2 {
		part := deploy.Shard{Number: n + 1, Of: 2}
		if diff := cmp.Diff(want, record(part)); diff != "" {
			t.Errorf("%s: %s", part, diff)
		}
		cfg := sharded(part)
		steps := schedule(t, cfg, ready(cfg)).PrepareHere()
		if len(steps) != 1 || steps[0].Name != "Install" || !slices.Equal(steps[0].Hosts, deploy.HostNames(plan.Asked(cfg, true))) {
			t.Errorf("%s runs %+v", part, steps)
		}
	}
}

// Of what shards have prepared the newest two are kept that are newer than what is live, beside as many failures; where room is short,
// none.
func TestKeepsWhatShardsPrepared(t *testing.T) {
	t.Parallel()
	id := func(day string) deploy.ReleaseID { return deploy.ReleaseID("202611" + day + "-000000-1a2b3c4-9f3c51") }
	waiting := func(day string) deploy.ReleaseFacts {
		return deploy.ReleaseFacts{ID: id(day), Staged: true, Waiting: true}
	}
	failed := func(day string) deploy.ReleaseFacts { return deploy.ReleaseFacts{ID: id(day), Staged: true} }
	cfg := shop()
	cfg.KeepReleases = 1
	facts := ready(cfg)
	for name, f := range facts {
		f.Current, f.CurrentID, f.CurrentTarget = deploy.CurrentRelease, id("10"), "releases/"+string(id("10"))
		f.Releases = []deploy.ReleaseFacts{
			waiting("09"),
			{ID: id("10"), Staged: true, Verified: true},
			waiting("11"), waiting("12"), waiting("13"),
			{ID: id("14"), Staged: true, Waiting: true, Bad: true},
			failed("15"), failed("16"), waiting("25"),
		}
		for i := range f.Releases {
			f.Releases[i].Size.Bytes = 1
		}
		facts[name] = f
	}
	s := schedule(t, cfg, facts)
	if diff := cmp.Diff([]deploy.ReleaseID{id("10"), id("13"), id("15"), id("16"), s.Release, id("25")}, s.KeepBefore()); diff != "" {
		t.Errorf("before: %s", diff)
	}
	if diff := cmp.Diff([]deploy.ReleaseID{id("10"), id("15"), id("16"), s.Release, id("25")}, s.Keep()); diff != "" {
		t.Errorf("after: %s", diff)
	}
	for name, f := range facts {
		f.FreeBytes = built.Needs().Bytes - 1
		facts[name] = f
	}
	if diff := cmp.Diff([]deploy.ReleaseID{id("10"), s.Release}, schedule(t, cfg, facts).KeepBefore()); diff != "" {
		t.Errorf("where room is short: %s", diff)
	}
}
