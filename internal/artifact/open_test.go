package artifact

import (
	"archive/tar"
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

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/slipway/slipway/internal/artifact/content"
	"github.com/slipway/slipway/internal/deploy"
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
			"modes of folders",
			[]entry{
				dirModed("./", 0o700), dirModed("a", 0o700), dirModed("b", 0o750), dirModed("c", 0o2775), dirModed("d", 0o1777), dirModed("e", 0),
				dirModed("f", 0o711), dirModed("g", 0o4705), dirModed("h", 0o555), file("z", "x"),
			},
			0,
			"d 700 ./a\nd 700 ./e\nd 705 ./g\nd 711 ./f\nd 750 ./b\nd 755 ./c\nd 755 ./d\nd 755 ./h\nf 644 ./z\n",
		},
		{
			"a folder's mode after its members, and twice",
			[]entry{file("a/b/c", "x"), dirModed("a", 0o700), dirModed("d", 0o700), dirModed("a/b", 0o700), dirModed("a/b/", 0o750), dirModed("d", 0o755)},
			0,
			"d 700 ./a\nd 750 ./a/b\nd 755 ./d\nf 644 ./a/b/c\n",
		},
		{
			"a folder that is the release itself once stripped",
			[]entry{dirModed("site", 0o700), dirModed("site/a", 0o700), file("site/a/b", "x")},
			1,
			"d 700 ./a\nf 644 ./a/b\n",
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
			"hard links to links", // GNU tar writes them for two names of one link
			[]entry{file("f", "x"), symlink("b", "f"), hardlink("a", "b"), hardlink("c", "a"), dir("d"), symlink("d/up", "../f"), hardlink("d/again", "d/up")},
			0,
			"d 755 ./d\nf 644 ./f\nl 777 ./a -> f\nl 777 ./b -> f\nl 777 ./c -> f\nl 777 ./d/again -> ../f\nl 777 ./d/up -> ../f\n",
		},
		{
			"links within",
			[]entry{symlink("a/b/up", "../../c"), symlink("c", "./a/../a//b"), symlink("self", "self"), symlink("root", "."), symlink("a/root", ".."), symlink("dangling", "not/there"), file("f", "x")},
			0,
			"d 755 ./a\nd 755 ./a/b\nf 644 ./f\nl 777 ./a/b/up -> ../../c\nl 777 ./a/root -> ..\nl 777 ./c -> ./a/../a//b\nl 777 ./dangling -> not/there\nl 777 ./root -> .\nl 777 ./self -> self\n",
		},
		{
			"links by way of links",
			[]entry{symlink("venv/lib64", "lib"), symlink("venv/bin/x", "../lib64/x"), symlink("loop/a", "b"), symlink("loop/b", "a/."), file("f", "x")},
			0,
			"d 755 ./loop\nd 755 ./venv\nd 755 ./venv/bin\nf 644 ./f\nl 777 ./loop/a -> b\nl 777 ./loop/b -> a/.\nl 777 ./venv/bin/x -> ../lib64/x\nl 777 ./venv/lib64 -> lib\n",
		},
		{
			"global header",
			[]entry{{tar.Header{Typeflag: tar.TypeXGlobalHeader, PAXRecords: map[string]string{"comment": "0123"}}, ""}, file("a", "x")},
			0,
			"f 644 ./a\n",
		},
		{
			"lines of one kind sort as lines",
			[]entry{symlink("a", "z"), symlink("a b", "z"), symlink("a!", "z"), file("f", "x")},
			0,
			"f 644 ./f\nl 777 ./a -> z\nl 777 ./a b -> z\nl 777 ./a! -> z\n",
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
	checkTar(tb, a, data)
}

// checkTar holds the tar of a payload against its specification.
func checkTar(tb testing.TB, a *Artifact, data []byte) {
	tb.Helper()
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
		kind := map[byte]content.Kind{tar.TypeReg: content.File, tar.TypeDir: content.Dir, tar.TypeSymlink: content.Link}[h.Typeflag]
		// A folder's mode is the manifest's: the archive may state it after the folder's members.
		sameMode := h.Mode == int64(m.Mode) || kind == content.Dir && h.Mode == int64(dirMode(h.Mode))
		if kind != m.Kind || !sameMode || h.Linkname != m.Target || h.Size != m.Size {
			tb.Errorf("%q is %+v, the manifest says %+v", path, h, m)
		}
		if kind == content.File && sha256.Sum256(body) != m.Hash {
			tb.Errorf("%q has another content than the manifest says", path)
		}
		seen[name] = kind == content.Dir
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
		"gzip of two":                       append(gzipped(t, data[:700]), gzipped(t, data[700:])...),
		"gzip, zeros after it":              append(gzipped(t, data), make([]byte, 3000)...),
		"gzip, a line break after it":       append(gzipped(t, data), "\r\n"...),
		"gzip, both":                        append(gzipped(t, data), "\x00\x00\n"...),
		"a line break after it":             append(slices.Clone(data), '\n'),
		"another order, times, owners":      archive(t, symlink("link", "b.txt"), owned(fileModed("a/run", 0o4777)), file("b.txt", "text\n")),
		"a folder's mode but who may enter": archive(t, dirModed("a", 0o2777), file("b.txt", "text\n"), fileModed("a/run", 0o755), symlink("link", "b.txt")),
		"padded":                            append(slices.Clone(data), make([]byte, 10240)...),
		"one end block":                     cutEnd(slices.Clone(data), 512),
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
		"content":        archive(t, file("b.txt", "texT\n"), fileModed("a/run", 0o755), symlink("link", "b.txt")),
		"mode":           archive(t, file("b.txt", "text\n"), fileModed("a/run", 0o644), symlink("link", "b.txt")),
		"private folder": archive(t, dirModed("a", 0o700), file("b.txt", "text\n"), fileModed("a/run", 0o755), symlink("link", "b.txt")),
		"target":         archive(t, file("b.txt", "text\n"), fileModed("a/run", 0o755), symlink("link", "a")),
		"name":           archive(t, file("b.tx", "text\n"), fileModed("a/run", 0o755), symlink("link", "b.txt")),
		"folder":         archive(t, dir("c"), file("b.txt", "text\n"), fileModed("a/run", 0o755), symlink("link", "b.txt")),
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

func TestRevisionOfTheHeader(t *testing.T) {
	t.Parallel()
	const one, two = "0123456789abcdef0123456789abcdef01234567", "89abcdef0123456789abcdef0123456789abcdef0123456789abcdef01234567"
	global := func(comment string) entry {
		return entry{tar.Header{Typeflag: tar.TypeXGlobalHeader, PAXRecords: map[string]string{"comment": comment}}, ""}
	}
	for name, test := range map[string]struct {
		entries []entry
		want    string
	}{
		"none":          {nil, ""},
		"SHA-1":         {[]entry{global(one)}, one},
		"SHA-256":       {[]entry{global(two)}, two},
		"two":           {[]entry{global(one), global(two)}, one},
		"another text":  {[]entry{global("made by anna")}, ""},
		"capital":       {[]entry{global(strings.ToUpper(one))}, ""},
		"then a commit": {[]entry{global("x"), global(one)}, one},
	} {
		data := archive(t, append(test.entries, file("a", "x"))...)
		if got := open(t, saved(t, data), 0).Revision(); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

// What is odd in an artifact, and most often a mistake of the build.
func TestNotes(t *testing.T) {
	t.Parallel()
	const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
	for name, test := range map[string]struct {
		entries []entry
		want    []string
	}{
		"nothing":      {[]entry{file("a", "x"), file("b/.env.example", "x")}, nil},
		"LFS":          {[]entry{file("a", "x"), file("img/a.png", pointer), file("b.txt", "version 1")}, []string{"Git LFS", `"img/a.png"`, "lfs: true"}},
		"macOS":        {[]entry{file("a", "x"), file("._a", "x"), file("b/.DS_Store", "x")}, []string{"macOS", `"._a", "b/.DS_Store"`, "COPYFILE_DISABLE"}},
		"submodule":    {[]entry{file("a", "x"), file(".gitmodules", "[submodule \"lib\"]\n\tpath = vendor/lib\n[submodule \"full\"]\n\tpath=full\n"), dir("vendor/lib"), file("full/x/y", "z")}, []string{"submodules", `("vendor/lib")`}},
		"workflow":     {[]entry{file("a", "x"), file("slipway.yml", "app: x"), file(".github/workflows/deploy.yml", "on: push")}, []string{`".github", "slipway.yml"`, ".slipwayignore", "export-ignore"}},
		"many":         {[]entry{file("a", "x"), file("._1", ""), file("._2", ""), file("._3", ""), file("._4", ""), file("._5", ""), file("._6", "")}, []string{`"._5" and 1 more`}},
		"a Git folder": {[]entry{file("a", "x"), file(".git/HEAD", "ref: x")}, []string{`".git"`}},
	} {
		got := strings.Join(open(t, saved(t, archive(t, test.entries...)), 0).Notes(), "\n")
		if (test.want == nil) != (got == "") {
			t.Errorf("%s: %q", name, got)
		}
		for _, want := range test.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %q, want %q in it", name, got, want)
			}
		}
	}
}

func TestFolder(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		entries []entry
		want    string
	}{
		"one":        {[]entry{file("site-1.0/a", "x"), file("site-1.0/b/c", "x")}, "site-1.0"},
		"two":        {[]entry{file("a/a", "x"), file("b/a", "x")}, ""},
		"one beside": {[]entry{file("a/a", "x"), file("b", "x")}, ""},
		"like it":    {[]entry{file("a/a", "x"), file("a b/b", "x")}, ""},
		"a file":     {[]entry{file("a", "x")}, ""},
	} {
		if got := open(t, saved(t, archive(t, test.entries...)), 0).Manifest().Folder(); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	data := archive(t, file("a", strings.Repeat("x", 1000)), hardlink("b", "a"), hardlink("c", "a"))
	for most, good := range map[int64]bool{2999: false, 3000: true, 0: true, 999: false} {
		a, err := inMemory(t.Context(), data, Options{MaxSize: most})
		if (err == nil) != good {
			t.Errorf("at most %d bytes: %v", most, err)
		}
		if err != nil && !strings.Contains(err.Error(), "unpacks to more than") {
			t.Error(err)
		}
		if good && a.Manifest().Len() != 3 {
			t.Errorf("%d members", a.Manifest().Len())
		}
	}
	b := budget{most: defaultMaxSize, members: content.MaxMembers}
	if err := b.take(&tar.Header{Name: "one more"}); err == nil || !strings.Contains(err.Error(), "more than 1000000 members") {
		t.Errorf("one member more: %v", err)
	}
	bomb := append(slices.Clone(data), make([]byte, 65<<20)...)
	if _, err := inMemory(t.Context(), gzipped(t, bomb), Options{}); err == nil || !strings.Contains(err.Error(), "of padding follow the end") {
		t.Errorf("endless padding: %v", err)
	}
}

// A link to a program of the host, as a venv has it, is allowed by its name, and nothing beyond it.
func TestAllowedLinks(t *testing.T) {
	t.Parallel()
	allow := Options{AllowLinks: []string{"/usr/bin/python3"}}
	venv := []entry{symlink("venv/bin/python3", "/usr/bin/python3"), symlink("venv/bin/python", "python3"), symlink("venv/lib64", "lib"), file("a", "x")}
	a, err := inMemory(t.Context(), archive(t, venv...), allow)
	if err != nil {
		t.Fatal(err)
	}
	if got := entries(t, a); !strings.Contains(got, "l 777 ./venv/bin/python3 -> /usr/bin/python3\n") {
		t.Error(got)
	}
	for name, test := range map[string]struct {
		entries []entry
		opts    Options
		want    string
	}{
		"not allowed":       {venv, Options{}, "allow_links: [/usr/bin/python3]"},
		"another":           {[]entry{symlink("l", "/usr/bin/python3.11"), file("a", "x")}, allow, `points outside the release, to "/usr/bin/python3.11"`},
		"beyond it":         {[]entry{symlink("l", "/usr/bin/python3/../../etc"), file("a", "x")}, allow, "points outside"},
		"by way of it":      {[]entry{symlink("l", "/usr/bin/python3"), symlink("m", "l/x"), file("a", "x")}, allow, `link "m" leads on from "l"`},
		"up by way of it":   {[]entry{symlink("d/l", "/usr/bin/python3"), symlink("m", "d/l/../x"), file("a", "x")}, allow, `link "m" leads on from "d/l"`},
		"a member below it": {[]entry{symlink("l", "/usr/bin/python3"), file("l/x", "x")}, allow, "a folder too"},
	} {
		if _, err := inMemory(t.Context(), archive(t, test.entries...), test.opts); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
}
