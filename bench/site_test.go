//go:build bench && linux

package bench

import (
	"archive/tar"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// site is a tarball and what is in it.
type site struct {
	path   string
	bytes  int64 // of the tarball
	plain  int64 // of all files
	sums   map[string][sha256.Size]byte
	sheets []string // names in assets/
}

// sites are the versions that are deployed.
type sites struct{ base, edited, rebuilt *site }

// buildSites makes them. Each has files of another time, as each build has.
func buildSites(t *testing.T, size treeSize) *sites {
	t.Helper()
	files := grow(t, size, 1)
	const program = "server/site"
	old, rebuilt := makeProgram(t, size.program)
	files = files.with(program, old)
	day := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	return &sites{
		base:    files.pack(t, day),
		edited:  files.edited().pack(t, day.AddDate(0, 0, 1)),
		rebuilt: files.with(program, rebuilt).pack(t, day.AddDate(0, 0, 2)),
	}
}

// of is what a scenario deploys, or goes back to.
func (s *sites) of(scenario string) *site {
	switch scenario {
	case update:
		return s.edited
	case binary, nothing:
		return s.rebuilt
	default:
		return s.base
	}
}

// about describes the versions.
func (s *sites) about() []string {
	changed := func(to *site) (files int) {
		for name, sum := range to.sums {
			if sum != s.base.sums[name] && name != "SHA256SUMS" {
				files++
			}
		}
		return files
	}
	return []string{
		fmt.Sprintf("`first`: a first deployment of %d files, %.1f MB, as `.tar.gz` %.1f MB", len(s.base.sums), float64(s.base.plain)/1e6, float64(s.base.bytes)/1e6),
		fmt.Sprintf("`update`: a line more in %d of them, and every file with a new time", changed(s.edited)),
		"`rollback`: back to the release before",
		fmt.Sprintf("`binary`: %d file changed, a program that was built again after a small change of its source, and every file with a new time", changed(s.rebuilt)),
		"`nothing`: the last deployment once more, with nothing to do",
	}
}

// pack makes a tarball of the tree whose files have a time.
func (f tree) pack(t *testing.T, modified time.Time) *site {
	t.Helper()
	s := &site{path: filepath.Join(t.TempDir(), "site.tar.gz"), sums: map[string][sha256.Size]byte{}}
	file, err := os.Create(s.path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	compressed := gzip.NewWriter(file)
	archive := tar.NewWriter(compressed)
	add := func(name string, content []byte) {
		mode := int64(0o644)
		if strings.HasSuffix(name, ".sh") || strings.HasPrefix(name, "server/") {
			mode = 0o755
		}
		s.sums[name] = sha256.Sum256(content)
		s.plain += int64(len(content))
		header := &tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: mode, Size: int64(len(content)), ModTime: modified}
		if err := archive.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	var sums strings.Builder
	for _, name := range slices.Sorted(maps.Keys(f)) {
		add(name, f[name])
		fmt.Fprintf(&sums, "%x  %s\n", s.sums[name], name)
		if path.Dir(name) == "assets" {
			s.sheets = append(s.sheets, path.Base(name))
		}
	}
	add("SHA256SUMS", []byte(sums.String())) // for those who verify with it
	for _, close := range []func() error{archive.Close, compressed.Close, file.Close} {
		if err := close(); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(s.path)
	if err != nil {
		t.Fatal(err)
	}
	s.bytes = info.Size()
	return s
}
