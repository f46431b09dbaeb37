package contents

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/releasetest"
)

func asked(texts map[string]string) (files []File) {
	for path, text := range texts {
		files = append(files, File{path, sha256.Sum256([]byte(text))})
	}
	return files
}

// What is there as the manifest says is given, whatever its name, and however many there are.
func TestOld(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		texts := map[string]string{"-n": "dash", "a b": "\n\n1 ./x\n", "é*?[ $HOME `x`": "odd", "empty": "", "spoiled": "as it was", "gone": "gone", "link": "dash"}
		for i := range 220 {
			texts[fmt.Sprintf("many/%d", i)] = strings.Repeat("x\n", i)
		}
		root := host.Site.Release(fuzzedIDs[0])
		for path, text := range texts {
			name := filepath.Join(root, path)
			if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
				t.Fatal(err)
			}
			if path == "spoiled" {
				text = "by hand"
			}
			err := os.WriteFile(name, []byte(text), 0o600)
			switch path {
			case "gone":
				err = os.Remove(name)
			case "link":
				_ = os.Remove(name)
				err = os.Symlink("-n", name)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		files := asked(texts)
		found := map[string][]byte{}
		if err := release.Run(t.Context(), host, Old(host.Site, fuzzedIDs[0], files, 1<<20, found)); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"spoiled", "gone", "link"} {
			delete(texts, path)
		}
		got := map[string]string{}
		for path, text := range found {
			got[path] = string(text)
		}
		if !maps.Equal(got, texts) {
			t.Errorf("%d files, wanted %d", len(got), len(texts))
		}
		err := release.Run(t.Context(), host, Old(host.Site, fuzzedIDs[0], files, 10, map[string][]byte{}))
		if err == nil {
			t.Error("more than was asked for is read")
		}
	})
}

// FuzzReadOld holds that what a host prints is files that were asked for, as the manifest has them, or an error.
func FuzzReadOld(f *testing.F) {
	texts := map[string]string{"a b": "one\n", "c": "", "d": "\n\n"}
	f.Add([]byte("4 ./a b\n0 ./c\n\none\n2 ./d\n\n\n\n"))
	f.Add([]byte("4 ./a b\n\none"))
	f.Add([]byte("3 ./a b\n\none4 ./a b\n\none\n"))
	f.Add([]byte("99999999999999999 ./a b\n\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		found := map[string][]byte{}
		_ = readOld(text, asked(texts), found)
		for path, got := range found {
			if want, ok := texts[path]; !ok || string(got) != want {
				t.Errorf("%q gives %q as %q", text, got, path)
			}
		}
	})
}

func TestReadOldRefuses(t *testing.T) {
	t.Parallel()
	files := asked(map[string]string{"a": "one"})
	for name, text := range map[string]string{
		"no end": "3 ./a", "too short": "3 ./a\n\non", "twice": "3 ./a\n\none3 ./a\n\none", "another": "3 ./b\n\none", "no size": "x ./a\n\none", "below nothing": "-3 ./a\n\none",
	} {
		if err := readOld([]byte(text), files, map[string][]byte{}); err == nil {
			t.Errorf("%s is read", name)
		}
	}
	found := map[string][]byte{}
	if err := readOld([]byte("3 ./a\n\none"), files, found); err != nil || string(found["a"]) != "one" {
		t.Errorf("%q, %v", found, err)
	}
}
