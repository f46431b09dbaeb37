package plan

import (
	"slices"

	"slipway/internal/deploy"
)

// keepFailures is how many failed releases stay for a look, beside the successes.
const keepFailures = 2

// Keep is the keep set of the whole fleet after an activation: what is live, what each host would unwind to, the newest
// successes, two failures. Every host keeps the same set, so that a rollback finds its release everywhere.
func (s *Schedule) Keep() []deploy.ReleaseID {
	keep := []deploy.ReleaseID{s.Release}
	verified, failed := map[deploy.ReleaseID]bool{s.Release: true}, map[deploy.ReleaseID]bool{}
	for _, h := range s.Hosts {
		keep = append(keep, h.Before.Release, h.Unwind.Release)
		for _, r := range h.Facts.Releases {
			if r.Good() {
				verified[r.ID] = true
			} else {
				failed[r.ID] = true
			}
		}
	}
	keep = append(keep, newest(verified, s.KeepReleases)...)
	for id := range verified {
		delete(failed, id)
	}
	keep = append(keep, newest(failed, keepFailures)...)
	slices.Sort(keep)
	return slices.DeleteFunc(slices.Compact(keep), func(id deploy.ReleaseID) bool { return id == "" })
}

// newest are the n newest releases; their IDs begin with the time.
func newest(set map[deploy.ReleaseID]bool, n int) []deploy.ReleaseID {
	ids := make([]deploy.ReleaseID, 0, len(set))
	for id := range set {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids[max(0, len(ids)-n):]
}
