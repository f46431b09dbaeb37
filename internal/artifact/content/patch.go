package content

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"iter"
)

// A patch of a manifest's file is the lines that it and another release's have not both: those that are in the other's go, the rest
// comes. `sort <other> <patch> | uniq -u` applies it, since no line is twice in either.

// WriteEntriesPatch writes what makes a base's manifest/entries this one's.
func (m Manifest) WriteEntriesPatch(base Manifest) func(io.Writer) error {
	return func(w io.Writer) error { return m.writePatch(w, base, entryLine) }
}

// WriteSHA256Patch writes what makes a base's manifest/sha256 this one's, but for the order, which is that of paths.
func (m Manifest) WriteSHA256Patch(base Manifest) func(io.Writer) error {
	return func(w io.Writer) error { return m.writePatch(w, base, sumLine) }
}

// WriteSums writes the hashes of the manifest's two files, as `sha256sum -c` reads them.
func (m Manifest) WriteSums(w io.Writer) error {
	for _, file := range []struct {
		name  string
		write func(io.Writer) error
	}{{"entries", m.WriteEntries}, {"sha256", m.WriteSHA256}} {
		sum := sha256.New()
		if err := file.write(sum); err != nil {
			return err
		}
		if _, err := fmt.Fprintf(w, "%x  %s\n", sum.Sum(nil), file.name); err != nil {
			return err
		}
	}
	return nil
}

func (m Manifest) writePatch(w io.Writer, base Manifest, line func([]byte, Member) []byte) error {
	out := bufio.NewWriter(w)
	var a, b []byte
	for was, is := range pairs(base, m) {
		a, b = a[:0], b[:0]
		if was != nil {
			a = line(a, *was)
		}
		if is != nil {
			b = line(b, *is)
		}
		if bytes.Equal(a, b) {
			continue
		}
		for _, text := range [][]byte{a, b} {
			if _, err := out.Write(text); err != nil {
				return err
			}
		}
	}
	return out.Flush()
}

// pairs are the members of two manifests by path, in order: nil where one has none.
func pairs(old, next Manifest) iter.Seq2[*Member, *Member] {
	return func(yield func(was, is *Member) bool) {
		for i, j := 0, 0; i < len(old.order) || j < len(next.order); {
			var was, is *Member
			if i < len(old.order) {
				was = old.list.At(old.order[i])
			}
			if j < len(next.order) {
				is = next.list.At(next.order[j])
			}
			if was != nil && is != nil && was.Path < is.Path {
				is = nil
			} else if was != nil && is != nil && is.Path < was.Path {
				was = nil
			}
			if was != nil {
				i++
			}
			if is != nil {
				j++
			}
			if !yield(was, is) {
				return
			}
		}
	}
}

// ReadPatched reads a manifest from patches of a base's two files, like ReadManifest.
func ReadPatched(base Manifest, entries, sums io.Reader) (Manifest, error) {
	patched, err := patch(base.WriteEntries, entries)
	if err != nil {
		return Manifest{}, fmt.Errorf("manifest/entries: %w", err)
	}
	hashes, err := patch(base.WriteSHA256, sums)
	if err != nil {
		return Manifest{}, fmt.Errorf("manifest/sha256: %w", err)
	}
	return ReadManifest(patched, hashes)
}

// patch gives a file's lines with a patch applied, in no order.
func patch(write func(io.Writer) error, patch io.Reader) (io.Reader, error) {
	lines := map[string]bool{}
	err := eachLine(patch, func(line string) error {
		if lines[line] {
			return fmt.Errorf("%s is there twice", Quote(line))
		}
		lines[line] = true
		return nil
	})
	if err != nil {
		return nil, err
	}
	var old, made bytes.Buffer
	if err := write(&old); err != nil {
		return nil, err
	}
	for line := range bytes.Lines(old.Bytes()) {
		if text := string(bytes.TrimSuffix(line, []byte("\n"))); lines[text] {
			delete(lines, text)
		} else {
			made.Write(line)
		}
	}
	for line := range lines {
		made.WriteString(line + "\n")
	}
	return &made, nil
}
