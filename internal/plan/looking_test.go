package plan

import (
	"testing"

	"github.com/slipway/slipway/internal/deploy"
)

// A release that a host does not keep is brought there by a rollback, or is gone.
func TestWay(t *testing.T) {
	t.Parallel()
	pruned := func(r *deploy.ReleaseFacts) { *r = deploy.ReleaseFacts{} }
	for name, c := range map[string]struct {
		first, second func(*deploy.ReleaseFacts) // what web1 and web2 have of it
		built         bool                       // a run is recorded that built it
		rule          *deploy.ProvenanceRule
		word, why     string
	}{
		"everywhere":           {word: "good"},
		"bad on one":           {second: func(r *deploy.ReleaseFacts) { r.Bad = true }, word: "bad"},
		"bad, and pruned":      {first: func(r *deploy.ReleaseFacts) { r.Bad = true }, second: pruned, word: "bad"},
		"not verified on one":  {second: func(r *deploy.ReleaseFacts) { r.Verified = false }, word: "unfinished"},
		"pruned on one":        {second: pruned, word: "brought", why: "web2 does not keep it: a rollback brings it there, from web1"},
		"pruned on the first":  {first: pruned, built: true, word: "brought", why: "web1 does not keep it: a rollback brings it there, from CI, or from web2"},
		"brought half way":     {second: func(r *deploy.ReleaseFacts) { r.Verified, r.Failed = false, true }, word: "brought", why: "web2 does not keep it: a rollback brings it there, from web1"},
		"nowhere":              {first: pruned, second: pruned, word: "gone", why: "no host keeps it"},
		"half of it anywhere":  {first: pruned, second: func(r *deploy.ReleaseFacts) { r.Verified, r.Failed = false, true }, word: "unfinished"},
		"of another tool":      {first: func(r *deploy.ReleaseFacts) { r.Adopted = "7" }, second: pruned, word: "gone", why: "web2 does not keep it, and another tool made it"},
		"of no known run":      {rule: &deploy.ProvenanceRule{}, word: "refused", why: "no run is known that built it, and `provenance` asks for one"},
		"of a run that fits":   {built: true, rule: &deploy.ProvenanceRule{}, word: "good"},
		"of none, and pruned":  {second: pruned, rule: &deploy.ProvenanceRule{}, word: "refused", why: "no run is known that built it, and `provenance` asks for one"},
		"of none, and bad":     {first: func(r *deploy.ReleaseFacts) { r.Bad = true }, rule: &deploy.ProvenanceRule{}, word: "bad"},
		"never verified there": {first: func(r *deploy.ReleaseFacts) { r.Verified = false }, second: pruned, word: "gone", why: "web2 does not keep it, and no host that has it has the roles and variables of web2: how it is restarted and verified there is not known"},
	} {
		p, facts := bringing()
		for host, change := range map[string]func(*deploy.ReleaseFacts){"web1": c.first, "web2": c.second} {
			if change != nil {
				change(&facts[host].Releases[0])
			}
			if c.built {
				facts[host].History[0].Provenance = deploy.Provenance{RunID: 7}
			}
		}
		serving := deploy.WithRelease(p.Targets)
		delete(facts, "lb1")
		if word, why := Way("20261119-101500-77aa001-02be44", serving, c.rule, facts); word != c.word || why != c.why {
			t.Errorf("%s: %s, %q", name, word, why)
		}
	}
}
