package artifact

import (
	"archive/tar"
	"bytes"
	"context"
	"io"
	"strings"
	"sync"
	"testing"
)

// memory is a store that is no file.
type memory struct {
	mu   sync.Mutex
	kept bytes.Buffer
}

func (m *memory) Write(p []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.kept.Write(p)
}

func (m *memory) ReadAt(p []byte, off int64) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return bytes.NewReader(m.kept.Bytes()).ReadAt(p, off)
}

func (m *memory) Close() error { return nil }

// inMemory reads an artifact without touching a disk: thousands of times a second.
func inMemory(ctx context.Context, data []byte, opts Options) (*Artifact, error) {
	from := func() (io.ReadCloser, int64, error) {
		return io.NopCloser(bytes.NewReader(data)), int64(len(data)), nil
	}
	return read(ctx, from, opts, func() (store, error) { return new(memory), nil })
}

// FuzzOpen looks for panics, and for artifacts that are let through with a payload that breaks the rules.
func FuzzOpen(f *testing.F) {
	good := archive(f, dir("a"), file("a/b", "text"), symlink("a/l", "b"), hardlink("h", "a/b"), hardlink("s", "a/l"))
	f.Add(good, 0)
	f.Add(good, 1)
	f.Add(gzipped(f, good), 0)
	f.Add(append(gzipped(f, good), 0, 0, '\n'), 0)
	f.Add(zstded(f, good), 0)
	f.Add(archive(f, symlink("x", "a/../../y"), file("../z", "")), 0)
	f.Add(archive(f, symlink("p", "/usr/bin/python3"), symlink("q", "p"), file("x", "x")), 0)
	f.Add(retyped(f, file("s", "sparse"), tar.TypeGNUSparse), 0)
	f.Fuzz(func(t *testing.T, data []byte, strip int) {
		if len(data) > 16<<10 {
			return
		}
		opts := Options{StripComponents: strip & 3, MaxSize: 64 << 10, AllowLinks: []string{"/usr/bin/python3"}}
		a, err := inMemory(t.Context(), data, opts)
		if err != nil {
			return
		}
		text, err := io.ReadAll(a.plain.section())
		if err != nil {
			t.Fatal(err)
		}
		checkTar(t, a, text)
		for m := range a.Manifest().Members() {
			if strings.HasPrefix(m.Path, "/") || strings.Contains("/"+m.Path+"/", "/../") || strings.ContainsAny(m.Path+m.Target, "\n\x00") ||
				strings.HasPrefix(m.Target, "/") && m.Target != "/usr/bin/python3" {
				t.Errorf("let through: %+v", m)
			}
		}
	})
}
