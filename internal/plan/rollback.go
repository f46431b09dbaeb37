package plan

import (
	"fmt"
	"slices"
	"strings"

	"slipway/internal/deploy"
)

// rollbackTarget is the release to go back to, one for the whole fleet: a release ID, the start of a revision, or
// "previous": the newest one that was verified on every host, is not marked bad, and that not every host runs now.
func rollbackTarget(p *Plan, facts map[string]deploy.Facts) (deploy.ReleaseID, *deploy.Error) {
	kept := common(facts)
	hint := "kept on every host: " + strings.Join(kept, " ")
	if len(kept) == 0 {
		hint = "no release is kept on every host; deploy one"
	}
	fail := func(format string, args ...any) (deploy.ReleaseID, *deploy.Error) {
		return "", &deploy.Error{Op: "rollback", Phase: deploy.Preflight, Cause: fmt.Errorf(format, args...), Hint: hint}
	}
	if p.To == "" || p.To == "previous" {
		before := newestCurrent(p, facts)
		for _, id := range slices.Backward(kept) {
			if deploy.ReleaseID(id) < before && good(deploy.ReleaseID(id), facts) {
				return deploy.ReleaseID(id), nil
			}
		}
		return fail("no verified release older than %s is kept on every host", orNone(before))
	}
	var matches []string
	for _, id := range kept {
		if id == p.To || (len(p.To) >= 4 && strings.HasPrefix(deploy.ReleaseID(id).Revision(), p.To[:min(len(p.To), 7)])) {
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
	return deploy.ReleaseID(matches[0]), nil
}

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

func newestCurrent(p *Plan, facts map[string]deploy.Facts) deploy.ReleaseID {
	var newest deploy.ReleaseID
	for _, target := range p.Targets {
		newest = max(newest, facts[target.Name].CurrentID)
	}
	return newest
}

func good(id deploy.ReleaseID, facts map[string]deploy.Facts) bool {
	for _, f := range facts {
		if r, ok := f.Release(id); !ok || !r.Verified || r.Bad {
			return false
		}
	}
	return true
}

func orNone(id deploy.ReleaseID) string {
	if id == "" {
		return "the one that is live"
	}
	return string(id)
}
