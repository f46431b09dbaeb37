package artifact

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"slices"
	"strconv"
	"strings"

	"slipway/internal/deploy"
)

// Manifest is the content of an artifact: every member, sorted by the bytes of its path.
type Manifest struct{ members []Member }

// Members are all members in order. They must not be changed.
func (m Manifest) Members() []Member { return m.members }

// Find looks a path up.
func (m Manifest) Find(path string) (Member, bool) {
	i, ok := slices.BinarySearchFunc(m.members, path, func(member Member, path string) int { return cmp.Compare(member.Path, path) })
	if !ok {
		return Member{}, false
	}
	return m.members[i], true
}

// WriteSHA256 writes a line for each file, as `sha256sum -c` reads it.
func (m Manifest) WriteSHA256(w io.Writer) error {
	return writeLines(w, m.members, func(line []byte, member Member) []byte {
		if member.Kind != File {
			return line
		}
		line = hex.AppendEncode(line, member.Hash[:])
		line = append(line, "  ./"...)
		line = append(line, member.Path...)
		return append(line, '\n')
	})
}

// WriteEntries writes a line for each member, kind, mode and path, sorted by the bytes of the lines.
func (m Manifest) WriteEntries(w io.Writer) error {
	sorted := slices.Clone(m.members)
	slices.SortFunc(sorted, func(a, b Member) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Mode, b.Mode), strings.Compare(pathAndTarget(a), pathAndTarget(b)))
	})
	return writeLines(w, sorted, func(line []byte, member Member) []byte {
		line = appendKind(line, member)
		return appendPath(line, member)
	})
}

// Content is the digest that identifies the content: of a line for each member with kind, mode, hash and path.
func (m Manifest) Content() deploy.Digest {
	sum := sha256.New()
	_ = writeLines(sum, m.members, func(line []byte, member Member) []byte { // a hash takes everything
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
func writeLines(w io.Writer, members []Member, line func([]byte, Member) []byte) error {
	out := bufio.NewWriterSize(w, 64<<10)
	var buf []byte
	for _, member := range members {
		buf = line(buf[:0], member)
		if _, err := out.Write(buf); err != nil {
			return err
		}
	}
	return out.Flush()
}

// sortMembers puts members in order and refuses two of one path, and what leads out of the release once all is unpacked.
func sortMembers(members []Member) (Manifest, error) {
	slices.SortStableFunc(members, func(a, b Member) int { return cmp.Compare(a.Path, b.Path) })
	for i := 1; i < len(members); i++ {
		if a, b := members[i-1], members[i]; a.Path == b.Path {
			return Manifest{}, twice(a, b)
		}
	}
	m := Manifest{members}
	for _, member := range members {
		if member.Kind != Link {
			continue
		}
		if err := followLink(member, m.Find); err != nil {
			return Manifest{}, err
		}
	}
	return m, nil
}

func twice(a, b Member) error {
	const hint = "build the tarball from one folder, without adding to an earlier one (tar -r)"
	switch {
	case a.Kind == b.Kind:
		return refuse(hint, "member %s is there twice", quote(a.Path))
	case a.Kind == Dir, b.Kind == Dir:
		other := a
		if a.Kind == Dir {
			other = b
		}
		return refuse(hint, "member %s is %s, and a folder too: other members lie below it", quote(a.Path), other.Kind)
	}
	return refuse(hint, "member %s is there twice, as %s and as %s", quote(a.Path), a.Kind, b.Kind)
}

// size is how many bytes write will write.
func size(write func(io.Writer) error) (int64, error) {
	var n counter
	err := write(&n)
	return int64(n), err
}

type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// contentLine is the text of manifest/content.
func contentLine(content deploy.Digest) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.Copy(w, bytes.NewReader([]byte(string(content)+"\n")))
		return err
	}
}
