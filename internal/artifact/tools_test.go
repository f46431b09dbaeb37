package artifact

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/artifact/pack"
	"github.com/slipway/slipway/internal/artifact/treetest"
	"github.com/slipway/slipway/internal/needtest"
)

// realTree is a tree with all that tarballs of real sites have, hard links and sparse files too.
func realTree(tb testing.TB) string {
	tb.Helper()
	dir := tb.TempDir()
	treetest.Write(tb, dir, treetest.Site)
	treetest.Must(tb, os.Chmod(filepath.Join(dir, "manage.py"), 0o755))
	treetest.Must(tb, os.Link(filepath.Join(dir, "site/settings.py"), filepath.Join(dir, "site/zz-linked.py")))
	treetest.Must(tb, os.Link(filepath.Join(dir, "site/settings.py"), filepath.Join(dir, "aa-linked.py")))
	sparse, err := os.Create(filepath.Join(dir, "sparse.db"))
	treetest.Must(tb, err)
	for _, at := range []int64{0, 1 << 20, 3 << 20} {
		_, err := sparse.WriteAt([]byte("data at "+strconv.FormatInt(at, 10)), at)
		treetest.Must(tb, err)
	}
	treetest.Must(tb, sparse.Truncate(5<<20))
	treetest.Must(tb, sparse.Close())
	return dir
}

// packed is a folder as `slipway pack` makes a tarball of it.
func packed(tb testing.TB, dir string, opts pack.Options) []byte {
	tb.Helper()
	var out bytes.Buffer
	treetest.Must(tb, pack.Folder(tb.Context(), dir, &out, opts))
	return out.Bytes()
}

// What real tars write of one tree is one content, and that of Pack.
func TestTarballsOfRealTars(t *testing.T) {
	t.Parallel()
	dir := realTree(t)
	want := open(t, saved(t, packed(t, dir, pack.Options{})), 0)
	checkPayload(t, want)
	for _, test := range []struct {
		tool string
		args []string
	}{
		{"tar", []string{"-cf", "OUT", "."}},
		{"tar", []string{"-czf", "OUT", "."}},
		{"tar", []string{"--zstd", "-cf", "OUT", "."}},
		{"tar", []string{"--format=posix", "-S", "-cf", "OUT", "."}},
		{"tar", []string{"--format=posix", "-S", "--sparse-version=0.1", "-cf", "OUT", "."}},
		{"tar", []string{"--format=posix", "-S", "--sparse-version=0.0", "-cf", "OUT", "."}},
		{"tar", []string{"--format=gnu", "-S", "-V", "label", "-cf", "OUT", "."}},
		{"tar", []string{"--format=gnu", "--hard-dereference", "--sort=name", "--mtime=@0", "-cf", "OUT", "."}},
		{"busybox", []string{"tar", "-cf", "OUT", "."}},
		{"busybox", []string{"tar", "-czf", "OUT", "."}},
	} {
		t.Run(test.tool+" "+strings.Join(test.args, " "), func(t *testing.T) {
			t.Parallel()
			if test.args[0] == "--zstd" {
				needtest.Program(t, "zstd")
			}
			out := filepath.Join(t.TempDir(), "artifact")
			args := slices.Clone(test.args)
			args[slices.Index(args, "OUT")] = out
			treetest.Run(t, dir, needtest.Program(t, test.tool), args...)
			a := open(t, out, 0)
			if a.Content() != want.Content() {
				t.Errorf("content %s, want %s; entries\n%s\nwant\n%s", a.Content(), want.Content(), entries(t, a), entries(t, want))
			}
			checkPayload(t, a)
		})
	}
}

func TestGitArchive(t *testing.T) {
	t.Parallel()
	git := needtest.Program(t, "git")
	dir := t.TempDir()
	tree := map[string]string{}
	for name, text := range treetest.Site {
		if !strings.HasSuffix(name, "/") { // git keeps no empty folders
			tree[name] = text
		}
	}
	treetest.Write(t, dir, tree)
	treetest.Must(t, os.Chmod(filepath.Join(dir, "manage.py"), 0o755))
	treetest.Run(t, dir, git, "init", "-q")
	treetest.Run(t, dir, git, "add", "-A")
	treetest.Run(t, dir, git, "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "-m", "x")
	want := open(t, saved(t, packed(t, dir, pack.Options{})), 0).Content()
	for _, test := range []struct {
		args  []string
		strip int
	}{
		{[]string{"--format=tar"}, 0},
		{[]string{"--format=tar.gz", "--prefix=site-1.0/"}, 1},
	} {
		out := filepath.Join(t.TempDir(), "artifact")
		treetest.Run(t, dir, git, append([]string{"archive", "-o", out, "HEAD"}, test.args...)...)
		a := open(t, out, test.strip)
		if a.Content() != want {
			t.Errorf("%q: content %s, want %s\n%s", test.args, a.Content(), want, entries(t, a))
		}
	}
}

// What hosts do with the payload: unpack it with the tar that they have, then hold it against the manifest.
func TestPayloadOnRealTools(t *testing.T) {
	t.Parallel()
	dir := realTree(t)
	source := filepath.Join(t.TempDir(), "artifact")
	treetest.Run(t, dir, needtest.Program(t, "tar"), "-czf", source, ".")
	a := open(t, source, 0)
	files := map[string]string{}
	for _, encoding := range []string{Zstd, Gzip} {
		p, err := a.Payload(t.Context(), encoding)
		treetest.Must(t, err)
		r, err := p.Open()
		treetest.Must(t, err)
		path := filepath.Join(t.TempDir(), "payload."+encoding)
		file, err := os.Create(path)
		treetest.Must(t, err)
		_, err = file.ReadFrom(r)
		treetest.Must(t, err)
		treetest.Must(t, file.Close())
		files[encoding] = path
	}
	for _, test := range []struct {
		name, encoding string
		unpack         []string
		sha256sum      []string
		find           []string
	}{
		{"GNU, gzip", Gzip, []string{"tar", "-xzf"}, []string{"sha256sum"}, []string{"find"}},
		{"GNU, zstd", Zstd, []string{"tar", "--zstd", "-xf"}, []string{"sha256sum"}, []string{"find"}},
		{"BusyBox, gzip", Gzip, []string{"busybox", "tar", "-xzf"}, []string{"busybox", "sha256sum"}, []string{"busybox", "find"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			needtest.Program(t, test.unpack[0])
			host := t.TempDir()
			treetest.Run(t, host, test.unpack[0], append(test.unpack[1:], files[test.encoding])...)
			tree := filepath.Join(host, "tree")
			checked := treetest.Run(t, tree, test.sha256sum[0], append(test.sha256sum[1:], "-c", "../manifest/sha256")...)
			if strings.Count(checked, ": OK\n") != strings.Count(read0(t, host, "manifest/sha256"), "\n") {
				t.Errorf("sha256sum says\n%s", checked)
			}
			if got, want := found(t, tree, test.find), read0(t, host, "manifest/entries"); got != want {
				t.Errorf("on disk\n%s\nmanifest\n%s", got, want)
			}
			if read0(t, host, "manifest/content") != string(a.Content())+"\n" {
				t.Error("content digest differs")
			}
			// It must be able to fail.
			treetest.Must(t, os.WriteFile(filepath.Join(tree, "manage.py"), []byte("changed"), 0o755))
			if strings.Contains(treetest.Run(t, tree, "sh", "-c", strings.Join(test.sha256sum, " ")+" -c ../manifest/sha256 2>&1 || echo failed"), "failed\n") == false {
				t.Error("a changed file passes")
			}
		})
	}
}

func read0(tb testing.TB, parts ...string) string {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join(parts...))
	treetest.Must(tb, err)
	return string(text)
}

// found lists a tree as manifest/entries does, with find, stat and readlink.
func found(tb testing.TB, dir string, find []string) string {
	tb.Helper()
	var lines []string
	for kind, letter := range map[string]string{"f": "f", "d": "d", "l": "l"} {
		out := treetest.Run(tb, dir, find[0], append(slices.Clone(find[1:]), ".", "-type", kind, "-print0")...)
		for path := range strings.SplitSeq(strings.TrimSuffix(out, "\x00"), "\x00") {
			if path == "." || path == "" {
				continue
			}
			line := letter + " " + strings.TrimSpace(treetest.Run(tb, dir, "stat", "-c", "%a", path)) + " " + path
			if kind == "l" {
				line += " -> " + strings.TrimSuffix(treetest.Run(tb, dir, "readlink", path), "\n")
			}
			lines = append(lines, line+"\n")
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// A sparse file can be far larger than the disk. Reading it ends with the context, also where strip_components drops it.
func TestEndlessSparseFileEndsWithItsContext(t *testing.T) {
	t.Parallel()
	dir, out := t.TempDir(), filepath.Join(t.TempDir(), "artifact")
	sparse, err := os.Create(filepath.Join(dir, "endless"))
	treetest.Must(t, err)
	treetest.Must(t, sparse.Truncate(4<<40))
	treetest.Must(t, sparse.Close())
	treetest.Run(t, dir, needtest.Program(t, "tar"), "-S", "-cf", out, "endless")
	for _, strip := range []int{0, 1} {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		_, err := Open(ctx, out, Options{StripComponents: strip, TempDir: t.TempDir(), MaxSize: 1 << 62})
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("strip %d: %v", strip, err)
		}
	}
}
