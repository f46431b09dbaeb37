package plan

import "github.com/slipway/slipway/internal/deploy"

// replaced is what the deployment replaces, in all its attempts: what an earlier one made live counts for nothing.
func (s *Schedule) replaced(facts map[string]deploy.Facts) deploy.Replaced {
	for _, h := range s.Serving() {
		if id := h.Before.Release; id != "" {
			return deploy.Replaced{Release: id, Commit: commitOf(id, s.Targets, facts)}
		}
	}
	return deploy.Replaced{}
}
