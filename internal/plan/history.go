package plan

import "github.com/slipway/slipway/internal/deploy"

// HistoryEntry is the line that this deployment leaves in the history of a host on which it changes current, as far as it is the same
// on all.
func (s *Schedule) HistoryEntry() deploy.HistoryEntry {
	return deploy.HistoryEntry{
		Deployment: s.Deployment, Command: s.Command, Actor: s.Actor, RunURL: s.RunURL, Order: s.Stamp(), Revision: s.Revision, Provenance: s.Provenance, Override: s.Override,
	}
}
