//go:build linux

package sweep

import (
	"archive/tar"
	"bytes"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// A release of a version is whole when its artifact's files are there and all prepare steps left theirs. The second runs on web1
// alone, and the others get what it made: a copy of the asset too.
var (
	prepared = []string{"one", "made/two", "made/link"}
	versions = []string{"v1", "v2"}
)

// files are what the artifact of a version holds. The asset does not compress, so that its upload takes several steps of
// 64 KiB.
func files(version string) map[string]string {
	seed := [32]byte{}
	copy(seed[:], version)
	asset := make([]byte, 150<<10)
	_, _ = rand.NewChaCha8(seed).Read(asset) // never fails
	return map[string]string{"version": version, "asset": string(asset), "static/page": strings.Repeat(version+" ", 20)}
}

// tarball is the artifact of a version.
func tarball(t testing.TB, version string) []byte {
	t.Helper()
	return tarballOf(t, files(version))
}

// tarballOf is a tarball of files.
func tarballOf(t testing.TB, contents map[string]string) []byte {
	t.Helper()
	var buffer bytes.Buffer
	w := tar.NewWriter(&buffer)
	for _, name := range slices.Sorted(maps.Keys(contents)) {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(contents[name])), Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(contents[name])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}
