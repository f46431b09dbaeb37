package content

import (
	"cmp"
	"iter"
)

// Change is what becomes of a member.
type Change byte

// The changes, by the sign that people know them by.
const (
	Added   Change = '+'
	Changed Change = '~' // another content, kind, mode or target
	Removed Change = '-'
)

// Difference is a file or link that two contents do not have alike.
type Difference struct {
	Change   Change
	Old, New Member // zero where there is none
}

// Path is the member's.
func (d Difference) Path() string { return cmp.Or(d.New.Path, d.Old.Path) }

// Compare says how one content differs from another, in the order of paths. Folders count for nothing: they come with their files.
func Compare(old, next Manifest) []Difference {
	var found []Difference
	before, stopBefore := iter.Pull(old.files())
	defer stopBefore()
	after, stopAfter := iter.Pull(next.files())
	defer stopAfter()
	a, isOld := before()
	b, isNew := after()
	for isOld || isNew {
		switch {
		case !isNew || isOld && a.Path < b.Path:
			found = append(found, Difference{Change: Removed, Old: a})
			a, isOld = before()
		case !isOld || b.Path < a.Path:
			found = append(found, Difference{Change: Added, New: b})
			b, isNew = after()
		default:
			if a.Kind != b.Kind || a.Mode != b.Mode || a.Hash != b.Hash || a.Target != b.Target {
				found = append(found, Difference{Changed, a, b})
			}
			a, isOld = before()
			b, isNew = after()
		}
	}
	return found
}

// files are the members that are no folders, in order.
func (m Manifest) files() iter.Seq[Member] {
	return func(yield func(Member) bool) {
		for member := range m.Members() {
			if member.Kind != Dir && !yield(member) {
				return
			}
		}
	}
}
