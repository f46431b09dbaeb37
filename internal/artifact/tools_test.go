package artifact

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"slipway/internal/needtest"
)

// realTree is a tree with all that tarballs of real sites have, hard links and sparse files too.
func realTree(tb testing.TB) string {
	tb.Helper()
	dir := tb.TempDir()
	writeFiles(tb, dir, site)
	must(tb, os.Chmod(filepath.Join(dir, "manage.py"), 0o755))
	must(tb, os.Link(filepath.Join(dir, "site/settings.py"), filepath.Join(dir, "site/zz-linked.py")))
	must(tb, os.Link(filepath.Join(dir, "site/settings.py"), filepath.Join(dir, "aa-linked.py")))
	sparse, err := os.Create(filepath.Join(dir, "sparse.db"))
	must(tb, err)
	for _, at := range []int64{0, 1 << 20, 3 << 20} {
		_, err := sparse.WriteAt([]byte("data at "+strconv.FormatInt(at, 10)), at)
		must(tb, err)
	}
	must(tb, sparse.Truncate(5<<20))
	must(tb, sparse.Close())
	return dir
}

// What real tars write of one tree is one content, and that of Pack.
func TestTarballsOfRealTars(t *testing.T) {
	t.Parallel()
	dir := realTree(t)
	want := open(t, saved(t, packed(t, dir, PackOptions{})), 0)
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
			run(t, dir, needtest.Program(t, test.tool), args...)
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
	for name, text := range site {
		if !strings.HasSuffix(name, "/") { // git keeps no empty folders
			tree[name] = text
		}
	}
	writeFiles(t, dir, tree)
	must(t, os.Chmod(filepath.Join(dir, "manage.py"), 0o755))
	run(t, dir, git, "init", "-q")
	run(t, dir, git, "add", "-A")
	run(t, dir, git, "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "-m", "x")
	want := open(t, saved(t, packed(t, dir, PackOptions{})), 0).Content()
	for _, test := range []struct {
		args  []string
		strip int
	}{
		{[]string{"--format=tar"}, 0},
		{[]string{"--format=tar.gz", "--prefix=site-1.0/"}, 1},
	} {
		out := filepath.Join(t.TempDir(), "artifact")
		run(t, dir, git, append([]string{"archive", "-o", out, "HEAD"}, test.args...)...)
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
	run(t, dir, needtest.Program(t, "tar"), "-czf", source, ".")
	a := open(t, source, 0)
	files := map[string]string{}
	for _, encoding := range []string{Zstd, Gzip} {
		p, err := a.Payload(t.Context(), encoding)
		must(t, err)
		r, err := p.Open()
		must(t, err)
		path := filepath.Join(t.TempDir(), "payload."+encoding)
		file, err := os.Create(path)
		must(t, err)
		_, err = file.ReadFrom(r)
		must(t, err)
		must(t, file.Close())
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
			run(t, host, test.unpack[0], append(test.unpack[1:], files[test.encoding])...)
			tree := filepath.Join(host, "tree")
			checked := run(t, tree, test.sha256sum[0], append(test.sha256sum[1:], "-c", "../manifest/sha256")...)
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
			must(t, os.WriteFile(filepath.Join(tree, "manage.py"), []byte("changed"), 0o755))
			if strings.Contains(run(t, tree, "sh", "-c", strings.Join(test.sha256sum, " ")+" -c ../manifest/sha256 2>&1 || echo failed"), "failed\n") == false {
				t.Error("a changed file passes")
			}
		})
	}
}

func read0(tb testing.TB, parts ...string) string {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join(parts...))
	must(tb, err)
	return string(text)
}

// found lists a tree as manifest/entries does, with find, stat and readlink.
func found(tb testing.TB, dir string, find []string) string {
	tb.Helper()
	var lines []string
	for kind, letter := range map[string]string{"f": "f", "d": "d", "l": "l"} {
		out := run(tb, dir, find[0], append(slices.Clone(find[1:]), ".", "-type", kind, "-print0")...)
		for path := range strings.SplitSeq(strings.TrimSuffix(out, "\x00"), "\x00") {
			if path == "." || path == "" {
				continue
			}
			line := letter + " " + strings.TrimSpace(run(tb, dir, "stat", "-c", "%a", path)) + " " + path
			if kind == "l" {
				line += " -> " + strings.TrimSuffix(run(tb, dir, "readlink", path), "\n")
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
	must(t, err)
	must(t, sparse.Truncate(4<<40))
	must(t, sparse.Close())
	run(t, dir, needtest.Program(t, "tar"), "-S", "-cf", out, "endless")
	for _, strip := range []int{0, 1} {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		_, err := Open(ctx, out, Options{StripComponents: strip, TempDir: t.TempDir(), MaxSize: 1 << 62})
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("strip %d: %v", strip, err)
		}
	}
}
