package artifact

import (
	"archive/tar"
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
)

// memory is a store that is no file.
type memory struct{ bytes.Buffer }

func (m *memory) ReadAt(p []byte, off int64) (int, error) {
	return bytes.NewReader(m.Bytes()).ReadAt(p, off)
}
func (m *memory) Close() error { return nil }

// inMemory reads an artifact without touching a disk, or compressing its payload: thousands of times a second.
func inMemory(ctx context.Context, data []byte, opts Options) (*Artifact, error) {
	from := func() (io.ReadCloser, int64, error) {
		return io.NopCloser(bytes.NewReader(data)), int64(len(data)), nil
	}
	plain := func(w io.Writer) (io.WriteCloser, error) { return nopCloser{w}, nil }
	return read(ctx, from, opts, func() (store, error) { return new(memory), nil }, plain)
}

// FuzzOpen looks for panics, and for artifacts that are let through with a payload that breaks the rules.
func FuzzOpen(f *testing.F) {
	good := archive(f, dir("a"), file("a/b", "text"), symlink("a/l", "b"), hardlink("h", "a/b"), hardlink("s", "a/l"))
	f.Add(good, 0)
	f.Add(good, 1)
	f.Add(gzipped(f, good), 0)
	f.Add(append(gzipped(f, good), 0, 0, '\n'), 0)
	f.Add(zstded(f, good), 0)
	f.Add(archive(f, symlink("x", "a/../../y"), file("../z", "")), 0)
	f.Add(archive(f, symlink("p", "/usr/bin/python3"), symlink("q", "p"), file("x", "x")), 0)
	f.Add(retyped(f, file("s", "sparse"), tar.TypeGNUSparse), 0)
	f.Fuzz(func(t *testing.T, data []byte, strip int) {
		if len(data) > 16<<10 {
			return
		}
		opts := Options{StripComponents: strip & 3, MaxSize: 64 << 10, AllowLinks: []string{"/usr/bin/python3"}}
		a, err := inMemory(t.Context(), data, opts)
		if err != nil {
			return
		}
		text, err := io.ReadAll(a.zstd.section())
		if err != nil {
			t.Fatal(err)
		}
		checkTar(t, a, text)
		for m := range a.Manifest().Members() {
			if strings.HasPrefix(m.Path, "/") || strings.Contains("/"+m.Path+"/", "/../") || strings.ContainsAny(m.Path+m.Target, "\n\x00") ||
				strings.HasPrefix(m.Target, "/") && m.Target != "/usr/bin/python3" {
				t.Errorf("let through: %+v", m)
			}
		}
	})
}

// FuzzIgnore holds that any text is an ignore file or is refused with its line, and that what is left out stays so.
func FuzzIgnore(f *testing.F) {
	f.Add("*.pyc\n!a.pyc\nbuild/\n", "x/a.pyc")
	f.Add("[a\n\\log\n**/y/**\n\ufeff#", "y/z")
	f.Add("dist/*\n!dist/keep\r\n", "dist/keep")
	f.Fuzz(func(t *testing.T, text, path string) {
		if len(text) > 300 || len(path) > 100 {
			return
		}
		rules, err := parseIgnore(text)
		if err != nil {
			if !strings.Contains(err.Error(), ignoreFile+":") {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		first := rules.ignored(path, false)
		if rules.ignored(path, false) != first {
			t.Errorf("%q, %q: two answers", text, path)
		}
		if !strings.Contains(text, "!") && rules.ignored(".git", true) == false {
			t.Errorf("%q: .git is packed", text)
		}
	})
}

// FuzzManifest holds that a manifest has each member once, in order, finds it, and has a line for it.
func FuzzManifest(f *testing.F) {
	f.Add("a/b\nc -> a/b\nd/")
	f.Add("a -> b\nb -> a\nx -> ../y\n")
	f.Add("up -> a/b\nx -> up/../..\na/b/c")
	f.Fuzz(func(t *testing.T, text string) {
		var list memberList
		for line := range strings.SplitSeq(text, "\n") {
			name, target, isLink := strings.Cut(line, " -> ")
			clean, err := cleanName(name)
			if err != nil || clean == "." || isLink && checkTarget(clean, target, nil) != nil {
				return
			}
			member := Member{Path: clean, Kind: File, Mode: 0o644}
			switch {
			case isLink:
				member = Member{Path: clean, Kind: Link, Mode: linkMode, Target: target}
			case strings.HasSuffix(name, "/"):
				member = Member{Path: clean, Kind: Dir, Mode: impliedDirMode}
			}
			list.add(member)
		}
		m, err := newManifest(list, nil)
		if err != nil {
			return
		}
		last := ""
		for member := range m.Members() {
			if found, ok := m.Find(member.Path); !ok || found != member || member.Path <= last && last != "" {
				t.Errorf("%+v after %q, found %+v", member, last, found)
			}
			last = member.Path
		}
		var lines bytes.Buffer
		if err := m.WriteEntries(&lines); err != nil || bytes.Count(lines.Bytes(), []byte("\n")) != m.Len() {
			t.Errorf("%d members, lines\n%s", m.Len(), lines.String())
		}
	})
}

// FuzzSubmodules looks for panics, and for names that are no clean paths.
func FuzzSubmodules(f *testing.F) {
	f.Add("[submodule \"x\"]\n\tpath = vendor/x\n\turl = ../x\n")
	f.Fuzz(func(t *testing.T, text string) {
		n := noticed{submodules: []byte(text)}
		_ = n.notes(Manifest{})
		for _, path := range submodulePaths(text) {
			if path == "" {
				t.Errorf("%q: an empty path", text)
			}
		}
	})
}
