package cache_test

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/artifact/cache"
	"github.com/slipway/slipway/internal/needtest"
)

// entry is the path of a file of the only entry of a cache.
func entry(t *testing.T, dir, kind string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "slipway-artifacts", "*."+kind))
	if err != nil || len(found) != 1 {
		t.Fatalf("there are %q: %v", found, err)
	}
	return found[0]
}

// spoiled are all ways to spoil a file by one byte, and some lengths that it may be cut to.
func spoiled(good []byte) (all [][]byte) {
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= 1 << (i % 8)
		all = append(all, bad)
		if i%16 == 0 {
			all = append(all, good[:i:i])
		}
	}
	return append(all, good[:len(good)-1:len(good)-1], append(bytes.Clone(good), "more"...))
}

// Whatever byte of a manifest is wrong, it is not given, or it is the right one all the same.
func TestDamagedManifest(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a := opened(t, site("one"))
	silent(t, dir, "", usual).Keep(t.Context(), a)
	path := entry(t, dir, "manifest-1")
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for _, bad := range spoiled(good) {
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		var told notices
		c := cache.Open(dir, "", usual, told.add)
		found := has(t, c, a)
		if found != (len(told.text) == 0) {
			t.Fatalf("it is given: %v, and told %q", found, told.text)
		}
		if _, err := os.Stat(path); (err == nil) != found {
			t.Fatalf("it is given: %v, and there: %v", found, err)
		}
		if !found {
			refused++
		}
	}
	if refused < len(good) {
		t.Errorf("%d of more than %d spoiled ones were refused", refused, len(good))
	}
	if err := os.WriteFile(path, good[1:], 0o600); err != nil {
		t.Fatal(err)
	}
	c := cache.Open(dir, "", usual, func(string) {})
	if c.Keep(t.Context(), a); !has(t, c, a) {
		t.Error("it is not kept anew")
	}
}

// Whatever byte of a payload is wrong, each member that is given to its end is as it was.
func TestDamagedPayload(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	all := site("one")
	all["app/noise"] = noise(1, 400)
	names := slices.Collect(maps.Keys(all))
	a := opened(t, all)
	silent(t, dir, "", usual).Keep(t.Context(), a)
	path := entry(t, dir, "payload-1")
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for _, bad := range spoiled(good) {
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		var told notices
		c := cache.Open(dir, "", usual, told.add)
		got, _, err := read(t, c, a.Content(), 1<<20, names...)
		for name, text := range got {
			if text != all[name] {
				t.Fatalf("%s is %q", name, text)
			}
		}
		if whole := len(got) == len(all); whole != (err == nil) || whole != (len(told.text) == 0) {
			t.Fatalf("%d members are given, with %v, and told %q", len(got), err, told.text)
		}
		if err != nil {
			refused++
		}
	}
	if refused < len(good)/2 { // behind the last member is the manifest, which is not read
		t.Errorf("%d of more than %d spoiled ones were refused", refused, len(good))
	}
	c := cache.Open(dir, "", usual, func(string) {})
	c.Keep(t.Context(), a)
	if got, _, err := read(t, c, a.Content(), 1<<20, names...); err != nil || !maps.Equal(got, all) {
		t.Errorf("it is not kept anew: %v", err)
	}
}

// A payload of another content is not taken for this one's, nor one that unpacks to more than anything may.
func TestForeignPayload(t *testing.T) {
	t.Parallel()
	dir, other := t.TempDir(), t.TempDir()
	a, b := opened(t, site("one")), opened(t, site("two"))
	silent(t, dir, "", usual).Keep(t.Context(), a)
	silent(t, other, "", usual).Keep(t.Context(), b)
	if err := os.Rename(entry(t, other, "payload-1"), entry(t, dir, "payload-1")); err != nil {
		t.Fatal(err)
	}
	var told notices
	if got, _, err := read(t, cache.Open(dir, "", usual, told.add), a.Content(), 1<<20, "own"); err == nil || len(told.text) != 1 {
		t.Errorf("it gives %q, and told %q", got, told.text)
	}
	silent(t, dir, "", usual).Keep(t.Context(), a)
	small := usual
	small.Unpacked = 1000
	if got, _, err := read(t, cache.Open(dir, "", small, told.add), a.Content(), 1<<20, "a/first"); err == nil || !strings.Contains(err.Error(), "more than it may") {
		t.Errorf("it gives %q: %v", got, err)
	}
}

// A full disk leaves nothing half done: what fits is kept, the rest is told.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	defer needtest.Disk(t, dir, "size=64k")()
	var told notices
	c := cache.Open(dir, "", usual, told.add)
	a := opened(t, map[string]string{"large": noise(1, 100_000)})
	c.Keep(t.Context(), a)
	if len(told.text) != 1 || !strings.Contains(told.text[0], "no space left on device; a deployment can do without it") {
		t.Errorf("it told %q", told.text)
	}
	if got := files(t, dir); !maps.Equal(got, map[string]int{"manifest-1": 1, "of": 1}) || !has(t, c, a) {
		t.Errorf("there are %v", got)
	}
	if err := needtest.Remount(dir, "size=1m"); err != nil {
		t.Fatal(err)
	}
	silent(t, dir, "", usual).Keep(t.Context(), a)
	if got := files(t, dir); !maps.Equal(got, map[string]int{"manifest-1": 1, "payload-1": 1, "of": 1}) {
		t.Errorf("with room there are %v", got)
	}
}
