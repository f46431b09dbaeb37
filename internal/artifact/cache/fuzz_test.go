package cache

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/slipway/slipway/internal/artifact/content"
)

// example is a manifest of one file in a folder, and a link.
func example(f *testing.F) content.Manifest {
	f.Helper()
	var list content.List
	list.Add(content.Member{Path: "a", Kind: content.Dir, Mode: 0o755})
	list.Add(content.Member{Path: "a/b", Kind: content.File, Mode: 0o644, Hash: sha256.Sum256([]byte("text"))})
	list.Add(content.Member{Path: "l", Kind: content.Link, Mode: 0o777, Target: "a/b"})
	m, err := content.NewManifest(list, nil)
	if err != nil {
		f.Fatal(err)
	}
	return m
}

func compressed(t testing.TB, text []byte) []byte {
	t.Helper()
	out, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<10))
	if err != nil {
		t.Fatal(err)
	}
	return out.EncodeAll(text, nil)
}

// FuzzManifest looks for panics, and for manifests that are not what they are written as.
func FuzzManifest(f *testing.F) {
	var good bytes.Buffer
	if err := writeManifest(&good, example(f)); err != nil {
		f.Fatal(err)
	}
	f.Add(good.Bytes(), false)
	f.Add([]byte("8\nd 755 a\n"), true)
	f.Add([]byte("10\nf 600 ./a\nca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb  ./a\n"), true)
	f.Fuzz(func(t *testing.T, data []byte, plain bool) {
		if plain {
			data = compressed(t, data)
		}
		m, err := readManifest(bytes.NewReader(data))
		if err != nil {
			return
		}
		var again bytes.Buffer
		if err := writeManifest(&again, m); err != nil {
			t.Fatal(err)
		}
		read, err := readManifest(&again)
		if err != nil || read.Content() != m.Content() {
			t.Errorf("it is read again as %s, wanted %s: %v", read.Content(), m.Content(), err)
		}
	})
}

// FuzzMembers looks for panics, and for members that are given though they are not those of the manifest.
func FuzzMembers(f *testing.F) {
	m := example(f)
	var good bytes.Buffer
	out := tar.NewWriter(&good)
	for _, h := range []tar.Header{
		{Typeflag: tar.TypeDir, Name: "tree/"}, {Typeflag: tar.TypeDir, Name: "tree/a/"}, {Typeflag: tar.TypeReg, Name: "tree/a/b", Size: 4},
	} {
		if err := out.WriteHeader(&h); err != nil {
			f.Fatal(err)
		}
	}
	if _, err := io.WriteString(out, "text"); err != nil {
		f.Fatal(err)
	}
	if err := out.Close(); err != nil {
		f.Fatal(err)
	}
	f.Add(good.Bytes(), true)
	f.Add(bytes.Replace(good.Bytes(), []byte("text"), []byte("TEXT"), 1), true)
	f.Add(compressed(f, bytes.Repeat([]byte{0}, 1024)), false)
	f.Fuzz(func(t *testing.T, data []byte, plain bool) {
		if plain {
			data = compressed(t, data)
		}
		failed := false
		members, err := newMembers(t.Context(), m, io.NopCloser(bytes.NewReader(data)), []string{"a/b", "a", "l"}, 1<<10, 1<<12, func(error) { failed = true })
		if err != nil {
			return
		}
		defer members.Close()
		for range 2 {
			member, err := members.Next()
			if errors.Is(err, io.EOF) {
				return
			}
			var text []byte
			if err == nil {
				text, err = io.ReadAll(members)
			}
			switch {
			case err != nil && !failed:
				t.Errorf("%v was not told", err)
			case err == nil && (member.Path != "a/b" || string(text) != "text"):
				t.Errorf("it gives %q as %s", text, member.Path)
			}
			if err != nil {
				return
			}
		}
		t.Error("it gives more than is wanted")
	})
}
