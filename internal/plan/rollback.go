package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/config"
	"github.com/slipway/slipway/internal/deploy"
)

// rollbackTarget is the release to go back to, one for the whole fleet: one that has a name (see names), or "previous", the newest
// of those that went live before what runs now. It lies on every host, was verified on each, and is not marked bad on any. What an
// earlier attempt chose stays chosen, as long as it may be gone back to: what is live has changed since, what was asked for has not.
func rollbackTarget(p *Plan, chosen deploy.ReleaseID, facts map[string]deploy.Facts) (deploy.ReleaseID, *deploy.Error) {
	kept := common(facts)
	hint := "kept on every host: " + describe(kept, facts)
	if len(kept) == 0 {
		hint = "no release is kept on every host; deploy one"
	}
	fail := func(format string, args ...any) (deploy.ReleaseID, *deploy.Error) {
		return "", &deploy.Error{Op: "rollback", Phase: deploy.Preflight, Cause: fmt.Errorf(format, args...), Hint: hint}
	}
	if chosen != "" {
		if !p.anyTarget() && !p.names(chosen, facts) {
			hint = "another target is another run; where one run rolls back twice, give each its `deployment_key`"
			return fail("an earlier attempt of this run goes back to %s, and %s is asked for now", chosen, p.asked())
		}
		if condition(chosen, facts) == bad {
			return fail("%s is no way back: it failed its checks", chosen)
		}
		return chosen, nil
	}
	if p.anyTarget() {
		live, older := p.beforeCurrent(wentLive(p, facts), facts)
		for _, id := range slices.Backward(older) {
			if unfit(p, id, facts) == "" {
				return id, nil
			}
		}
		passed := strings.Join(append([]string{""}, p.passedOver(facts)...), "; ")
		return fail("no verified release older than %s is kept on every host%s", orNone(live), passed)
	}
	var named, fit []deploy.ReleaseID
	for _, id := range anywhere(facts) {
		if !p.names(id, facts) {
			continue
		}
		named = append(named, id)
		if unfit(p, id, facts) == "" {
			fit = append(fit, id)
		}
	}
	switch {
	case len(fit) == 1:
		return fit[0], nil
	case len(fit) > 1:
		hint = "name one by its ID: " + describe(fit, facts)
		return fail("%s names several releases: %s", p.asked(), join(fit))
	case len(named) == 0 && p.Ref.Why != nil:
		hint = p.Ref.Why.Hint + "; " + hint
		return fail("no release %s is kept on any host, and as a branch or tag it is not known: %w", p.asked(), p.Ref.Why.Cause)
	case len(named) == 0:
		if p.Ref.Commit == "" && config.IsRef(p.To) && !hexName.MatchString(p.To) {
			hint += "; of a branch or tag give the commit, as `git rev-list -n 1` prints it"
		}
		return fail("no release %s is kept on any host", p.asked())
	case len(named) > 1:
		return fail("%s names %s, and none of them is a way back", p.asked(), join(named))
	}
	id := named[0]
	if len(lacking(id, p, facts)) > 0 && condition(id, facts) != bad && adoptedAs(id, facts) == "" {
		hint = "deploy its artifact again, which brings it to every host"
		if url := deployedBy(id, p, facts); url != "" {
			hint += " (it was deployed by " + url + ")"
		}
		hint += "; or choose one that is kept on every host: " + describe(kept, facts)
	}
	return fail("%s is no way back: %s", id, unfit(p, id, facts))
}

// passedOver says why "previous" passes over releases: those that it meets before the plan's own, where it has one. One that no host
// has any more nobody expects, and nothing is said of it.
func (p *Plan) passedOver(facts map[string]deploy.Facts) (texts []string) {
	_, older := p.beforeCurrent(wentLive(p, facts), facts)
	for _, id := range slices.Backward(older) {
		if id == p.Release {
			break
		}
		if why := unfit(p, id, facts); why != "" && len(lacking(id, p, facts)) < len(facts) {
			texts = append(texts, fmt.Sprintf("%s is passed over: %s", id, why))
		}
	}
	return texts
}

// unfit says why a release is no way back; "" of one that is.
func unfit(p *Plan, id deploy.ReleaseID, facts map[string]deploy.Facts) string {
	state := condition(id, facts)
	if state == bad {
		return "it failed its checks"
	}
	if missing := lacking(id, p, facts); len(missing) > 0 {
		if why := p.notBrought(id, missing, facts); why != "" {
			return "it is not on " + strings.Join(missing, ", ") + ", and " + why
		}
	}
	if state == unfinished {
		return "it was never live and verified on every host"
	}
	if err := p.refuseBuild(id, facts); err != nil {
		return err.Error()
	}
	return ""
}

// refuseBuild holds a release against what the environment demands of the run that built it, by what was recorded when it went live.
func (p *Plan) refuseBuild(id deploy.ReleaseID, facts map[string]deploy.Facts) error {
	return p.config.Provenance.Refuse(provenanceOf(id, p.Targets, facts))
}

// anyTarget reports whether a rollback leaves it to the hosts where to go.
func (p *Plan) anyTarget() bool { return p.To == "" || p.To == "previous" }

// serving are the facts of the hosts that get releases.
func serving(p *Plan, facts map[string]deploy.Facts) map[string]deploy.Facts {
	left := map[string]deploy.Facts{}
	for _, h := range deploy.WithRelease(p.Targets) {
		left[h.Name] = facts[h.Name]
	}
	return left
}

// anywhere are the releases that lie complete on any host, oldest first (their IDs begin with the time).
func anywhere(facts map[string]deploy.Facts) (ids []deploy.ReleaseID) {
	for _, f := range facts {
		for _, r := range f.Releases {
			if whole(r) {
				ids = append(ids, r.ID)
			}
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// common are the releases that lie complete on every host, oldest first.
func common(facts map[string]deploy.Facts) []deploy.ReleaseID {
	return slices.DeleteFunc(anywhere(facts), func(id deploy.ReleaseID) bool {
		for _, f := range facts {
			if r, _ := f.Release(id); !whole(r) {
				return true
			}
		}
		return false
	})
}

// whole reports whether a release lies complete on a host, and is not one that a rollback brought there and did not come to its end with.
func whole(r deploy.ReleaseFacts) bool { return r.Staged && (r.Verified || !r.Failed) }

// lacking are the hosts on which a release does not lie complete, in the plan's order.
func lacking(id deploy.ReleaseID, p *Plan, facts map[string]deploy.Facts) (missing []string) {
	for _, target := range deploy.WithRelease(p.Targets) {
		if r, _ := facts[target.Name].Release(id); !whole(r) {
			missing = append(missing, target.Name)
		}
	}
	return missing
}

// wentLive are releases in the order in which they first went live, as the histories of all hosts tell it together: what one host
// has not seen stands before what followed it on another. IDs do not tell: two releases of one second are told apart by their
// content. Where no host has a history it is the order of IDs.
func wentLive(p *Plan, facts map[string]deploy.Facts) (order []deploy.ReleaseID) {
	for _, target := range p.Targets {
		var seen []deploy.ReleaseID
		for _, entry := range facts[target.Name].History {
			if entry.Release != "" && entry.Outcome == "activated" && !slices.Contains(seen, entry.Release) {
				seen = append(seen, entry.Release)
			}
		}
		at := len(order)
		for _, id := range slices.Backward(seen) {
			if known := slices.Index(order, id); known >= 0 {
				at = known
			} else {
				order = slices.Insert(order, at, id)
			}
		}
	}
	if len(order) == 0 {
		return common(facts)
	}
	return order
}

// deployedBy is the page of the run that took a release into service first; "" where none is known.
func deployedBy(id deploy.ReleaseID, p *Plan, facts map[string]deploy.Facts) string {
	for _, target := range p.Targets {
		for _, entry := range facts[target.Name].History {
			if entry.Release == id && entry.RunURL != "" {
				return entry.RunURL
			}
		}
	}
	return ""
}

// beforeCurrent finds the last release of an order that any host runs now, and returns it and those before it. Where no host runs
// any of them, all of them are before. Where nothing is live any more, what was until then is among those before.
func (p *Plan) beforeCurrent(order []deploy.ReleaseID, facts map[string]deploy.Facts) (live deploy.ReleaseID, before []deploy.ReleaseID) {
	for i, id := range slices.Backward(order) {
		lost := false
		for _, f := range facts {
			if known, _ := f.Release(id); f.CurrentID == id || known.Live {
				return id, order[:i]
			}
			nothing := f.Current == deploy.CurrentLost || f.Current == deploy.CurrentNone
			lost = lost || nothing && lastLive(p.Deployment, f) == id
		}
		if lost {
			return id, order[:i+1]
		}
	}
	return "", order
}

// The conditions of a release on the hosts that have it.
const (
	good       = "good"       // verified on all of them: it may be gone back to
	bad        = "bad"        // it failed its checks on one
	unfinished = "unfinished" // its deployment did not come to its end on one
)

// condition is what is known of a release on the fleet.
func condition(id deploy.ReleaseID, facts map[string]deploy.Facts) string {
	worst := good
	for _, f := range facts {
		switch r, _ := f.Release(id); {
		case r.Bad:
			return bad
		case whole(r) && !r.Verified:
			worst = unfinished
		}
	}
	return worst
}

// join lists releases.
func join(ids []deploy.ReleaseID) string {
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = string(id)
	}
	return strings.Join(list, ", ")
}

// adoptedAs is the name of the folder of a release that another tool made; "" of one of Slipway's.
func adoptedAs(id deploy.ReleaseID, facts map[string]deploy.Facts) string {
	for _, host := range slices.Sorted(maps.Keys(facts)) {
		if r, _ := facts[host].Release(id); r.Adopted != "" {
			return r.Adopted
		}
	}
	return ""
}

// describe lists releases with their conditions.
func describe(kept []deploy.ReleaseID, facts map[string]deploy.Facts) string {
	list := make([]string, len(kept))
	for i, id := range kept {
		list[i] = fmt.Sprintf("%s (%s)", id, condition(id, facts))
		if name := adoptedAs(id, facts); name != "" {
			list[i] += ", another tool's " + name
		}
	}
	return strings.Join(list, ", ")
}

func orNone(id deploy.ReleaseID) string {
	if id == "" {
		return "the one that is live"
	}
	return string(id)
}
