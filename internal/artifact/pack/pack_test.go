package pack

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/artifact"
	"github.com/slipway/slipway/internal/artifact/content"
	"github.com/slipway/slipway/internal/artifact/treetest"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/needtest"
)

func packed(tb testing.TB, dir string, opts Options) []byte {
	tb.Helper()
	var out bytes.Buffer
	if err := Folder(tb.Context(), dir, &out, opts); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

func saved(tb testing.TB, data []byte) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "artifact")
	treetest.Must(tb, os.WriteFile(path, data, 0o600))
	return path
}

// opened reads a tarball as an artifact.
func opened(tb testing.TB, path string) *artifact.Artifact {
	tb.Helper()
	a, err := artifact.Open(tb.Context(), path, artifact.Options{TempDir: tb.TempDir()})
	treetest.Must(tb, err)
	tb.Cleanup(func() { a.Close() })
	return a
}

func TestPackDependsOnTheTreeOnly(t *testing.T) {
	t.Parallel()
	one, two := t.TempDir(), t.TempDir()
	treetest.Write(t, one, treetest.Site)
	treetest.Write(t, two, treetest.Site)
	// Another checkout: other umask, other times, other order of making, and a repository beside it.
	treetest.Must(t, os.Chmod(filepath.Join(two, "site"), 0o700))
	treetest.Must(t, os.Chmod(filepath.Join(two, "site/settings.py"), 0o660))
	treetest.Must(t, os.Chtimes(filepath.Join(two, "manage.py"), time.Time{}, time.Unix(1e9, 0)))
	treetest.Write(t, two, map[string]string{".git/HEAD": "ref", "vendor/lib/.git": "gitdir: x"})
	treetest.Must(t, os.RemoveAll(filepath.Join(one, "vendor")))
	treetest.Write(t, one, map[string]string{"vendor/lib/": ""})
	for _, opts := range []Options{{}, {Encoding: Gzip}, {Encoding: Zstd}, {Encoding: Gzip, Time: time.Unix(1_700_000_000, 0)}} {
		a, b := packed(t, one, opts), packed(t, two, opts)
		if !bytes.Equal(a, b) {
			t.Errorf("%+v: two checkouts give different bytes", opts)
		}
		if got, want := opened(t, saved(t, a)).Content(), opened(t, saved(t, packed(t, one, Options{}))).Content(); got != want {
			t.Errorf("%+v: content %s, want %s", opts, got, want)
		}
	}
	treetest.Must(t, os.Chmod(filepath.Join(two, "manage.py"), 0o755))
	if bytes.Equal(packed(t, one, Options{}), packed(t, two, Options{})) {
		t.Error("who may run a file makes no difference")
	}
}

// The bytes are pinned for plain tars, which no compressor has a say in.
func TestPackIsPinned(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	treetest.Write(t, dir, map[string]string{"a/b": "text", "c": "-> a/b"})
	const want = "33fc8c953f591e9a96a1b041da9b5a8641d5fe119c73c795cdbaff4b64f8fc72"
	if got := fmt.Sprintf("%x", sha256.Sum256(packed(t, dir, Options{}))); got != want {
		t.Errorf("packed tar is %s, want %s", got, want)
	}
}

func TestPackRefuses(t *testing.T) {
	t.Parallel()
	fifo := t.TempDir()
	treetest.Must(t, syscall.Mkfifo(filepath.Join(fifo, "pipe"), 0o600))
	for _, test := range []struct {
		name, dir string
		files     map[string]string
		want      string
	}{
		{"nothing", t.TempDir(), nil, "nothing in it to pack"},
		{"only ignored", t.TempDir(), map[string]string{".git/HEAD": "x"}, "nothing in it to pack"},
		{"only folders", t.TempDir(), map[string]string{"a/b/": "", "c/.gitkeep": ""}, "nothing in it to deploy"},
		{"missing", "/nonexistent", nil, "no such file"},
		{"a file", saved(t, nil), nil, "no folder"},
		{"FIFO", fifo, nil, `"pipe" is no file, folder or link`},
		{"link outside", t.TempDir(), map[string]string{"a/l": "-> ../../x"}, `link "a/l" points outside`},
		{"absolute link", t.TempDir(), map[string]string{"l": "-> /etc/passwd"}, `link "l" points outside`},
		{"link by way of a link", t.TempDir(), map[string]string{"d/e/s": "-> ../..", "t": "-> d/e/s/.."}, "by way of another link"},
		{"line break", t.TempDir(), map[string]string{"a\nb": "x"}, "line break"},
		{"bad pattern", t.TempDir(), map[string]string{".slipwayignore": "ok\n[a\n", "a": ""}, ".slipwayignore:2: \"[a\" is no pattern"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			treetest.Write(t, test.dir, test.files)
			var out bytes.Buffer
			err := Folder(t.Context(), test.dir, &out, Options{})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
			var refusal *deploy.Error
			if errors.As(err, &refusal) && refusal.Op != "pack" {
				t.Errorf("operation is %q", refusal.Op)
			}
			if out.Len() != 0 {
				t.Errorf("%d bytes were written", out.Len())
			}
		})
	}
}

func TestPackLeavesItselfOut(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	treetest.Write(t, dir, map[string]string{"a": "x", "dist/old.tar": "x", "dist/keep": "x"})
	out, err := os.Create(filepath.Join(dir, "dist/new.tar"))
	treetest.Must(t, err)
	defer out.Close()
	treetest.Must(t, Folder(t.Context(), dir, out, Options{Skip: []string{"dist/old.tar"}}))
	a := opened(t, out.Name())
	var entries strings.Builder
	treetest.Must(t, a.Manifest().WriteEntries(&entries))
	if got, want := entries.String(), "d 755 ./dist\nf 644 ./a\nf 644 ./dist/keep\n"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// The ignore file means what git makes of the same text, wherever git is there to be asked.
func TestIgnoreFileIsGits(t *testing.T) {
	t.Parallel()
	git := needtest.Program(t, "git")
	tree := map[string]string{}
	for _, name := range []string{
		"a.pyc", "x/a.pyc", "x/y/a.pyc", "build/o", "x/build/o", "x/build2", "log", "x/log", "x/y/log/deep/f", "#hash", "!bang", "sp ace",
		"node_modules/p/i.js", "dist/keep/f", "dist/drop/f", "dist/top", "abc", "aXc", "a/b/c", "a/z/b/c", "foo/bar/baz", "foo/bar.txt",
		"docs/a.md", "docs/sub/b.md", "a+b", "a.b", "axb", "q?r", "b[1]", "b1", "bb", "file~", "secret.env", "x/secret.env",
	} {
		tree[name] = "x"
	}
	dir := t.TempDir()
	treetest.Write(t, dir, tree)
	treetest.Run(t, dir, git, "init", "-q")
	for _, ignore := range []string{
		"*.pyc\n", "/a.pyc\n", "build/\n", "build\n", "log\n", "/log\n", "x/log\n", "\\#hash\n", "# comment\n\n\\!bang\n", "sp ace   \n",
		"node_modules\n", "dist/*\n!dist/keep\n", "dist\n!dist/keep/f\n", "a?c\n", "a/**/c\n", "**/log\n", "**/y/**\n", "foo/**\n", "foo/*\n",
		"docs/*.md\n", "docs/**/*.md\n", "a+b\n", "a.b\n", "q\\?r\n", "b[0-9]\n", "b[!0-9]\n", "b\\[1\\]\n", "*~\n", "*\n!*.env\n", "*\n!*/\n!*.md\n",
		"secret.env\n!/secret.env\n", "\ufeff*.pyc\n", "*.pyc\r\nlog\r\n", "/\n", "!\n", "x/\n!x/log\n", "/*\n!/foo\n/foo/*\n!/foo/bar\n", "\\log\n", "[ab]bc\n",
	} {
		treetest.Write(t, dir, map[string]string{content.IgnoreFile: ignore})
		listed := treetest.Run(t, dir, git, "ls-files", "-z", "--others", "--exclude-from="+content.IgnoreFile)
		want := strings.Split(strings.TrimSuffix(listed, "\x00"), "\x00")
		slices.Sort(want)
		var got []string
		for r := tar.NewReader(bytes.NewReader(packed(t, dir, Options{}))); ; {
			header, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			treetest.Must(t, err)
			if header.Typeflag == tar.TypeReg {
				got = append(got, header.Name)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%q:\n got  %q\n want %q", ignore, got, want)
		}
	}
}

func TestNamesAndDates(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"a.tar.gz": Gzip, "a.tgz": Gzip, "dist/a.tar.zst": Zstd, "a.tar": ""} {
		if got, err := EncodingFor(name); err != nil || got != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if _, err := EncodingFor("a.zip"); err == nil {
		t.Error("a.zip has an encoding")
	}
	if got, err := SourceDate("1700000000"); err != nil || got.Unix() != 1_700_000_000 {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := SourceDate(""); err != nil || !got.IsZero() {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []string{"yesterday", "-1", "1.5"} {
		if _, err := SourceDate(bad); err == nil {
			t.Errorf("%q is a date", bad)
		}
	}
}

// Pack writes the commit where git archive does, and Open reads it; the content stays what it is.
func TestPackWritesTheRevision(t *testing.T) {
	t.Parallel()
	const revision = "0123456789abcdef0123456789abcdef01234567"
	dir := t.TempDir()
	treetest.Write(t, dir, treetest.Site)
	plain, stated := packed(t, dir, Options{}), packed(t, dir, Options{Revision: revision})
	a, b := opened(t, saved(t, plain)), opened(t, saved(t, stated))
	if a.Revision() != "" || b.Revision() != revision || a.Content() != b.Content() {
		t.Errorf("%q and %q; contents %s, %s", a.Revision(), b.Revision(), a.Content(), b.Content())
	}
	path := saved(t, stated)
	if got := treetest.Run(t, dir, needtest.Program(t, "sh"), "-c", "git get-tar-commit-id <"+path); got != revision+"\n" {
		t.Errorf("git reads %q", got)
	}
}

// The commit of a checkout, as git itself has it: on a branch, detached, packed, in a linked work tree, below the top.
func TestCheckedOut(t *testing.T) {
	t.Parallel()
	git := needtest.Program(t, "git")
	dir := filepath.Join(t.TempDir(), "repository")
	treetest.Write(t, dir, map[string]string{"a": "x", "dist/b": "x"})
	if got := CheckedOut(dir); got != "" {
		t.Errorf("no repository: %q", got)
	}
	treetest.Run(t, dir, git, "init", "-q")
	if got := CheckedOut(dir); got != "" {
		t.Errorf("no commit: %q", got)
	}
	treetest.Run(t, dir, git, "add", "-A")
	treetest.Run(t, dir, git, "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "-m", "x")
	want := strings.TrimSpace(treetest.Run(t, dir, git, "rev-parse", "HEAD"))
	check := func(name, at string) {
		t.Helper()
		if got := CheckedOut(at); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	check("a branch", dir)
	check("below the top", filepath.Join(dir, "dist"))
	linked := filepath.Join(t.TempDir(), "linked")
	treetest.Run(t, dir, git, "worktree", "add", "-q", "-b", "other", linked)
	check("a linked work tree", linked)
	treetest.Run(t, dir, git, "pack-refs", "--all")
	check("packed", dir)
	check("packed, linked", linked)
	treetest.Run(t, dir, git, "checkout", "-q", "--detach")
	check("detached", dir)
	treetest.Must(t, os.WriteFile(filepath.Join(dir, ".git/HEAD"), []byte("ref: ../../../etc/passwd\n"), 0o600))
	if got := CheckedOut(dir); got != "" {
		t.Errorf("a reference that leads out: %q", got)
	}
}

func TestPackSaysWhatIsOdd(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	treetest.Write(t, dir, map[string]string{"a": "x", "slipway.yml": "x", ".github/workflows/w.yml": "x", ".DS_Store": "x", "venv/bin/python3": "-> /usr/bin/python3"})
	var notes []string
	note := func(text string) { notes = append(notes, text) }
	packed(t, dir, Options{Note: note, AllowLinks: []string{"/usr/bin/python3"}})
	if got := strings.Join(notes, "\n"); !strings.Contains(got, `".github", "slipway.yml"`) || !strings.Contains(got, ".DS_Store") {
		t.Errorf("%q", got)
	}
	notes = nil
	treetest.Write(t, dir, map[string]string{content.IgnoreFile: "slipway.yml\n.github\n.DS_Store\n"})
	packed(t, dir, Options{Note: note, AllowLinks: []string{"/usr/bin/python3"}})
	if len(notes) != 0 {
		t.Errorf("%q", notes)
	}
}
