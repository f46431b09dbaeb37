package content

import (
	"path"
	"strings"
	"unicode"
)

// Revised is a file that is sent though the base has one that it may have much in common with: at the same path, or one that seems to have
// been renamed.
type Revised struct {
	*Member
	Was string // its path in the base
}

// mostLike is how many files of one name are compared with another one by their paths.
const mostLike = 64

// renamed finds what files were called in the base that has no file of their content: a file that is gone, whose path is the same but for
// numbers and hashes in it, or else the most similar one of such a name; or one that is still there, of a path like that.
func renamed(files []*Member, base Manifest, gone []*Member, lies func(*Member) bool) (changes []Revised) {
	if len(files) == 0 {
		return nil
	}
	goneAt, goneAs := by(gone, likePath), by(gone, likeName)
	still := map[string][]string{}
	for _, m := range files {
		still[likePath(m.Path)] = nil
	}
	for _, i := range base.order {
		if was := base.list.At(i); was.Kind == File && lies(was) {
			key := likePath(was.Path)
			if found, wanted := still[key]; wanted && len(found) < mostLike {
				still[key] = append(found, was.Path)
			}
		}
	}
	used := map[string]bool{}
	for _, m := range files {
		at, as := likePath(m.Path), likeName(m.Path)
		was := nearest(m.Path, goneAt[at], used)
		if was == "" && len(goneAs[as]) <= mostLike {
			was = nearest(m.Path, goneAs[as], used)
		}
		if was == "" {
			was = nearest(m.Path, still[at], used)
		}
		if was != "" {
			used[was] = true
			changes = append(changes, Revised{m, was})
		}
	}
	return changes
}

// by are the paths of files, by a key of each.
func by(files []*Member, key func(path string) string) map[string][]string {
	found := map[string][]string{}
	for _, m := range files {
		k := key(m.Path)
		found[k] = append(found[k], m.Path)
	}
	return found
}

// nearest is the path that has the longest beginning and end in common with another one, of those that are used by none if there are such:
// what is alike but for hashes must not be the same one for all. "" is none.
func nearest(path string, candidates []string, used map[string]bool) (best string) {
	most, free := -1, false
	for _, other := range candidates[:min(len(candidates), mostLike)] {
		unused, n := !used[other], inCommon(path, other)
		if best == "" || unused && !free || unused == free && n > most {
			best, most, free = other, n, unused
		}
	}
	return best
}

// inCommon is how many bytes two texts have in common at their beginnings and at their ends.
func inCommon(a, b string) (n int) {
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	a, b = a[n:], b[n:]
	end := 0
	for end < min(len(a), len(b)) && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	return n + end
}

// likePath is a path without what changes in it from one build to the next: versions, and the hashes of bundlers. A row of them within a
// name is one.
func likePath(path string) string {
	like := make([]byte, 0, len(path))
	for path != "" {
		end := strings.IndexFunc(path, isSeparator)
		if end < 0 {
			end = len(path)
		}
		n := len(like)
		switch {
		case !varies(path[:end]):
			like = append(like, path[:end]...)
		case n >= 2 && like[n-2] == '#' && like[n-1] != '/':
			like = like[:n-1]
		default:
			like = append(like, '#')
		}
		after := min(end+1, len(path))
		like, path = append(like, path[end:after]...), path[after:]
	}
	return string(like)
}

func isSeparator(r rune) bool { return strings.ContainsRune("./-_~@+", r) }

// hashLength is how long the hashes are that bundlers make of letters, some of them with no figure in it.
const hashLength = 8

// varies reports whether a word of a path looks like a version or a hash.
func varies(word string) bool {
	if strings.ContainsFunc(word, unicode.IsDigit) {
		return true
	}
	return len(word) == hashLength && strings.ContainsFunc(word, unicode.IsLower) && strings.ContainsFunc(word[1:], unicode.IsUpper)
}

// likeName is the first word of a file's name, and how that ends.
func likeName(name string) string {
	name = path.Base(name)
	if n := strings.IndexFunc(name, isSeparator); n > 0 {
		return name[:n] + path.Ext(name)
	}
	return name
}
