package plan

import (
	"slices"

	"github.com/slipway/slipway/internal/deploy"
)

// keepFailures is how many failed releases stay for a look, beside the successes.
const keepFailures = 2

// Keep is the keep set of the whole fleet after an activation: what is live, what each host would unwind to, what unfinished
// deployments need, the newest successes, two failures. Every host keeps the same set, so that a rollback finds its release everywhere.
func (s *Schedule) Keep() []deploy.ReleaseID {
	return s.keep(s.KeepReleases, keepFailures, true)
}

// Pruned reports whether a host has nothing to delete, as far as it has been asked: the deployment ended there before, which is after its
// deleting, and no release lies there but those to keep.
func (h Host) Pruned(keep []deploy.ReleaseID) bool {
	own := h.Facts.Own
	if own == nil || own.Outcome != string(deploy.OutcomeActivated) && own.Outcome != string(deploy.OutcomeUnchanged) {
		return false
	}
	return !slices.ContainsFunc(h.Facts.Releases, func(r deploy.ReleaseFacts) bool { return !slices.Contains(keep, r.ID) })
}

// KeepBefore is the keep set before the release is brought to the hosts. Where a host lacks the room for it, only
// that stays which will stay when the release is live, and no failure.
func (s *Schedule) KeepBefore() []deploy.ReleaseID {
	if slices.ContainsFunc(s.Hosts, s.short) {
		return s.keepLeast()
	}
	return s.keep(s.KeepReleases, keepFailures, false)
}

// keepLeast is what must stay whatever room is wanted.
func (s *Schedule) keepLeast() []deploy.ReleaseID { return s.keep(s.KeepReleases-1, 0, false) }

// keep is what is needed, the newest successes, the newest failures, and as many that shards have prepared and that would be newer than what
// is live. live says that the release counts as a success.
func (s *Schedule) keep(successes, failures int, live bool) []deploy.ReleaseID {
	keep := []deploy.ReleaseID{s.Release}
	verified, failed, waiting := map[deploy.ReleaseID]bool{}, map[deploy.ReleaseID]bool{}, map[deploy.ReleaseID]bool{}
	if live {
		verified[s.Release] = true
	}
	for _, h := range s.Hosts {
		keep = append(keep, h.needed()...)
		keep = append(keep, s.adopted(h)...)
		if !live { // the link previous names something else by then
			keep = append(keep, LinkTo(h.Facts.Previous).Release)
		}
		for _, r := range h.Facts.Releases {
			switch {
			case !r.Staged: // half of one: it stays only where it is needed
			case r.Good():
				verified[r.ID] = true
			case r.Waiting && !r.Bad && r.ID > h.Facts.CurrentID && !(live && r.ID < s.Release):
				waiting[r.ID] = true
			default:
				failed[r.ID] = true
			}
		}
	}
	keep = append(keep, newest(verified, successes)...)
	for id := range verified {
		delete(failed, id)
	}
	for id := range waiting {
		delete(failed, id)
	}
	keep = append(keep, newest(failed, failures)...)
	keep = append(keep, newest(waiting, failures)...) // as many, so that shards whose rest never comes fill no disk
	slices.Sort(keep)
	return slices.DeleteFunc(slices.Compact(keep), func(id deploy.ReleaseID) bool { return id == "" })
}

// needed are the releases that a host runs, would go back to, or that a deployment which did not end may still go to.
func (h Host) needed() []deploy.ReleaseID {
	needed := []deploy.ReleaseID{h.Before.Release, h.Unwind.Release, h.Facts.CurrentID, LinkTo(h.Facts.CurrentTarget).Release}
	unfinished := h.Facts.Unfinished
	if h.Facts.Own != nil {
		unfinished = append(slices.Clone(unfinished), *h.Facts.Own)
	}
	for _, journal := range unfinished {
		needed = append(needed, Read(journal.Plan).Release)
		for _, entry := range journal.Live {
			needed = append(needed, entry.Release, LinkTo(entry.Target).Release, LinkTo(entry.Before).Release)
		}
	}
	return needed
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
