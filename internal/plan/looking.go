package plan

import (
	"slices"

	"slipway/internal/config"
	"slipway/internal/deploy"
)

// RollbackTarget is the release that a rollback goes to which names none, or why there is none. facts are those of all serving hosts; rule is
// what the environment demands of the run that built it, nil where it demands nothing.
func RollbackTarget(serving []deploy.Host, rule *deploy.ProvenanceRule, facts map[string]deploy.Facts) (deploy.ReleaseID, *deploy.Error) {
	return rollbackTarget(&Plan{Targets: serving, config: &config.Config{Provenance: rule}}, "", facts)
}

// Conditions of a release to which no rollback goes.
const (
	Bad  = bad    // it failed its checks on a host
	Gone = "gone" // a host does not keep it
)

// Condition says whether a rollback may go to a release: good, bad, unfinished or gone.
func Condition(id deploy.ReleaseID, facts map[string]deploy.Facts) string {
	if !slices.Contains(common(facts), id) {
		return Gone
	}
	return condition(id, facts)
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
