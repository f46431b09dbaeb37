package plan

import (
	"slices"

	"github.com/slipway/slipway/internal/deploy"
)

// Back is what a rollback goes back over and where else it may go, as far as the hosts' facts tell; zero of what is no rollback.
func (s *Schedule) Back() deploy.Back {
	if !s.Rollback() || s.Reconcile {
		return deploy.Back{}
	}
	facts := map[string]deploy.Facts{}
	for _, h := range s.Serving() {
		facts[h.Name] = h.Facts
	}
	back := deploy.Back{Instead: s.instead(facts)}
	live, over := s.over(facts)
	if len(over) > 0 {
		back.Over = over
		back.From, back.To = commitOf(live, s.Targets, facts), commitOf(s.Release, s.Targets, facts)
	}
	return back
}

// over are the releases that went live after the one that a rollback goes to, the newest first, and the one that is live. There are none
// where it goes to a release that is newer than what is live.
func (p *Plan) over(facts map[string]deploy.Facts) (live deploy.ReleaseID, ids []deploy.ReleaseID) {
	live, before := p.beforeCurrent(wentLive(p, facts), facts)
	at := slices.Index(before, p.Release)
	if live == "" || at < 0 {
		return live, nil
	}
	ids = slices.Clone(before[at+1:])
	if !slices.Contains(before, live) {
		ids = append(ids, live)
	}
	slices.Reverse(ids)
	return live, ids
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
