package plan

import (
	"slices"

	"slipway/internal/deploy"
)

// between are the releases that a rollback takes back: those that went live after its own, the newest first. There are none where it
// goes to a release that is newer than what is live.
func (p *Plan) between(facts map[string]deploy.Facts) []deploy.ReleaseID {
	live, before := p.beforeCurrent(wentLive(p, facts), facts)
	at := slices.Index(before, p.Release)
	if live == "" || at < 0 {
		return nil
	}
	ids := slices.Clone(before[at+1:])
	if !slices.Contains(before, live) {
		ids = append(ids, live)
	}
	slices.Reverse(ids)
	return ids
}

// instead are the releases that a rollback may be told to go to in place of its own, the newest first.
func (p *Plan) instead(facts map[string]deploy.Facts) (ids []deploy.ReleaseID) {
	live, _ := p.beforeCurrent(wentLive(p, facts), facts)
	for _, id := range slices.Backward(anywhere(facts)) {
		if id != p.Release && id != live && unfit(p, id, facts) == "" {
			ids = append(ids, id)
		}
	}
	return ids
}
