package plan

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/slipway/slipway/internal/deploy"
)

// Needs is the room that a host must have for the release of the artifact.
func (a Artifact) Needs() deploy.Room {
	return deploy.Room{Bytes: a.Bytes + marginBytes, Inodes: a.Inodes + marginInodes}
}

// What is to stay free beside the release: for logs, journals and what else writes there.
const marginBytes, marginInodes = 16 << 20, 64

// Lacks reports whether a host has less free than the plan's release needs there; false for one that does not say how much it has.
func (p *Plan) Lacks(host deploy.Host, f deploy.Facts) bool {
	return !host.NoRelease && p.brings() && !p.Reconcile && !p.Upkeep() && lacks(f.Free(), p.Artifact.Needs())
}

// full reports whether a host has no room to do anything for the plan's release.
func (p *Plan) full(host deploy.Host, f deploy.Facts) bool {
	return p.Lacks(host, f) && lacks(f.Free(), deploy.Room{Bytes: fullBytes, Inodes: fullInodes})
}

// A disk with less than this free is full: a step's log alone takes some of it.
const fullBytes, fullInodes = 1 << 20, 16

func lacks(free, needs deploy.Room) bool {
	return free.Bytes >= 0 && free.Bytes < needs.Bytes || free.Inodes >= 0 && free.Inodes < needs.Inodes
}

// short reports whether a host lacks the room for the release, which is to be brought there.
func (s *Schedule) short(h Host) bool { return !h.Staged && s.Lacks(h.Host, h.Facts) }

// Surplus are the releases that may be deleted on a host before the release is brought to the fleet, oldest first.
func (s *Schedule) Surplus(h Host) []deploy.ReleaseFacts {
	return without(h.Facts.Releases, s.KeepOn(h))
}

// KeepOn is KeepBefore on one host: where an earlier attempt filled the disk, what that left of the release goes, too.
func (s *Schedule) KeepOn(h Host) []deploy.ReleaseID {
	return slices.DeleteFunc(s.KeepBefore(), func(id deploy.ReleaseID) bool { return h.Anew && id == s.Release })
}

// Removable are the releases that may be deleted on a host at any time, oldest first.
func (s *Schedule) Removable(h Host) []deploy.ReleaseFacts {
	return without(h.Facts.Releases, s.keepLeast())
}

func without(releases []deploy.ReleaseFacts, keep []deploy.ReleaseID) []deploy.ReleaseFacts {
	left := slices.DeleteFunc(slices.Clone(releases), func(r deploy.ReleaseFacts) bool { return slices.Contains(keep, r.ID) })
	slices.SortFunc(left, func(a, b deploy.ReleaseFacts) int { return cmp.Compare(a.ID, b.ID) })
	return left
}

// judgeRoom refuses a host that has too little room, also once what may go is gone.
func (s *Schedule) judgeRoom(h Host) []deploy.Finding {
	if !s.short(h) {
		return nil
	}
	surplus := s.Surplus(h)
	gain := h.Facts.Left
	for _, r := range surplus {
		gain.Bytes += max(0, r.Size.Bytes)
		gain.Inodes += max(0, r.Size.Inodes)
	}
	free, needs := h.Facts.Free(), s.Artifact.Needs()
	gained, hint := "", "free space there"
	if gain.Bytes > 0 {
		gained = fmt.Sprintf(", and %s more once old releases are deleted", deploy.Size(gain.Bytes))
	}
	if kept := len(h.Facts.Releases) - len(surplus); kept > 0 && s.KeepReleases > 1 {
		hint += fmt.Sprintf(", or lower `keep_releases` (%d): releases that it keeps are still here, beside what is live and the way back", s.KeepReleases)
	}
	var found []deploy.Finding
	if free.Bytes >= 0 && free.Bytes+gain.Bytes < needs.Bytes {
		found = append(found, fail(h.Name, deploy.CheckSpace, fmt.Sprintf("%s has %s free%s; the release takes %s, and %s are to stay free beside it", h.DeployPath,
			deploy.Size(free.Bytes), gained, deploy.Size(s.Artifact.Bytes), deploy.Size(marginBytes)), hint))
	}
	if free.Inodes >= 0 && free.Inodes+gain.Inodes < needs.Inodes {
		found = append(found, fail(h.Name, deploy.CheckInodes, fmt.Sprintf("%s has %d inodes free, the release needs %d", h.DeployPath, free.Inodes+gain.Inodes, needs.Inodes), "many small files: "+hint))
	}
	return found
}
