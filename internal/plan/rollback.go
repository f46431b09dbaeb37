package plan

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"slipway/internal/deploy"
)

// rollbackTarget is the release to go back to, one for the whole fleet: a release ID, the start of a revision, or
// "previous": the newest of those that went live before what runs now, were verified on every host, and are not marked bad. A re-run
// goes to what the earlier attempt chose, as long as that may be gone back to: "previous" would be another one by now.
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
		if !p.anyTarget() && !p.asksFor(chosen, facts) {
			hint = "another target is another run; where one run rolls back twice, give each its `deployment_key`"
			return fail("an earlier attempt of this run goes back to %s, and %q is asked for now", chosen, p.To)
		}
		if condition(chosen, facts) == bad {
			return fail("%s is no way back: it failed its checks", chosen)
		}
		return chosen, nil
	}
	if p.anyTarget() {
		live, older := p.beforeCurrent(wentLive(p, facts, kept), facts)
		passed := ""
		for _, id := range slices.Backward(older) {
			if !slices.Contains(kept, string(id)) || condition(id, facts) != good {
				continue
			}
			err := p.refuseBuild(id, facts)
			if err == nil {
				return id, nil
			}
			passed += fmt.Sprintf("; %s is passed over: %s", id, err)
		}
		return fail("no verified release older than %s is kept on every host%s", orNone(live), passed)
	}
	var matches []string
	for _, id := range kept {
		if p.asksFor(deploy.ReleaseID(id), facts) || adoptedAs(deploy.ReleaseID(id), facts) == p.To {
			matches = append(matches, id)
		}
	}
	switch len(matches) {
	case 0:
		return fail("no release %q is kept on every host", p.To)
	case 1:
	default:
		return fail("%q names several releases: %s", p.To, strings.Join(matches, " "))
	}
	id := deploy.ReleaseID(matches[0])
	switch condition(id, facts) {
	case bad:
		return fail("%s is no way back: it failed its checks", id)
	case unfinished:
		return fail("%s is no way back: it was never live and verified on every host", id)
	}
	if err := p.refuseBuild(id, facts); err != nil {
		return fail("%s is no way back: %w", id, err)
	}
	return id, nil
}

// refuseBuild holds a release against what the environment demands of the run that built it, by what was recorded when it went live.
func (p *Plan) refuseBuild(id deploy.ReleaseID, facts map[string]deploy.Facts) error {
	return p.config.Provenance.Refuse(provenanceOf(id, p.Targets, facts))
}

// anyTarget reports whether a rollback leaves it to the hosts where to go.
func (p *Plan) anyTarget() bool { return p.To == "" || p.To == "previous" }

// asksFor reports whether a rollback names a release: by its ID, also as the links on a host have it, or by its commit or the start
// of that, as far as it is known.
func (p *Plan) asksFor(id deploy.ReleaseID, facts map[string]deploy.Facts) bool {
	if to := strings.TrimSuffix(p.To, "/"); to == string(id) || strings.HasSuffix(to, "releases/"+string(id)) {
		return true
	}
	to, known := strings.ToLower(p.To), commitOf(id, p.Targets, facts)
	if known == "" || !commit.MatchString(to) {
		return false
	}
	return strings.HasPrefix(known, to) || len(known) < 40 && strings.HasPrefix(to, known)
}

// commit is the whole of a commit's hash, or the start of it.
var commit = regexp.MustCompile(`^([0-9a-f]{4,40}|[0-9a-f]{64})$`)

// common are the releases that lie complete on every host, oldest first (their IDs begin with the time).
func common(facts map[string]deploy.Facts) []string {
	count := map[string]int{}
	for _, f := range facts {
		for _, r := range f.Releases {
			if r.Staged {
				count[string(r.ID)]++
			}
		}
	}
	var ids []string
	for id, n := range count {
		if n == len(facts) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// wentLive are releases in the order in which they first went live, as the first host that has a history tells it. The
// order of IDs is not enough: two releases of one second differ in their content alone. It is taken where no host has a history.
func wentLive(p *Plan, facts map[string]deploy.Facts, kept []string) []deploy.ReleaseID {
	var order []deploy.ReleaseID
	for _, target := range p.Targets {
		for _, entry := range facts[target.Name].History {
			if entry.Release != "" && entry.Outcome == "activated" && !slices.Contains(order, entry.Release) {
				order = append(order, entry.Release)
			}
		}
		if len(order) > 0 {
			return order
		}
	}
	for _, id := range kept {
		order = append(order, deploy.ReleaseID(id))
	}
	return order
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

// The conditions of a release that lies on every host.
const (
	good       = "good"       // verified on every host: it may be gone back to
	bad        = "bad"        // it failed its checks on one of them
	unfinished = "unfinished" // its deployment did not come to its end on one of them
)

// condition is what is known of a release on the fleet.
func condition(id deploy.ReleaseID, facts map[string]deploy.Facts) string {
	worst := good
	for _, f := range facts {
		switch r, _ := f.Release(id); {
		case r.Bad:
			return bad
		case !r.Verified:
			worst = unfinished
		}
	}
	return worst
}

// adoptedAs is the name of the folder of a release that another tool made; "" of one of Slipway's.
func adoptedAs(id deploy.ReleaseID, facts map[string]deploy.Facts) string {
	for _, f := range facts {
		if r, _ := f.Release(id); r.Adopted != "" {
			return r.Adopted
		}
	}
	return ""
}

// describe lists releases with their conditions.
func describe(kept []string, facts map[string]deploy.Facts) string {
	list := make([]string, len(kept))
	for i, id := range kept {
		list[i] = fmt.Sprintf("%s (%s)", id, condition(deploy.ReleaseID(id), facts))
		if name := adoptedAs(deploy.ReleaseID(id), facts); name != "" {
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
