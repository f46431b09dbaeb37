package content

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// ReadManifest reads a manifest from its two files, as WriteEntries and WriteSHA256 wrote them. Sizes are not in them: they are zero.
// It comes from a host: what does not fit together, or is of more than MaxMembers, is an error.
func ReadManifest(entries, sums io.Reader) (Manifest, error) {
	var list List
	err := eachLine(entries, func(line string) error {
		member, err := readEntry(line)
		if err != nil {
			return err
		}
		if list.count == MaxMembers {
			return fmt.Errorf("more than %d members", MaxMembers)
		}
		list.Add(member)
		return nil
	})
	if err != nil {
		return Manifest{}, fmt.Errorf("manifest/entries: %w", err)
	}
	m := inOrder(list)
	for i := 1; i < len(m.order); i++ {
		if path := list.At(m.order[i]).Path; path == list.At(m.order[i-1]).Path {
			return Manifest{}, fmt.Errorf("manifest/entries: %s is there twice", Quote(path))
		}
	}
	hashed := 0
	err = eachLine(sums, func(line string) error {
		sum, name, _ := strings.Cut(line, "  ./")
		member := m.find(name)
		if member == nil || member.Kind != File || len(sum) != hex.EncodedLen(len(member.Hash)) {
			return fmt.Errorf("the line %s is of no file", Quote(line))
		}
		hashed++
		_, err := hex.Decode(member.Hash[:], []byte(sum))
		return err
	})
	if err != nil {
		return Manifest{}, fmt.Errorf("manifest/sha256: %w", err)
	}
	for member := range m.Members() {
		if member.Kind == File {
			hashed--
		}
	}
	if hashed != 0 {
		return Manifest{}, errors.New("manifest/sha256: its files are not those of manifest/entries")
	}
	return m, nil
}

// readEntry reads `f 644 ./a b`, or `l 777 ./link -> target`.
func readEntry(line string) (Member, error) {
	fields := strings.SplitN(line, " ", 3)
	if len(fields) != 3 || len(fields[0]) != 1 || !strings.HasPrefix(fields[2], "./") {
		return Member{}, fmt.Errorf("%s is no line of a manifest", Quote(line))
	}
	mode, err := strconv.ParseUint(fields[1], 8, 12)
	if err != nil {
		return Member{}, fmt.Errorf("%s has no mode", Quote(line))
	}
	member := Member{Kind: Kind(fields[0][0]), Mode: uint16(mode), Path: strings.TrimPrefix(fields[2], "./")}
	switch member.Kind {
	case File, Dir:
	case Link:
		member.Path, member.Target, _ = strings.Cut(member.Path, " -> ")
	default:
		return Member{}, fmt.Errorf("%s is of no kind that is known", Quote(line))
	}
	if clean, err := CleanName(member.Path); err != nil || clean != member.Path {
		return Member{}, fmt.Errorf("%s has a path that no release has", Quote(line))
	}
	return member, nil
}

// longestLine is how long a line of a manifest may be: a path and a target.
const longestLine = longestPath + longestTarget + 256

func eachLine(r io.Reader, do func(string) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, longestLine)
	for lines.Scan() {
		if err := do(lines.Text()); err != nil {
			return err
		}
	}
	return lines.Err()
}
