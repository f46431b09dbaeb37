package plan

import (
	"slices"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/config"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
)

// bringing is a rollback on web1, web2 and jobs1, where jobs1 and web2 lack the target in one way or another.
func bringing() (*Plan, map[string]deploy.Facts) {
	const old, live = deploy.ReleaseID("20261119-101500-77aa001-02be44"), deploy.ReleaseID("20261121-073000-1a2b3c4-9f3c51")
	p := &Plan{config: &config.Config{}, KeepReleases: 3}
	p.Command = "rollback"
	p.Targets = []deploy.Host{
		{Name: "web1", Roles: []string{"web", "api"}, Vars: map[string]string{"PORT": "1"}},
		{Name: "web2", Roles: []string{"api", "web"}, Vars: map[string]string{"PORT": "1"}},
		{Name: "lb1", NoRelease: true},
	}
	facts, tools := map[string]deploy.Facts{}, map[string]string{"gzip": "/bin/gzip"}
	for _, tool := range release.Required {
		tools[tool] = "/bin/" + tool
	}
	for _, h := range p.Targets {
		facts[h.Name] = deploy.Facts{
			Host: h.Name, Current: deploy.CurrentRelease, CurrentID: live, FreeBytes: -1, FreeInodes: -1, Tools: tools,
			Releases: []deploy.ReleaseFacts{{ID: old, Staged: true, Verified: true, Content: "c1"}, {ID: live, Staged: true, Verified: true, Content: "c2"}},
			History:  []deploy.HistoryEntry{{Release: old, Outcome: "activated", Revision: "77aa001f"}, {Release: live, Outcome: "activated"}},
		}
	}
	return p, facts
}

func TestToBring(t *testing.T) {
	t.Parallel()
	pruned := func(r *deploy.ReleaseFacts) { *r = deploy.ReleaseFacts{} }
	for name, c := range map[string]struct {
		there func(*deploy.ReleaseFacts) // what web2 has of the target
		plan  func(*Plan, map[string]deploy.Facts)
		why   string // why it is no way back; "" is that it is brought
		none  bool   // nothing has to be brought
	}{
		"everywhere":            {there: func(*deploy.ReleaseFacts) {}, none: true},
		"pruned":                {there: pruned},
		"half of one":           {there: func(r *deploy.ReleaseFacts) { r.Staged = false }},
		"brought half way":      {there: func(r *deploy.ReleaseFacts) { r.Verified, r.Failed = false, true }},
		"brought, and verified": {there: func(r *deploy.ReleaseFacts) { r.Failed = true }, none: true},
		"never live there":      {there: func(r *deploy.ReleaseFacts) { r.Verified = false }, why: "never live and verified on every host"},
		"bad there":             {there: func(r *deploy.ReleaseFacts) { r.Bad = true }, why: "failed its checks"},
		"another role":          {there: pruned, plan: func(p *Plan, _ map[string]deploy.Facts) { p.Targets[1].Roles = []string{"jobs"} }, why: "it is not on web2, and no host that has it has the roles and variables of web2"},
		"another variable":      {there: pruned, plan: func(p *Plan, _ map[string]deploy.Facts) { p.Targets[1].Vars = nil }, why: "roles and variables of web2"},
		"another tool's":        {there: pruned, plan: func(_ *Plan, f map[string]deploy.Facts) { f["web1"].Releases[0].Adopted = "7" }, why: "another tool made it"},
		"no manifest":           {there: pruned, plan: func(_ *Plan, f map[string]deploy.Facts) { f["web1"].Releases[0].Content = "" }, why: "do not say what is in it"},
		"never live on web1":    {there: pruned, plan: func(_ *Plan, f map[string]deploy.Facts) { f["web1"].Releases[0].Verified = false }, why: "roles and variables of web2"},
		"nowhere":               {there: pruned, plan: func(_ *Plan, f map[string]deploy.Facts) { pruned(&f["web1"].Releases[0]) }, why: "no host has it"},
	} {
		p, facts := bringing()
		target := facts["web2"].Releases[0].ID
		c.there(&facts["web2"].Releases[0])
		if c.plan != nil {
			c.plan(p, facts)
		}
		why := unfit(p, target, serving(p, facts))
		b, ok := p.ToBring(facts)
		switch {
		case c.why != "" && (ok || !strings.Contains(why, c.why)):
			t.Errorf("%s: %v, %q, wanted %q", name, ok, why, c.why)
		case c.why == "" && why != "":
			t.Errorf("%s: %s", name, why)
		case c.why == "" && ok == c.none:
			t.Errorf("%s: %v", name, ok)
		case ok && (b.Release != target || b.Content != "c1" || b.From != "web1" || !slices.Equal(b.To, []string{"web2"}) || b.Revision != "77aa001f"):
			t.Errorf("%s: %+v", name, b)
		}
	}
}

// Only the hosts that lack the release are prepared; what a step makes for all comes from one that has it.
func TestOnlyLacking(t *testing.T) {
	t.Parallel()
	p, facts := bringing()
	facts["web2"].Releases[0].Staged = false
	p.Artifact = Artifact{Content: "c1"}
	p.Prepare = []deploy.Step{
		{Name: "all", Hosts: []string{"web1", "web2"}},
		{Name: "once", Hosts: []string{"web1"}},
		{Name: "made", Hosts: []string{"web1"}, Source: "web1", Receivers: []string{"web2"}, Produces: []string{"dist"}},
	}
	s, err := Resolve(p, facts)
	if err != nil {
		t.Fatal(err)
	}
	if to := s.ToPrepare(); len(to) != 1 || to[0].Name != "web2" || to[0].Like != "web1" || to[0].Staged {
		t.Errorf("%+v", to)
	}
	if len(s.Prepare) != 2 || !slices.Equal(s.Prepare[0].Hosts, []string{"web2"}) || s.Prepare[1].Source != "web1" || len(s.Prepare[1].Hosts) > 0 || len(s.Migrate) > 0 {
		t.Errorf("%+v", s.Prepare)
	}
	// Its artifact alone is brought: where the hosts agree on another target by now, none is.
	p.Artifact.Content = "c3"
	if _, err := Resolve(p, facts); err == nil || !strings.Contains(err.Error(), "is not there") {
		t.Error(err)
	}
}
