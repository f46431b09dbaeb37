package artifact

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway/slipway/internal/artifact/content"
)

// manifestOf is the manifest of an archive.
func manifestOf(t *testing.T, entries ...entry) content.Manifest {
	t.Helper()
	return open(t, saved(t, archive(t, entries...)), 0).Manifest()
}

// A manifest that was written is read as it was, whatever the names; sizes are not in it.
func TestReadManifest(t *testing.T) {
	t.Parallel()
	want := manifestOf(t,
		file("index.html", "x"), file("a b", ""), file(`b\c`, "y"), file("a -> b", "z"), file("\xff\x80", "bytes"), file("é*?[", ""),
		dir("empty"), fileModed("bin/run", 0o755), symlink("l", "bin/run"), symlink("m", "not there -> at all"),
	)
	var entries, sums bytes.Buffer
	if err := want.WriteEntries(&entries); err != nil {
		t.Fatal(err)
	}
	if err := want.WriteSHA256(&sums); err != nil {
		t.Fatal(err)
	}
	got, err := content.ReadManifest(&entries, &sums)
	if err != nil {
		t.Fatal(err)
	}
	if got.Content() != want.Content() {
		t.Errorf("content %s, want %s", got.Content(), want.Content())
	}
	if found := content.Compare(want, got); len(found) != 0 {
		t.Errorf("it differs: %+v", found)
	}
}

func TestReadManifestRefuses(t *testing.T) {
	t.Parallel()
	sum := strings.Repeat("0", 64)
	for _, c := range []struct{ entries, sums, want string }{
		{"f 644 ./a\n", "", "its files are not those"},
		{"f 644 ./a\n", sum + "  ./a\n" + sum + "  ./a\n", "its files are not those"},
		{"f 644 ./a\n", sum + "  ./b\n", "is of no file"},
		{"f 644 ./a\n", "00  ./a\n", "is of no file"},
		{"f 644 ./a\n", strings.Repeat("z", 64) + "  ./a\n", "invalid byte"},
		{"f 644 ./a\nf 600 ./a\n", "", "there twice"},
		{"f 644 ./../a\n", "", "no release has"},
		{"f 644 /etc/passwd\n", "", "no line of a manifest"},
		{"f 99 ./a\n", "", "has no mode"},
		{"p 644 ./a\n", "", "no kind"},
		{"hello\n", "", "no line of a manifest"},
		{"f 644 ./" + strings.Repeat("a/", 9000) + "\n", "", "too long"},
	} {
		_, err := content.ReadManifest(strings.NewReader(c.entries), strings.NewReader(c.sums))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.40q, %.40q: %v, want %q", c.entries, c.sums, err, c.want)
		}
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	old := manifestOf(t, file("a", "1"), file("b", "1"), fileModed("mode", 0o644), symlink("to", "a"), file("kind", "1"), file("same", "1"), dir("gone"))
	next := manifestOf(t, file("a", "1"), file("b", "2"), fileModed("mode", 0o755), symlink("to", "b"), symlink("kind", "a"), file("same", "1"), file("z/new", "1"))
	var got []string
	for _, d := range content.Compare(old, next) {
		got = append(got, fmt.Sprintf("%c %s", d.Change, d.Path()))
	}
	want := []string{"~ b", "~ kind", "~ mode", "~ to", "+ z/new"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if found := content.Compare(next, content.Manifest{}); len(found) != next.Len()-1 || found[0].Change != content.Removed {
		t.Errorf("against nothing: %+v", found)
	}
}

// Files gives what was asked for, as it was, and nothing that is too large or is no file.
func TestFiles(t *testing.T) {
	t.Parallel()
	a := open(t, saved(t, archive(t, file("a", "one"), file("dir/b", "two"), file("large", strings.Repeat("x", 100)), symlink("link", "a"))), 0)
	got, err := a.Files(t.Context(), []string{"dir/b", "large", "link", "nowhere", "a"}, 50)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string][]byte{"a": []byte("one"), "dir/b": []byte("two")}, got); diff != "" {
		t.Error(diff)
	}
}

// What a host sends of a release becomes the artifact again: the same content, whatever the modes and owners are there.
func TestRebuild(t *testing.T) {
	t.Parallel()
	members := []entry{dirModed("d", 0o700), file("d/a b", "one"), fileModed("run", 0o755), file(`b\c`, strings.Repeat("x", 2000)), symlink("l", "run"), dir("empty")}
	a := open(t, saved(t, archive(t, members...)), 0)
	sent := slices.Concat(archive(t, file("./d/a b", "one"), symlink("./l", "run")), make([]byte, 3*blockSize), archive(t, fileModed("./run", 0o700), file(`./b\c`, strings.Repeat("x", 2000))))
	for name, stream := range map[string][]byte{"plain": sent, "gzip": gzipped(t, sent)} {
		var out bytes.Buffer
		if err := Rebuild(t.Context(), a.Manifest(), bytes.NewReader(stream), 1<<20, &out); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if again := open(t, saved(t, out.Bytes()), 0); again.Content() != a.Content() {
			t.Errorf("%s: another content: %+v", name, content.Compare(a.Manifest(), again.Manifest()))
		}
	}
	for want, stream := range map[string][]byte{
		"did not send":       archive(t, file("d/a b", "one")),
		"not asked for":      archive(t, file("other", "one")),
		"not what it was":    archive(t, file("l", "one")),
		"more than":          archive(t, file("d/a b", strings.Repeat("y", 9000))),
		"unexpected EOF":     archive(t, file("d/a b", strings.Repeat("y", 2000)))[:1024],
		"has an absolute":    archive(t, file("/etc/passwd", "one")),
		"invalid tar header": bytes.Repeat([]byte("z"), 2*blockSize),
	} {
		if err := Rebuild(t.Context(), a.Manifest(), bytes.NewReader(stream), 8000, io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
