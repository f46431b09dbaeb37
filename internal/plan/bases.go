package plan

import (
	"cmp"
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/config"
	"github.com/slipway/slipway/internal/deploy"
)

// mostBases is how many releases of a host are looked at for what they have in common with the new one.
const mostBases = 4

// Bases are the releases on a host that the new one may be made of: what is live, then the newest. A release that may be pruned meanwhile,
// that nobody verified as a whole, or that failed, is none.
func (s *Schedule) Bases(h Host) []deploy.ReleaseFacts {
	keep := s.KeepOn(h)
	bases := slices.DeleteFunc(slices.Clone(h.Facts.Releases), func(r deploy.ReleaseFacts) bool {
		return !whole(r) || r.Bad || r.Content == "" || r.Adopted != "" || r.ID == s.Release || !slices.Contains(keep, r.ID)
	})
	slices.SortFunc(bases, func(a, b deploy.ReleaseFacts) int { return cmp.Compare(b.ID, a.ID) })
	if i := slices.IndexFunc(bases, func(r deploy.ReleaseFacts) bool { return r.ID == h.Facts.CurrentID }); i > 0 {
		live := bases[i]
		bases = slices.Insert(slices.Delete(bases, i, i+1), 0, live)
	}
	return bases[:min(len(bases), mostBases)]
}

// Linked reports whether a release has a link to what is shared, or a secret file, at a path or above it: nothing of the artifact is there.
func (s *Schedule) Linked(path string) bool {
	at := func(name string) bool { return path == name || strings.HasPrefix(path, name+"/") }
	return slices.ContainsFunc(s.SharedDirs, at) || slices.ContainsFunc(s.SharedFiles, at) ||
		slices.ContainsFunc(s.SecretFiles, func(f config.SecretFile) bool { return at(f.Path) })
}
