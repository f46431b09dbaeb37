package content

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
)

// MaxMembers is how many members a content may have.
const MaxMembers = 1_000_000

// Manifest is the content of an artifact: every member, sorted by the bytes of its path.
type Manifest struct {
	list  List
	order []uint32 // places in the list
}

// Members are all members in order.
func (m Manifest) Members() iter.Seq[Member] { return m.in(m.order) }

// Len is how many members there are.
func (m Manifest) Len() int { return len(m.order) }

func (m Manifest) in(order []uint32) iter.Seq[Member] {
	return func(yield func(Member) bool) {
		for _, i := range order {
			if !yield(*m.list.At(i)) {
				return
			}
		}
	}
}

// Find looks a path up.
func (m Manifest) Find(path string) (Member, bool) {
	if member := m.find(path); member != nil {
		return *member, true
	}
	return Member{}, false
}

func (m Manifest) find(path string) *Member {
	i, ok := slices.BinarySearchFunc(m.order, path, func(i uint32, path string) int { return cmp.Compare(m.list.At(i).Path, path) })
	if !ok {
		return nil
	}
	return m.list.At(m.order[i])
}

// List keeps members in pieces, because a slice that grows to a hundred thousand of them by copying has twice their
// memory for a moment, and the collector then lets the heap grow to twice of that.
type List struct {
	pieces [][]Member
	count  int
}

const pieceLength = 1024

// Add puts a member behind the others.
func (l *List) Add(member Member) {
	if l.count%pieceLength == 0 {
		l.pieces = append(l.pieces, nil)
	}
	last := &l.pieces[len(l.pieces)-1]
	*last = append(*last, member)
	l.count++
}

// Len is how many members there are.
func (l *List) Len() int { return l.count }

// At is the member at a place; what it points to may be changed.
func (l *List) At(i uint32) *Member { return &l.pieces[i/pieceLength][i%pieceLength] }

// WriteSHA256 writes a line for each file, as `sha256sum -c` reads it.
func (m Manifest) WriteSHA256(w io.Writer) error {
	return writeLines(w, m.Members(), sumLine)
}

// sumLine is a file's line of manifest/sha256; nothing of what is no file.
func sumLine(line []byte, member Member) []byte {
	if member.Kind != File {
		return line
	}
	line = hex.AppendEncode(line, member.Hash[:])
	line = append(line, "  ./"...)
	line = append(line, member.Path...)
	return append(line, '\n')
}

// WriteEntries writes a line for each member, kind, mode and path, sorted by the bytes of the lines.
func (m Manifest) WriteEntries(w io.Writer) error {
	sorted := slices.Clone(m.order)
	slices.SortFunc(sorted, func(i, j uint32) int {
		a, b := m.list.At(i), m.list.At(j)
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Mode, b.Mode), strings.Compare(pathAndTarget(*a), pathAndTarget(*b)))
	})
	return writeLines(w, m.in(sorted), entryLine)
}

// entryLine is a member's line of manifest/entries.
func entryLine(line []byte, member Member) []byte {
	return appendPath(appendKind(line, member), member)
}

// Content is the digest that identifies the content: of a line for each member with kind, mode, hash and path.
func (m Manifest) Content() deploy.Digest {
	sum := sha256.New()
	_ = writeLines(sum, m.Members(), func(line []byte, member Member) []byte { // a hash takes everything
		line = appendKind(line, member)
		if member.Kind == File {
			line = hex.AppendEncode(line, member.Hash[:])
		} else {
			line = append(line, '-')
		}
		line = append(line, ' ')
		return appendPath(line, member)
	})
	return deploy.Digest(hex.EncodeToString(sum.Sum(nil)))
}

func appendKind(line []byte, member Member) []byte {
	line = append(line, byte(member.Kind), ' ')
	line = strconv.AppendUint(line, uint64(member.Mode), 8)
	return append(line, ' ')
}

func appendPath(line []byte, member Member) []byte {
	line = append(line, "./"...)
	line = append(line, pathAndTarget(member)...)
	return append(line, '\n')
}

func pathAndTarget(member Member) string {
	if member.Kind != Link {
		return member.Path
	}
	return member.Path + " -> " + member.Target
}

// writeLines writes what line makes of each member. It keeps one line in memory, not all of them.
func writeLines(w io.Writer, members iter.Seq[Member], line func([]byte, Member) []byte) error {
	out := bufio.NewWriterSize(w, 64<<10)
	var buf []byte
	for member := range members {
		buf = line(buf[:0], member)
		if _, err := out.Write(buf); err != nil {
			return err
		}
	}
	return out.Flush()
}

// NewManifest puts members in order and refuses two of one path, and links that lead out of the release once all is unpacked.
func NewManifest(list List, allowed []string) (Manifest, error) {
	m := inOrder(list)
	for i := 1; i < len(m.order); i++ {
		if a, b := list.At(m.order[i-1]), list.At(m.order[i]); a.Path == b.Path {
			return Manifest{}, twice(a, b)
		}
	}
	for member := range m.Members() {
		if member.Kind != Link {
			continue
		}
		if err := followLink(member, m.Find, allowed); err != nil {
			return Manifest{}, err
		}
	}
	return m, nil
}

// inOrder is the manifest of members, which may be there twice.
func inOrder(list List) Manifest {
	m := Manifest{list: list, order: make([]uint32, list.count)}
	for i := range m.order {
		m.order[i] = uint32(i)
	}
	slices.SortFunc(m.order, func(i, j uint32) int { return cmp.Compare(list.At(i).Path, list.At(j).Path) })
	return m
}

func twice(a, b *Member) error {
	const hint = "build the tarball from one folder, without adding to an earlier one (tar -r)"
	switch {
	case a.Kind == b.Kind:
		return Refuse(hint, "member %s is there twice", Quote(a.Path))
	case a.Kind == Dir, b.Kind == Dir:
		other := a
		if a.Kind == Dir {
			other = b
		}
		return Refuse(hint, "member %s is %s, and a folder too: other members lie below it", Quote(a.Path), other.Kind)
	}
	return Refuse(hint, "member %s is there twice, as %s and as %s", Quote(a.Path), a.Kind, b.Kind)
}

// DigestLine is the text of manifest/content.
func DigestLine(content deploy.Digest) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.Copy(w, bytes.NewReader([]byte(string(content)+"\n")))
		return err
	}
}
