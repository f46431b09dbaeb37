package content

import (
	"bytes"
	"strings"
	"testing"
)

// FuzzManifest holds that a manifest has each member once, in order, finds it, and has a line for it.
func FuzzManifest(f *testing.F) {
	f.Add("a/b\nc -> a/b\nd/")
	f.Add("a -> b\nb -> a\nx -> ../y\n")
	f.Add("up -> a/b\nx -> up/../..\na/b/c")
	f.Fuzz(func(t *testing.T, text string) {
		var list List
		for line := range strings.SplitSeq(text, "\n") {
			name, target, isLink := strings.Cut(line, " -> ")
			clean, err := CleanName(name)
			if err != nil || clean == "." || isLink && CheckTarget(clean, target, nil) != nil {
				return
			}
			member := Member{Path: clean, Kind: File, Mode: 0o644}
			switch {
			case isLink:
				member = Member{Path: clean, Kind: Link, Mode: LinkMode, Target: target}
			case strings.HasSuffix(name, "/"):
				member = Member{Path: clean, Kind: Dir, Mode: ImpliedDirMode}
			}
			list.Add(member)
		}
		m, err := NewManifest(list, nil)
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
		n := Noticed{submodules: []byte(text)}
		_ = n.Notes(Manifest{})
		for _, path := range submodulePaths(text) {
			if path == "" {
				t.Errorf("%q: an empty path", text)
			}
		}
	})
}

func FuzzReadManifest(f *testing.F) {
	sum := strings.Repeat("ab", 32)
	f.Add("d 755 ./d\nf 644 ./d/a b\nl 777 ./l -> d\n", sum+"  ./d/a b\n")
	f.Add("f 644 ./a -> b\n", sum+"  ./a -> b\n")
	f.Fuzz(func(t *testing.T, entries, sums string) {
		m, err := ReadManifest(strings.NewReader(entries), strings.NewReader(sums))
		if err != nil {
			return
		}
		var e, s bytes.Buffer
		if err := m.WriteEntries(&e); err != nil {
			t.Fatal(err)
		}
		if err := m.WriteSHA256(&s); err != nil {
			t.Fatal(err)
		}
		again, err := ReadManifest(&e, &s)
		if err != nil || again.Content() != m.Content() {
			t.Errorf("%q, %q: read again: %v", entries, sums, err)
		}
	})
}

// FuzzReadPatched holds that what a manifest becomes by patches is reached by the patches between the two.
func FuzzReadPatched(f *testing.F) {
	sum, other := strings.Repeat("ab", 32), strings.Repeat("cd", 32)
	f.Add("d 755 ./d\nf 644 ./d/a b\nl 777 ./l -> d\n", sum+"  ./d/a b\n", "f 644 ./d/a b\nf 644 ./n\n", sum+"  ./d/a b\n"+other+"  ./n\n")
	f.Add("f 644 ./a\n", sum+"  ./a\n", "f 644 ./a\nf 755 ./a\n", "")
	f.Add("f 644 ./a\n", sum+"  ./a\n", "", sum+"  ./a\n"+other+"  ./a\n")
	f.Fuzz(func(t *testing.T, entries, sums, entriesPatch, sumsPatch string) {
		base, err := ReadManifest(strings.NewReader(entries), strings.NewReader(sums))
		if err != nil {
			return
		}
		next, err := ReadPatched(base, strings.NewReader(entriesPatch), strings.NewReader(sumsPatch))
		if err != nil {
			return
		}
		var e, s bytes.Buffer
		if err := next.WriteEntriesPatch(base)(&e); err != nil {
			t.Fatal(err)
		}
		if err := next.WriteSHA256Patch(base)(&s); err != nil {
			t.Fatal(err)
		}
		again, err := ReadPatched(base, &e, &s)
		if err != nil || again.Content() != next.Content() {
			t.Errorf("%q, %q: patched again: %v", entriesPatch, sumsPatch, err)
		}
	})
}
