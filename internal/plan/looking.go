package plan

import (
	"slices"

	"github.com/slipway/slipway/internal/config"
	"github.com/slipway/slipway/internal/deploy"
)

// RollbackTarget is the release that a rollback goes to which names none, or why there is none. facts are those of all serving hosts; rule is
// what the environment demands of the run that built it, nil where it demands nothing.
func RollbackTarget(serving []deploy.Host, rule *deploy.ProvenanceRule, facts map[string]deploy.Facts) (deploy.ReleaseID, *deploy.Error) {
	return rollbackTarget(&Plan{Targets: serving, config: &config.Config{Provenance: rule}}, "", facts)
}

// What Way says of a release, beside good and unfinished.
const (
	Bad     = bad       // it failed its checks on a host
	Brought = "brought" // a host does not keep it, and a rollback brings it there
	Gone    = "gone"    // no host keeps it, or it cannot be brought to one that does not
	Refused = "refused" // the environment does not take what the run built that it is of
)

// Way says whether a rollback may go to a release, and of one that a host does not keep, or that a rule refuses, why. facts are those of
// the serving hosts; rule is what the environment demands of the run that built it, nil where it demands nothing.
func Way(id deploy.ReleaseID, serving []deploy.Host, rule *deploy.ProvenanceRule, facts map[string]deploy.Facts) (word, why string) {
	word, why = kept(id, serving, facts)
	if word == good || word == Brought {
		if err := rule.Refuse(provenanceOf(id, serving, facts)); err != nil {
			return Refused, err.Error()
		}
	}
	return word, why
}

// kept is Way, whatever run built the release.
func kept(id deploy.ReleaseID, serving []deploy.Host, facts map[string]deploy.Facts) (word, why string) {
	p := &Plan{Targets: serving}
	state, missing := condition(id, facts), lacking(id, p, facts)
	switch {
	case state == bad || len(missing) == 0:
		return state, ""
	case len(missing) == len(facts):
		for _, f := range facts {
			if r, _ := f.Release(id); r.Staged {
				return unfinished, ""
			}
		}
		return Gone, "no host keeps it"
	}
	lacks := deploy.List(missing, ", ", 3) + " does not keep it"
	if len(missing) > 1 {
		lacks = deploy.List(missing, ", ", 3) + " do not keep it"
	}
	if why := p.notBrought(id, missing, facts); why != "" {
		return Gone, lacks + ", and " + why
	}
	if state == unfinished {
		return state, ""
	}
	from := ""
	for _, h := range serving {
		if from == "" && !slices.Contains(missing, h.Name) {
			from = h.Name
		}
	}
	if !provenanceOf(id, serving, facts).IsZero() {
		from = "CI, or from " + from
	}
	return Brought, lacks + ": a rollback brings it there, from " + from
}

// LeftBehind are the deployments that died on hosts, in the order of their IDs, of hosts that nobody deploys to.
func LeftBehind(hosts []deploy.Host, facts map[string]deploy.Facts) []Dead {
	s := &Schedule{Plan: &Plan{}}
	for _, h := range hosts {
		if f, asked := facts[h.Name]; asked {
			s.Hosts = append(s.Hosts, Host{Host: h, Facts: f})
		}
	}
	return s.Dead(false)
}
