//go:build bench && linux

package bench

import (
	"crypto/sha256"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// check fails the test unless the tarball is the running release at a deploy path, every byte of it, and each step did
// its work. Only then does a time mean anything.
func check(t *testing.T, where, root string, tarball *site, migrated bool) {
	t.Helper()
	target, err := os.Readlink(filepath.Join(root, "current"))
	if err != nil {
		t.Fatalf("%s: %v", where, err)
	}
	release := filepath.Join(root, target)
	found := 0
	err = filepath.WalkDir(release, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		name, err := filepath.Rel(release, path)
		if err != nil {
			return err
		}
		want, ok := tarball.sums[name]
		if !ok {
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if sha256.Sum256(content) != want {
			t.Errorf("%s: %s has other content than in the tarball", where, name)
		}
		found++
		return nil
	})
	if err != nil {
		t.Fatalf("%s: %v", where, err)
	}
	if found != len(tarball.sums) {
		t.Errorf("%s: %d files, of %d in the tarball", where, found, len(tarball.sums))
	}

	id := filepath.Base(target)
	if link, err := os.Readlink(filepath.Join(release, "bin/restart")); err != nil || link == "" {
		t.Errorf("%s: Install did not run: %v", where, err)
	}
	for _, sheet := range tarball.sheets {
		if _, err := os.Stat(filepath.Join(release, "static", sheet)); err != nil {
			t.Errorf("%s: Collect did not run: %v", where, err)
			break
		}
	}
	if last := lastLine(t, filepath.Join(root, "shared/running")); last != id {
		t.Errorf("%s: Restart left %q running, not %q", where, last, id)
	}
	if ran := lastLine(t, filepath.Join(root, "shared/migrated")) == id; ran != migrated {
		t.Errorf("%s: the migration ran here: %v, wanted %v", where, ran, migrated)
	}
	if info, err := os.Stat(filepath.Join(release, "media")); err != nil || !info.IsDir() {
		t.Errorf("%s: media is not linked: %v", where, err)
	}
	kept, err := os.ReadDir(filepath.Join(root, "releases"))
	if err != nil {
		t.Fatal(err)
	}
	if len(kept) > 2 || !slices.ContainsFunc(kept, func(e fs.DirEntry) bool { return e.Name() == id }) {
		t.Errorf("%s: %d releases are kept, wanted 2 with %s", where, len(kept), id)
	}
	if t.Failed() {
		t.FailNow()
	}
}

// lastLine is the last line of a file, "" where there is none.
func lastLine(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(content)), "\n")
	return lines[len(lines)-1]
}
