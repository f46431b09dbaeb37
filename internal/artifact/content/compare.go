package content

import "cmp"

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
	for was, is := range pairs(old, next) {
		if was != nil && was.Kind == Dir {
			was = nil
		}
		if is != nil && is.Kind == Dir {
			is = nil
		}
		switch {
		case was == nil && is == nil:
		case is == nil:
			found = append(found, Difference{Change: Removed, Old: *was})
		case was == nil:
			found = append(found, Difference{Change: Added, New: *is})
		case was.Kind != is.Kind || was.Mode != is.Mode || was.Hash != is.Hash || was.Target != is.Target:
			found = append(found, Difference{Changed, *was, *is})
		}
	}
	return found
}
