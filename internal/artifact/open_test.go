package artifact

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"slipway/internal/deploy"
)

func TestMemberRules(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		entries []entry
		strip   int
		want    string // manifest/entries
	}{
		{
			"modes",
			[]entry{fileModed("a", 0o777), fileModed("b", 0o6755), fileModed("c", 0), fileModed("d", 0o1666), fileModed("e", 0o440)},
			0,
			"f 600 ./c\nf 640 ./e\nf 644 ./d\nf 755 ./a\nf 755 ./b\n",
		},
		{
			"parents are added",
			[]entry{file("a/b/c", "x"), symlink("d/e", "../a")},
			0,
			"d 755 ./a\nd 755 ./a/b\nd 755 ./d\nf 644 ./a/b/c\nl 777 ./d/e -> ../a\n",
		},
		{
			"folders again",
			[]entry{dir("./"), file("a/b", "x"), dir("a/"), dir("./a")},
			0,
			"d 755 ./a\nf 644 ./a/b\n",
		},
		{
			"names are cleaned",
			[]entry{file("./a//./b", "x")},
			0,
			"d 755 ./a\nf 644 ./a/b\n",
		},
		{
			"odd names",
			[]entry{file(" a b ", "x"), file("-rf", ""), file(`b\c`, ""), file("\xff\x80", ""), file("é*?[", ""), file("...", ""), file("a -> b", "")},
			0,
			"f 644 ./ a b \nf 644 ./-rf\nf 644 ./...\nf 644 ./a -> b\nf 644 ./b\\c\nf 644 ./é*?[\nf 644 ./\xff\x80\n",
		},
		{
			"its own manifest",
			[]entry{file("manifest/sha256", "x"), file("tree/a", "x")},
			0,
			"d 755 ./manifest\nd 755 ./tree\nf 644 ./manifest/sha256\nf 644 ./tree/a\n",
		},
		{
			"strip",
			[]entry{file("README", "x"), dir("p/"), file("p/a", "x"), symlink("p/l", "a"), file("./p/d/b", "x")},
			1,
			"d 755 ./d\nf 644 ./a\nf 644 ./d/b\nl 777 ./l -> a\n",
		},
		{
			"hard links",
			[]entry{file("p/a", "x"), hardlink("p/b", "p/a"), hardlink("p/d/c", "p/b"), file("p/z", "z"), hardlink("p/y", "./p/z")},
			1,
			"d 755 ./d\nf 644 ./a\nf 644 ./b\nf 644 ./d/c\nf 644 ./y\nf 644 ./z\n",
		},
		{
			"links within",
			[]entry{symlink("a/b/up", "../../c"), symlink("c", "./a/../a//b"), symlink("self", "self"), symlink("root", "."), symlink("a/root", ".."), symlink("dangling", "not/there")},
			0,
			"d 755 ./a\nd 755 ./a/b\nl 777 ./a/b/up -> ../../c\nl 777 ./a/root -> ..\nl 777 ./c -> ./a/../a//b\nl 777 ./dangling -> not/there\nl 777 ./root -> .\nl 777 ./self -> self\n",
		},
		{
			"links by way of links",
			[]entry{symlink("venv/lib64", "lib"), symlink("venv/bin/x", "../lib64/x"), symlink("loop/a", "b"), symlink("loop/b", "a/.")},
			0,
			"d 755 ./loop\nd 755 ./venv\nd 755 ./venv/bin\nl 777 ./loop/a -> b\nl 777 ./loop/b -> a/.\nl 777 ./venv/bin/x -> ../lib64/x\nl 777 ./venv/lib64 -> lib\n",
		},
		{
			"global header",
			[]entry{{tar.Header{Typeflag: tar.TypeXGlobalHeader, PAXRecords: map[string]string{"comment": "0123"}}, ""}, file("a", "x")},
			0,
			"f 644 ./a\n",
		},
		{
			"lines of one kind sort as lines",
			[]entry{symlink("a", "z"), symlink("a b", "z"), symlink("a!", "z")},
			0,
			"l 777 ./a -> z\nl 777 ./a b -> z\nl 777 ./a! -> z\n",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a := open(t, saved(t, archive(t, test.entries...)), test.strip)
			if got := entries(t, a); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
			checkPayload(t, a)
		})
	}
}

// checkPayload holds the payload against its specification: in both encodings it is the same tar, plain members each below
// a folder that came before, contents as the manifest says, and the manifest last.
func checkPayload(tb testing.TB, a *Artifact) {
	tb.Helper()
	data := payload(tb, a, Zstd)
	if other := payload(tb, a, Gzip); string(other) != string(data) {
		tb.Error("the gzip payload holds another tar than the zstd one")
	}
	r := tar.NewReader(strings.NewReader(string(data)))
	seen := map[string]bool{".": true}
	var names []string
	texts := map[string]string{}
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			tb.Fatal(err)
		}
		if h.Uid != 0 || h.Gid != 0 || h.Uname != "" || h.ModTime.Unix() != 0 {
			tb.Errorf("%q has an owner or a time: %+v", h.Name, h)
		}
		name := strings.TrimSuffix(h.Name, "/")
		if !seen[filepath.Dir(name)] && !strings.HasPrefix(name, "manifest/") {
			tb.Errorf("%q comes before its folder", name)
		}
		names = append(names, name)
		body, err := io.ReadAll(r)
		if err != nil {
			tb.Fatal(err)
		}
		path, inTree := strings.CutPrefix(name, "tree/")
		if !inTree {
			texts[name] = string(body)
			seen[name] = h.Typeflag == tar.TypeDir
			continue
		}
		m, ok := a.Manifest().Find(path)
		if !ok {
			tb.Fatalf("%q is not in the manifest", path)
		}
		kind := map[byte]Kind{tar.TypeReg: File, tar.TypeDir: Dir, tar.TypeSymlink: Link}[h.Typeflag]
		if kind != m.Kind || h.Mode != int64(m.Mode) || h.Linkname != m.Target || h.Size != m.Size {
			tb.Errorf("%q is %+v, the manifest says %+v", path, h, m)
		}
		if kind == File && sha256.Sum256(body) != m.Hash {
			tb.Errorf("%q has another content than the manifest says", path)
		}
		seen[name] = kind == Dir
	}
	if names[0] != "tree" || len(names) != 1+a.Manifest().Len()+3 {
		tb.Errorf("members: %q", names)
	}
	if last := names[len(names)-3:]; !slices.Equal(last, []string{"manifest/sha256", "manifest/entries", "manifest/content"}) {
		tb.Errorf("last are %q", last)
	}
	if texts["manifest/entries"] != entries(tb, a) || texts["manifest/content"] != string(a.Content())+"\n" {
		tb.Errorf("manifest is %q", texts)
	}
}

func payload(tb testing.TB, a *Artifact, encoding string) []byte {
	tb.Helper()
	p, err := a.Payload(tb.Context(), encoding)
	if err != nil {
		tb.Fatal(err)
	}
	r, err := p.Open()
	if err != nil {
		tb.Fatal(err)
	}
	defer r.Close()
	counted := &tail{r: r}
	var plain io.Reader
	if encoding == Zstd {
		decoder, err := zstd.NewReader(counted, zstd.WithDecoderConcurrency(1))
		if err != nil {
			tb.Fatal(err)
		}
		defer decoder.Close()
		plain = decoder
	} else if plain, err = gzip.NewReader(counted); err != nil {
		tb.Fatal(err)
	}
	data, err := io.ReadAll(plain)
	if err != nil {
		tb.Fatal(err)
	}
	if counted.count != p.Size() || p.Encoding() != encoding {
		tb.Errorf("payload %s of %d bytes says %s of %d", encoding, counted.count, p.Encoding(), p.Size())
	}
	return data
}

// The content digest is a promise to every release that is on a host already: it may never change.
func TestDigests(t *testing.T) {
	t.Parallel()
	data := archive(t, file("b.txt", "text\n"), fileModed("a/run", 0o755), symlink("link", "b.txt"))
	a := open(t, saved(t, data), 0)
	lines := "d 755 - ./a\n" +
		"f 755 " + hexSum("x") + " ./a/run\n" +
		"f 644 " + hexSum("text\n") + " ./b.txt\n" +
		"l 777 - ./link -> b.txt\n"
	if want := deploy.Digest(hexSum(lines)); a.Content() != want {
		t.Errorf("content %s, want %s", a.Content(), want)
	}
	if want := deploy.Digest(hexSum(string(data))); a.SHA256() != want {
		t.Errorf("file %s, want %s", a.SHA256(), want)
	}
	if a.Size() != int64(len(data)) {
		t.Errorf("size %d, want %d", a.Size(), len(data))
	}
	for name, same := range map[string][]byte{
		"gzip": gzipped(t, data), "zstd": zstded(t, data), "zstd of two frames": append(zstded(t, data[:700]), zstded(t, data[700:])...),
		"gzip of two":                  append(gzipped(t, data[:700]), gzipped(t, data[700:])...),
		"another order, times, owners": archive(t, symlink("link", "b.txt"), owned(fileModed("a/run", 0o4777)), file("b.txt", "text\n")),
		"padded":                       append(slices.Clone(data), make([]byte, 10240)...),
		"one end block":                cutEnd(slices.Clone(data), 512),
	} {
		b := open(t, saved(t, same), 0)
		if b.Content() != a.Content() {
			t.Errorf("%s: content %s, want %s", name, b.Content(), a.Content())
		}
		if want := deploy.Digest(hexSum(string(same))); b.SHA256() != want {
			t.Errorf("%s: file %s, want %s", name, b.SHA256(), want)
		}
	}
	for name, other := range map[string][]byte{
		"content": archive(t, file("b.txt", "texT\n"), fileModed("a/run", 0o755), symlink("link", "b.txt")),
		"mode":    archive(t, file("b.txt", "text\n"), fileModed("a/run", 0o644), symlink("link", "b.txt")),
		"target":  archive(t, file("b.txt", "text\n"), fileModed("a/run", 0o755), symlink("link", "a")),
		"name":    archive(t, file("b.tx", "text\n"), fileModed("a/run", 0o755), symlink("link", "b.txt")),
		"folder":  archive(t, dir("c"), file("b.txt", "text\n"), fileModed("a/run", 0o755), symlink("link", "b.txt")),
	} {
		if b := open(t, saved(t, other), 0); b.Content() == a.Content() {
			t.Errorf("another %s has the same content digest", name)
		}
	}
}

func owned(e entry) entry {
	e.Uid, e.Gid, e.Uname = 1000, 1000, "anna"
	return e
}

func hexSum(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func TestUnpackedRoundsUp(t *testing.T) {
	t.Parallel()
	a := open(t, saved(t, archive(t, file("d/empty", ""), file("d/one", "1"), file("d/two", strings.Repeat("x", 4097)), symlink("l", "d"))), 0)
	if bytes, inodes := a.Unpacked(); bytes != 4096*(2+0+1+2) || inodes != 6 {
		t.Errorf("%d bytes, %d inodes", bytes, inodes)
	}
}

// Many files of one hash go through the temporary file of the second pass, one by one through the stream.
func TestHardLinksOfLargeFiles(t *testing.T) {
	t.Parallel()
	one, two := strings.Repeat("one ", 200_000), strings.Repeat("second ", 100_000)
	list := []entry{file("a/one", one), file("a/two", two), hardlink("z", "a/one")}
	for i := range 5 {
		list = append(list, hardlink(fmt.Sprintf("copies/%d", i), "a/two"))
	}
	a := open(t, saved(t, gzipped(t, archive(t, list...))), 0)
	checkPayload(t, a)
	z, _ := a.Manifest().Find("z")
	if z.Hash != sha256.Sum256([]byte(one)) || z.Size != int64(len(one)) {
		t.Errorf("z is %+v", z)
	}
}

func TestPayloadIsForManyReaders(t *testing.T) {
	t.Parallel()
	temp := t.TempDir()
	a, err := Open(t.Context(), saved(t, archive(t, file("a", strings.Repeat("text", 100_000)))), Options{TempDir: temp})
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	sums := make([]string, 8)
	for i := range sums {
		wait.Go(func() { sums[i] = hexSum(string(payload(t, a, []string{Zstd, Gzip}[i%2]))) })
	}
	wait.Wait()
	if len(slices.Compact(sums)) != 1 {
		t.Errorf("readers differ: %q", sums)
	}
	if _, err := a.Payload(t.Context(), "lzma"); err == nil {
		t.Error("an unknown encoding is served")
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(temp); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestProgressReachesTheEnd(t *testing.T) {
	t.Parallel()
	path := saved(t, gzipped(t, archive(t, file("a", strings.Repeat("text", 1000)))))
	var done, total int64
	a, err := Open(t.Context(), path, Options{TempDir: t.TempDir(), Progress: func(d, n int64) { done, total = d, n }})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if done != a.Size() || total != a.Size() {
		t.Errorf("%d of %d, want %d", done, total, a.Size())
	}
}

// FuzzOpen looks for panics, and for artifacts that are let through with a payload that breaks the rules.
func FuzzOpen(f *testing.F) {
	good := archive(f, dir("a"), file("a/b", "text"), symlink("a/l", "b"), hardlink("h", "a/b"))
	f.Add(good, 0)
	f.Add(good, 1)
	f.Add(gzipped(f, good), 0)
	f.Add(zstded(f, good), 0)
	f.Add(archive(f, symlink("x", "a/../../y"), file("../z", "")), 0)
	f.Add(retyped(f, file("s", "sparse"), tar.TypeGNUSparse), 0)
	f.Fuzz(func(t *testing.T, data []byte, strip int) {
		// A sparse file of a few bytes can be endless: it ends with the context, as it does for people.
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		a, err := Open(ctx, saved(t, data), Options{StripComponents: strip & 3, TempDir: t.TempDir()})
		if err != nil {
			return
		}
		defer a.Close()
		if bytes, _ := a.Unpacked(); bytes > 64<<20 {
			return // too much to read here
		}
		checkPayload(t, a)
		for m := range a.Manifest().Members() {
			if strings.HasPrefix(m.Path, "/") || strings.Contains("/"+m.Path+"/", "/../") || strings.ContainsAny(m.Path+m.Target, "\n\x00") {
				t.Errorf("let through: %+v", m)
			}
		}
	})
}
