package artifact

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/slipway/slipway/internal/artifact/content"
)

// unpacked is what is in a payload: files with their contents, folders, links as "-> target".
func unpacked(t *testing.T, p *Payload, options ...zstd.DOption) map[string]string {
	t.Helper()
	stream, err := p.Open()
	if err != nil {
		t.Fatal(err)
	}
	var plain io.Reader
	if p.Encoding() == Zstd {
		plain, err = zstd.NewReader(stream, options...)
	} else {
		plain, err = gzip.NewReader(stream)
	}
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for in := tar.NewReader(plain); ; {
		header, err := in.Next()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		if header.Typeflag == tar.TypeSymlink {
			text = []byte("-> " + header.Linkname)
		}
		found[header.Name] = string(text)
	}
}

// What is copied and what is sent, for each way in which contents differ.
func TestReuse(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("large ", 1000)
	base := manifestOf(t,
		file("same", "same"), file("empty", ""), file("changed", "old"), file("gone", "gone"), file("a/kept", "kept"), file("a/renamed", large), file("tiny", "small"),
		fileModed("mode", 0o644), symlink("link", "same"), symlink("turned", "same"), file("to link", "x"), symlink("to file", "same"), file("to folder", "x"), file(`odd\name`, "odd"),
		file("shared/logo", "logo"), file("twice", "2"), dir("void"),
	)
	next := open(t, saved(t, archive(t,
		file("same", "same"), file("empty", ""), file("new empty", ""), file("changed", "new"), file("added", "added"), file("b/kept", "kept"), file("b/other", large), file("b/tiny too", "small"),
		fileModed("mode", 0o755), symlink("link", "same"), symlink("turned", "added"), symlink("to link", "same"), file("to file", "y"), file("to folder/in", "z"), file(`odd\name`, "odd"),
		file("shared/logo", "logo"), file("twice", "2"), file("c/twice", "2"), dir("void"), dir("void2"),
	)), 0)
	absent := func(path string) bool { return path == "shared" || strings.HasPrefix(path, "shared/") }
	reuse := content.NewReuse(base, next.Manifest(), absent)
	sent := []string{"added", "b/tiny too", "changed", "link", "new empty", `odd\name`, "shared/logo", "to file", "to folder/in", "to link", "turned"}
	if diff := cmp.Diff(sent, slices.Sorted(maps.Keys(reuse.Sent))); diff != "" {
		t.Errorf("sent: %s", diff)
	}
	moved := []content.Move{{From: "a/renamed", To: "b/other"}, {From: "a/kept", To: "b/kept"}, {From: "twice", To: "c/twice"}}
	if diff := cmp.Diff(moved, reuse.Moved); diff != "" {
		t.Errorf("moved: %s", diff)
	}
	if want := int64(len("same" + large + "kept" + "x" + "2" + "2")); reuse.Bytes != want || reuse.Files != 7 {
		t.Errorf("%d bytes in %d files, wanted %d", reuse.Bytes, reuse.Files, want)
	}

	for _, encoding := range []string{Zstd, Gzip} {
		delta, err := next.Delta(t.Context(), reuse, encoding)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := next.Delta(t.Context(), reuse, encoding); err != nil || again != delta || delta.Encoding() != encoding {
			t.Errorf("it is made again: %v", err)
		}
		has := unpacked(t, delta)
		var members []string
		for name := range has {
			if path, isMember := strings.CutPrefix(name, "tree/"); isMember && path != "" && !strings.HasSuffix(path, "/") {
				members = append(members, path)
			}
		}
		slices.Sort(members)
		if diff := cmp.Diff(sent, members); diff != "" {
			t.Errorf("in the payload: %s", diff)
		}
		if has["tree/changed"] != "new" || has["tree/turned"] != "-> added" || has["delta/moved"] != "./a/renamed\t./b/other\n./a/kept\t./b/kept\n./twice\t./c/twice\n" {
			t.Errorf("it holds %q", has)
		}
		if _, ok := has["tree/to folder/"]; !ok || has["manifest/entries"] != "" {
			t.Errorf("folders, or a whole manifest: %q", slices.Sorted(maps.Keys(has)))
		}
		patched, err := content.ReadPatched(base, strings.NewReader(has["delta/entries"]), strings.NewReader(has["delta/sha256"]))
		if err != nil || patched.Content() != next.Content() || has["manifest/content"] != string(next.Content())+"\n" {
			t.Errorf("the manifest becomes another: %v", err)
		}
		var sums bytes.Buffer
		if err := patched.WriteSums(&sums); err != nil || sums.String() != has["delta/sums"] {
			t.Errorf("sums %q, wanted %q, %v", sums.String(), has["delta/sums"], err)
		}
	}
}

// Where the base's records cannot be read the whole manifest comes along.
func TestDeltaWithTheManifest(t *testing.T) {
	t.Parallel()
	a := open(t, saved(t, archive(t, file("a", "x"), file(" b", "y"))), 0)
	reuse := content.NewReuse(a.Manifest(), a.Manifest(), nil)
	reuse.Base = nil
	delta, err := a.Delta(t.Context(), reuse, Zstd)
	if err != nil {
		t.Fatal(err)
	}
	all, err := a.Payload(t.Context(), Zstd)
	if err != nil {
		t.Fatal(err)
	}
	has, whole := unpacked(t, delta), unpacked(t, all)
	for name, text := range has {
		if name != "delta/moved" && whole[name] != text {
			t.Errorf("%s is %q", name, text)
		}
	}
	if names := slices.Sorted(maps.Keys(has)); !slices.Equal(names, []string{"delta/moved", "manifest/content", "manifest/entries", "manifest/sha256", "tree/", "tree/ b"}) {
		t.Errorf("it holds %q", names)
	}
	if _, err := a.Delta(t.Context(), reuse, "lzma"); err == nil {
		t.Error("any encoding is good")
	}
}

// More renamed files than a host should start programs for: those of the most bytes are copied, the rest is sent.
func TestReuseOfManyRenamedFiles(t *testing.T) {
	t.Parallel()
	var old, next []entry
	for i := range 400 {
		text := strings.Repeat(string(rune('a'+i%26)), 5000+i)
		old = append(old, file("f"+strings.Repeat("x", i%200)+string(rune('a'+i/200)), text))
		next = append(next, file("g"+strings.Repeat("x", i%200)+string(rune('a'+i/200)), text))
	}
	reuse := content.NewReuse(manifestOf(t, old...), manifestOf(t, next...), nil)
	if len(reuse.Moved) != 300 || len(reuse.Sent) != 100 || reuse.Sent["gxa"] == false || reuse.Files != 300 {
		t.Errorf("%d moved, %d sent", len(reuse.Moved), len(reuse.Sent))
	}
}
