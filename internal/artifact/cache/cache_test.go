package cache_test

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/slipway/slipway/internal/artifact"
	"github.com/slipway/slipway/internal/artifact/cache"
	"github.com/slipway/slipway/internal/deploy"
)

// usual are limits that no test reaches by accident.
var usual = cache.Limits{Contents: 3, Bytes: 1 << 20, Unpacked: 1 << 30}

// noise is text that does not compress, of so many bytes.
func noise(seed byte, size int) string {
	text := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{seed}).Read(text) // never fails
	return string(text)
}

// site is the files of a release: those that all have, and one of its own.
func site(own string) map[string]string {
	return map[string]string{"app/main.py": "import this\n", "app/noise": noise(1, 4000), "a/first": "1", "empty": "", "own": own}
}

// opened is an artifact of files, in the order of their names backwards: a payload's is not that of the manifest.
func opened(t testing.TB, files map[string]string) *artifact.Artifact {
	t.Helper()
	return openedIn(t, t.TempDir(), files)
}

// openedIn is such an artifact, whose temporary files are in a folder.
func openedIn(t testing.TB, dir string, files map[string]string) *artifact.Artifact {
	t.Helper()
	var data bytes.Buffer
	out := tar.NewWriter(&data)
	for _, name := range slices.Backward(slices.Sorted(maps.Keys(files))) {
		if err := out.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: int64(len(files[name]))}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(out, files[name]); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "site.tar")
	if err := os.WriteFile(path, data.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := artifact.Open(t.Context(), path, artifact.Options{TempDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	return a
}

// notices are what a cache told.
type notices struct {
	mu   sync.Mutex
	text []string
}

func (n *notices) add(text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.text = append(n.text, text)
}

// silent is a cache that must have nothing to tell.
func silent(t testing.TB, dir, whose string, limits cache.Limits) *cache.Cache {
	t.Helper()
	return cache.Open(dir, whose, limits, func(text string) { t.Errorf("it told %q", text) })
}

// has reports whether a cache has the manifest of an artifact, the very one.
func has(t testing.TB, c *cache.Cache, a *artifact.Artifact) bool {
	t.Helper()
	m, ok := c.Manifest(a.Content())
	if ok && m.Content() != a.Content() {
		t.Errorf("the manifest is of %s, wanted %s", m.Content(), a.Content())
	}
	return ok
}

// read is what Members gives of some files, and their order.
func read(t testing.TB, c *cache.Cache, digest deploy.Digest, most int64, paths ...string) (files map[string]string, order []string, err error) {
	t.Helper()
	members, ok := c.Members(t.Context(), digest, paths, most)
	if !ok {
		return nil, nil, os.ErrNotExist
	}
	defer func() {
		if e := members.Close(); e != nil {
			t.Error(e)
		}
	}()
	files = map[string]string{}
	for {
		member, err := members.Next()
		if errors.Is(err, io.EOF) {
			return files, order, nil
		}
		if err != nil {
			return files, order, err
		}
		text, err := io.ReadAll(members)
		if err != nil {
			return files, order, err
		}
		if int64(len(text)) != member.Size {
			t.Errorf("%s has %d bytes, wanted %d", member.Path, len(text), member.Size)
		}
		files[member.Path] = string(text)
		order = append(order, member.Path)
	}
}

// files are the entries' files, by their ends.
func files(t testing.TB, dir string) map[string]int {
	t.Helper()
	found := map[string]int{}
	entries, err := os.ReadDir(filepath.Join(dir, "slipway-artifacts"))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		_, kind, _ := strings.Cut(entry.Name(), ".")
		if strings.HasPrefix(kind, "of-") {
			kind = "of"
		}
		found[kind]++
	}
	return found
}

func TestKeepAndRead(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "not", "there")
	c := silent(t, dir, "shop/production", usual)
	a := opened(t, site("one"))
	if has(t, c, a) {
		t.Error("it has what nobody kept")
	}
	c.Keep(t.Context(), a)
	c.Keep(t.Context(), a)
	if !has(t, c, a) || has(t, c, opened(t, site("two"))) {
		t.Error("it has not what was kept, or more")
	}
	got, order, err := read(t, c, a.Content(), 1<<20, "a/first", "own", "app/main.py", "empty", "app", "not there")
	want := map[string]string{"own": "one", "empty": "", "app/main.py": "import this\n", "a/first": "1"}
	if err != nil || !maps.Equal(got, want) || !slices.Equal(order, []string{"own", "empty", "app/main.py", "a/first"}) {
		t.Errorf("it gives %q in the order %q: %v", got, order, err)
	}
	if got, _, err := read(t, c, a.Content(), 100, "app/noise", "own"); err != nil || !maps.Equal(got, map[string]string{"own": "one"}) {
		t.Errorf("of files of 100 bytes at most it gives %q: %v", got, err)
	}
	if got := files(t, dir); !maps.Equal(got, map[string]int{"manifest-1": 1, "payload-1": 1, "of": 1}) {
		t.Errorf("there are %v", got)
	}
}

// An artifact may hold private code: nobody else reads it, also where the folder was there before with other rights.
func TestRights(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	own := filepath.Join(dir, "slipway-artifacts")
	if err := os.Mkdir(own, 0o755); err != nil {
		t.Fatal(err)
	}
	silent(t, dir, "", usual).Keep(t.Context(), opened(t, site("one")))
	err := filepath.WalkDir(own, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if want := map[bool]os.FileMode{true: 0o700, false: 0o600}[d.IsDir()]; err != nil || info.Mode().Perm() != want {
			t.Errorf("%s is %s: %v", path, info.Mode(), err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// What cannot be read or written is told once, and nothing comes of it.
func TestUnusable(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var told notices
	c := cache.Open(filepath.Join(dir, "file"), "", usual, told.add)
	a := opened(t, site("one"))
	c.Keep(t.Context(), a)
	if has(t, c, a) || len(told.text) != 1 || !strings.Contains(told.text[0], "not a directory; a deployment can do without it") {
		t.Errorf("it told %q", told.text)
	}
}

// What a host says its content is names no file outside.
func TestDigestsThatAreNone(t *testing.T) {
	t.Parallel()
	c := silent(t, t.TempDir(), "", usual)
	for _, digest := range []deploy.Digest{"", "../x", deploy.Digest(strings.Repeat("A", 64)), deploy.Digest(fmt.Sprintf("%064d/../x", 0))} {
		if _, ok := c.Manifest(digest); ok {
			t.Errorf("it has %q", digest)
		}
	}
}

// What is kept already is not compressed again: here nothing could be.
func TestKeptIsNotMadeAgain(t *testing.T) {
	t.Parallel()
	dir, temp := t.TempDir(), filepath.Join(t.TempDir(), "temp")
	silent(t, dir, "", usual).Keep(t.Context(), opened(t, site("one")))
	if err := os.Mkdir(temp, 0o700); err != nil {
		t.Fatal(err)
	}
	again := openedIn(t, temp, site("one"))
	if err := os.RemoveAll(temp); err != nil {
		t.Fatal(err)
	}
	c := silent(t, dir, "another", usual)
	c.Keep(t.Context(), again)
	if got := files(t, dir); !has(t, c, again) || got["of"] != 2 || got["payload-1"] != 1 {
		t.Errorf("there are %v", got)
	}
}
