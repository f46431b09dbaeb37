package cache

import (
	"cmp"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/deploy"
)

// forgotten is how old a file is that nobody can be writing any more.
const forgotten = 24 * time.Hour

// mark says that somebody deployed a content.
type mark struct {
	content deploy.Digest
	at      time.Time
}

// kept is what lies in the folder.
type kept struct {
	marks map[string][]mark       // by whose they are
	sizes map[deploy.Digest]int64 // of all files of an entry, in bytes
	gone  []string                // files that are of no use: of another format, or unfinished
}

// evict removes what is more than the limits, the oldest first, as if incoming were there already with its size, the newest of all.
func (c *Cache) evict(root *os.Root, incoming deploy.Digest, size int64) error {
	k, err := list(root)
	if err != nil {
		return err
	}
	if size <= c.limits.Bytes {
		k.sizes[incoming] = max(k.sizes[incoming], size)
	}
	wanted := map[deploy.Digest]time.Time{}
	for whose, marks := range k.marks {
		newestFirst(marks, incoming)
		for i, m := range marks {
			if i >= c.limits.Contents {
				k.gone = append(k.gone, string(m.content)+markKind+whose)
			} else if m.at.After(wanted[m.content]) {
				wanted[m.content] = m.at
			}
		}
	}
	var entries []mark
	for digest := range k.sizes {
		entries = append(entries, mark{digest, wanted[digest]})
	}
	newestFirst(entries, incoming)
	var total int64
	for _, entry := range entries {
		if total+k.sizes[entry.content] <= c.limits.Bytes && !entry.at.IsZero() {
			total += k.sizes[entry.content]
			continue
		}
		k.gone = append(k.gone, string(entry.content)+manifestKind, string(entry.content)+payloadKind)
	}
	for _, name := range k.gone {
		if err := root.Remove(name); err != nil && !os.IsNotExist(err) { // another process may be at it, too
			return err
		}
	}
	return nil
}

func newestFirst(marks []mark, first deploy.Digest) {
	slices.SortFunc(marks, func(a, b mark) int {
		switch {
		case a.content == first:
			return -1
		case b.content == first:
			return 1
		}
		return cmp.Or(b.at.Compare(a.at), cmp.Compare(a.content, b.content))
	})
}

// list reads the folder. What has no name that Slipway gives is left alone.
func list(root *os.Root) (*kept, error) {
	files, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return nil, err
	}
	k := &kept{marks: map[string][]mark{}, sizes: map[deploy.Digest]int64{}}
	for _, file := range files {
		info, err := file.Info()
		if err != nil {
			continue // it was there a moment ago
		}
		name := file.Name()
		digest, kind, _ := strings.Cut(name, ".")
		content, kind := deploy.Digest(digest), "."+kind
		whose, isMark := strings.CutPrefix(kind, markKind)
		switch {
		case strings.HasPrefix(name, unfinished):
			if time.Since(info.ModTime()) > forgotten {
				k.gone = append(k.gone, name)
			}
		case !digestForm.MatchString(digest) || info.IsDir():
		case isMark:
			at := info.ModTime()
			if at.After(time.Now()) { // by a clock that was wrong: it would be the newest for long
				at = time.Unix(0, 0)
			}
			k.marks[whose] = append(k.marks[whose], mark{content, at})
		case kind == manifestKind, kind == payloadKind:
			k.sizes[content] += info.Size()
		default:
			k.gone = append(k.gone, name)
		}
	}
	return k, nil
}
