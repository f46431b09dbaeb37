package plan

import (
	"slices"

	"github.com/slipway/slipway/internal/deploy"
)

// UnwindTarget is where a host goes back to from the release `next` of the deployment `begun`, where current named `before`: the newest verified release of the
// host's history that is not marked bad, also where current leads nowhere or was removed by hand. Where there is none, it is what
// current named, whatever that is, if it is still there; else nothing. A release that it names always lies on the host.
func UnwindTarget(begun deploy.DeploymentID, next deploy.ReleaseID, before Link, f deploy.Facts) Link {
	if before.Release == "" && !before.None() {
		return before
	}
	candidates := []deploy.ReleaseID{before.Release}
	if before.Release != "" || f.Current == deploy.CurrentLost || before.None() && lastLive(begun, f) != "" {
		for _, entry := range slices.Backward(f.History) {
			candidates = append(candidates, entry.Release)
		}
	}
	for _, id := range candidates {
		if r, ok := f.Release(id); ok && id != next && r.Staged && r.Good() {
			return To(id)
		}
	}
	r, there := f.Release(before.Release)
	switch {
	case !there || before.Release == next:
		return Link{}
	case !r.Staged: // its records are gone: it is switched to like another tool's
		return Link{Target: before.Target}
	}
	return before
}
