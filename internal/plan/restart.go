package plan

import "github.com/slipway/slipway/internal/deploy"

// Trace puts a restart back to where it began. A CI names the run that it restarts, not the one that this restarted in its turn; but all of
// them are of one commit, so that the oldest run which brought that to a host is the one to go by.
func (p *Plan) Trace(facts map[string]deploy.Facts) {
	if !p.restart || p.Revision == "" {
		return
	}
	for _, f := range facts {
		for _, entry := range f.History {
			if sign, ok := entry.Order.Compare(p.Order); ok && sign < 0 && entry.Revision == p.Revision {
				p.Order = entry.Order
			}
		}
	}
}
