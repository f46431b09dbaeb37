package contents_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway/slipway/internal/artifact/content"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/contents"
	"github.com/slipway/slipway/internal/release/releasetest"
)

const id = deploy.ReleaseID("20261121-073000-1a2b3c4-9f3c51")

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestDigest(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		file := filepath.Join(host.Site.Records(id), "manifest", "content")
		var got deploy.Digest
		if err := release.Run(t.Context(), host, contents.Digest(host.Site, id, &got)); err != nil || got != "" {
			t.Errorf("without a manifest: %q, %v", got, err)
		}
		want := strings.Repeat("ab", 32)
		write(t, file, want+"\n")
		if err := release.Run(t.Context(), host, contents.Digest(host.Site, id, &got)); err != nil || string(got) != want {
			t.Errorf("%q, %v", got, err)
		}
		write(t, file, "rubbish\n")
		if err := release.Run(t.Context(), host, contents.Digest(host.Site, id, &got)); err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("a damaged one: %v", err)
		}
	})
}

func TestManifest(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		var manifest content.Manifest
		if err := release.Run(t.Context(), host, contents.Manifest(host.Site, id, &manifest)); err == nil {
			t.Error("one that is not there is no error")
		}
		folder := filepath.Join(host.Site.Records(id), "manifest")
		wantEntries, wantSums := "f 644 ./a\nf 644 ./b\n", strings.Repeat("00", 32)+"  ./a\n"+strings.Repeat("11", 32)+"  ./b\n"
		write(t, filepath.Join(folder, "entries"), wantEntries)
		write(t, filepath.Join(folder, "sha256"), wantSums)
		if err := release.Run(t.Context(), host, contents.Manifest(host.Site, id, &manifest)); err != nil {
			t.Fatal(err)
		}
		var entries, sums bytes.Buffer
		if err := errors.Join(manifest.WriteEntries(&entries), manifest.WriteSHA256(&sums)); err != nil {
			t.Fatal(err)
		}
		if entries.String() != wantEntries || sums.String() != wantSums {
			t.Errorf("%q, %q", entries.String(), sums.String())
		}
		write(t, filepath.Join(folder, "sha256"), "rubbish\n")
		if err := release.Run(t.Context(), host, contents.Manifest(host.Site, id, &manifest)); err == nil {
			t.Error("one that is damaged is no error")
		}
	})
}

// Of several releases the first comes whole, and the others by what differs; one without a manifest is left out.
func TestManifests(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		sum := func(of string) string { return strings.Repeat(of, 32) + "  " }
		other, none := deploy.ReleaseID("20261120-073000-1a2b3c4-9f3c51"), deploy.ReleaseID("20261119-073000-1a2b3c4-9f3c51")
		texts := map[deploy.ReleaseID][2]string{
			id:    {"d 755 ./d\nf 644 ./d/a b\nf 644 ./same\nl 777 ./l -> d\n", sum("00") + "./d/a b\n" + sum("11") + "./same\n"},
			other: {"f 644 ./n\nf 755 ./same\n", sum("22") + "./n\n" + sum("11") + "./same\n"},
		}
		want := map[deploy.Digest]bool{}
		for id, text := range texts {
			folder := filepath.Join(host.Site.Records(id), "manifest")
			write(t, filepath.Join(folder, "entries"), text[0])
			write(t, filepath.Join(folder, "sha256"), text[1])
			m, err := content.ReadManifest(strings.NewReader(text[0]), strings.NewReader(text[1]))
			if err != nil {
				t.Fatal(err)
			}
			want[m.Content()] = true
		}
		found := map[deploy.Digest]content.Manifest{}
		if err := release.Run(t.Context(), host, contents.Manifests(host.Site, []deploy.ReleaseID{id, none, other}, found)); err != nil {
			t.Fatal(err)
		}
		for digest := range want {
			if m, ok := found[digest]; !ok || m.Content() != digest {
				t.Errorf("%s is not among %d found", digest, len(found))
			}
		}
		if len(found) != len(want) {
			t.Errorf("%d found", len(found))
		}
		if err := release.Run(t.Context(), host, contents.Manifests(host.Site, []deploy.ReleaseID{none, id}, found)); err == nil {
			t.Error("a first one without a manifest is no error")
		}
	})
}

// Files are given as the manifest has them: not what was changed since, nor what a link leads to, nor what is too large.
func TestFiles(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		root := host.Site.Release(id)
		texts := map[string]string{"a b": "one\n", "sub/$HOME": "two", "empty": "", "-n": "dash\n\n"}
		var asked []contents.File
		for path, text := range texts {
			write(t, filepath.Join(root, path), text)
			asked = append(asked, contents.File{Path: path, Hash: sha256.Sum256([]byte(text))})
		}
		write(t, filepath.Join(root, "changed"), "since")
		write(t, filepath.Join(root, "large"), strings.Repeat("x", 100))
		write(t, filepath.Join(host.Home, "secret"), "s3cr3t")
		if err := os.Symlink(filepath.Join(host.Home, "secret"), filepath.Join(root, "link")); err != nil {
			t.Fatal(err)
		}
		asked = append(asked,
			contents.File{Path: "changed", Hash: sha256.Sum256([]byte("before"))},
			contents.File{Path: "large", Hash: sha256.Sum256([]byte(strings.Repeat("x", 100)))},
			contents.File{Path: "link", Hash: sha256.Sum256([]byte("s3cr3t"))},
			contents.File{Path: "nowhere"},
		)
		got := map[string][]byte{}
		if err := release.Run(t.Context(), host, contents.Files(host.Site, id, asked, 50, got)); err != nil {
			t.Fatal(err)
		}
		have := map[string]string{}
		for path, text := range got {
			have[path] = string(text)
		}
		if diff := cmp.Diff(texts, have); diff != "" {
			t.Error(diff)
		}
	})
}

// file takes what one try prints.
type file struct{ bytes.Buffer }

func (*file) End(err error) error { return err }

// An archive holds what was asked for, whatever the names, and nothing that lies below a folder without being asked for.
func TestArchive(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		root := host.Site.Release(id)
		want := map[string]string{"a b": "one\n", `sub/back\nslash`: "two", "-n": "dash", "sub/é*?[": "odd"}
		for path, text := range want {
			write(t, filepath.Join(root, path), text)
		}
		write(t, filepath.Join(root, "sub", "made.later"), "no")
		if err := os.Symlink("a b", filepath.Join(root, "link")); err != nil {
			t.Fatal(err)
		}
		asked := []string{"link"}
		for path := range want {
			asked = append(asked, path)
		}
		want["link"] = "-> a b"
		var out *file
		to := func() (release.Output, error) { out = &file{}; return out, nil }
		if err := release.Run(t.Context(), host, contents.Archive(host.Site, id, asked, 1<<20, to)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, untar(t, out.Bytes())); diff != "" {
			t.Error(diff)
		}
		err := release.Run(t.Context(), host, contents.Archive(host.Site, id, []string{"a b", "gone"}, 1<<20, to))
		if err == nil || !strings.Contains(err.Error(), "gone") {
			t.Errorf("one that is gone: %v", err)
		}
	})
}

// untar is what files and links an archive holds.
func untar(t *testing.T, archive []byte) map[string]string {
	t.Helper()
	var plain io.Reader = bytes.NewReader(archive)
	if bytes.HasPrefix(archive, []byte("\x1f\x8b")) {
		var err error
		if plain, err = gzip.NewReader(plain); err != nil {
			t.Fatal(err)
		}
	}
	found := map[string]string{}
	for in := tar.NewReader(plain); ; { // what fits into one argument list is one archive
		header, err := in.Next()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(header.Name, "./")
		switch header.Typeflag {
		case tar.TypeReg:
			text, err := io.ReadAll(in)
			if err != nil {
				t.Fatal(err)
			}
			found[name] = string(text)
		case tar.TypeSymlink:
			found[name] = "-> " + header.Linkname
		}
	}
}
