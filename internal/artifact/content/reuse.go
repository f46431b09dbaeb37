package content

import (
	"cmp"
	"crypto/sha256"
	"path"
	"slices"
	"strings"
)

// Reuse is how a release is made of another one on the same host, the base: which members are copied from there, and which are sent.
type Reuse struct {
	Base  *Manifest       // nil: what the host has recorded of the base cannot be read, so the whole manifest is sent
	Next  Manifest        // of the release that is made
	Sent  map[string]bool // paths of the links, and of the files that are sent; the others are copied, from the same path or as Moved says
	Moved []Move          // those of one group stand together
	// Changed are the files that are sent though the base has one at the same path, with another content, or one that may have been
	// renamed: a patch of that may do.
	Changed []Revised
	Files   int   // files that are copied
	Bytes   int64 // that these have
}

// Move is a file that the base has at another path.
type Move struct{ From, To string }

// NewReuse says what of a content can be copied from a base's. absent tells the paths at which the base does not have any more what its
// manifest says, and those that have to be sent for another reason; nil is none.
func NewReuse(base, next Manifest, absent func(path string) bool) *Reuse {
	r := &Reuse{Base: &base, Next: next, Sent: map[string]bool{}}
	lies := func(m *Member) bool { return m.Kind != Dir && !odd(m.Path) && (absent == nil || !absent(m.Path)) }
	var lacking, gone []*Member
	for was, is := range pairs(base, next) {
		switch {
		case is == nil || is.Kind == Dir:
			if was != nil && was.Kind == File && lies(was) {
				gone = append(gone, was)
			}
		case was != nil && lies(was) && was.Kind == File && is.Kind == File && was.Hash == is.Hash:
			r.copies(is)
		default:
			r.Sent[is.Path] = true
			if was != nil && lies(was) && was.Kind == File && is.Kind == File && is.Size > 0 && was.Hash != is.Hash {
				r.Changed = append(r.Changed, Revised{is, is.Path})
			}
			if is.Kind == File && is.Size > 0 && lies(is) {
				lacking = append(lacking, is)
			}
		}
	}
	if len(lacking) > 0 {
		r.move(lacking, filesOf(base, lies))
	}
	r.Changed = slices.DeleteFunc(r.Changed, func(c Revised) bool { return !r.Sent[c.Path] }) // it was moved to there
	known := map[string]bool{}
	for _, c := range r.Changed {
		known[c.Path] = true
	}
	lacking = slices.DeleteFunc(lacking, func(m *Member) bool { return !r.Sent[m.Path] || known[m.Path] })
	r.Changed = append(r.Changed, renamed(lacking, base, gone, lies)...)
	return r
}

// copies counts a file that is copied.
func (r *Reuse) copies(m *Member) {
	delete(r.Sent, m.Path)
	r.Files++
	r.Bytes += m.Size
}

// filesOf are the paths of a manifest's files, by what is in them.
func filesOf(m Manifest, lies func(*Member) bool) map[[sha256.Size]byte]string {
	found := map[[sha256.Size]byte]string{}
	for _, i := range m.order {
		if member := m.list.At(i); member.Kind == File && lies(member) {
			found[member.Hash] = member.Path
		}
	}
	return found
}

// What moved files may cost a host: programs that it starts for them. A file with a new name has one for itself, which does not pay for a
// small one.
const (
	maxMoves     = 300
	leastRenamed = 4 << 10 // bytes
)

// moveGroup is files that one program copies: they get to one folder and keep their names.
type moveGroup struct {
	moves []Move
	files []*Member
	bytes int64
}

// move finds files that the base has elsewhere: those of the most bytes, as far as that is worth its while.
func (r *Reuse) move(lacking []*Member, lie map[[sha256.Size]byte]string) {
	var groups []*moveGroup
	kept := map[string]*moveGroup{} // by folder
	for _, m := range lacking {
		from, found := lie[m.Hash]
		if !found {
			continue
		}
		folder, name := path.Split(m.Path)
		group := kept[folder]
		switch {
		case path.Base(from) != name:
			if m.Size < leastRenamed {
				continue
			}
			group = &moveGroup{}
			groups = append(groups, group)
		case group == nil:
			group = &moveGroup{}
			kept[folder] = group
			groups = append(groups, group)
		}
		group.moves, group.files, group.bytes = append(group.moves, Move{from, m.Path}), append(group.files, m), group.bytes+m.Size
	}
	slices.SortStableFunc(groups, func(a, b *moveGroup) int { return cmp.Compare(b.bytes, a.bytes) })
	for _, group := range groups[:min(len(groups), maxMoves)] {
		r.Moved = append(r.Moved, group.moves...)
		for _, m := range group.files {
			r.copies(m)
		}
	}
}

// odd reports whether a program that is given paths as lines of a file may take one for another.
func odd(path string) bool {
	return strings.TrimSpace(path) != path || strings.ContainsFunc(path, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\\' })
}
