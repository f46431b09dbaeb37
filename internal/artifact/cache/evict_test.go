package cache_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/artifact"
	"github.com/slipway/slipway/internal/artifact/cache"
)

// age makes everything in a cache older.
func age(t *testing.T, dir string, by time.Duration) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "slipway-artifacts", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if at := info.ModTime().Add(-by); os.Chtimes(name, at, at) != nil {
			t.Fatal("its time cannot be changed")
		}
	}
}

// keepAll keeps artifacts one after the other, an hour between them.
func keepAll(t *testing.T, dir string, c *cache.Cache, all ...*artifact.Artifact) {
	t.Helper()
	for _, a := range all {
		c.Keep(t.Context(), a)
		age(t, dir, time.Hour)
	}
}

// which says of each artifact whether it is kept.
func which(t *testing.T, c *cache.Cache, all []*artifact.Artifact) []bool {
	t.Helper()
	var kept []bool
	for _, a := range all {
		kept = append(kept, has(t, c, a))
	}
	return kept
}

func several(t *testing.T, n int) (all []*artifact.Artifact) {
	t.Helper()
	for i := range n {
		all = append(all, opened(t, site(fmt.Sprint(i))))
	}
	return all
}

func TestTheNewestStay(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	all := several(t, 5)
	c := silent(t, dir, "shop", usual)
	keepAll(t, dir, c, all[0], all[1], all[2], all[0], all[3])
	if got := which(t, c, all); !slices.Equal(got, []bool{true, false, true, true, false}) {
		t.Errorf("it has %v", got)
	}
	if got := files(t, dir); !maps.Equal(got, map[string]int{"manifest-1": 3, "payload-1": 3, "of": 3}) {
		t.Errorf("there are %v", got)
	}
}

// Each application and environment has contents of its own, and what two of them have is there once.
func TestTwoEnvironments(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	all := several(t, 5)
	staging, production := silent(t, dir, "staging", usual), silent(t, dir, "production", usual)
	keepAll(t, dir, production, all[0])
	keepAll(t, dir, staging, all...)
	keepAll(t, dir, production, all[4])
	if got := which(t, staging, all); !slices.Equal(got, []bool{true, false, true, true, true}) {
		t.Errorf("it has %v", got)
	}
	if got := files(t, dir); !maps.Equal(got, map[string]int{"manifest-1": 4, "payload-1": 4, "of": 5}) {
		t.Errorf("there are %v", got)
	}
}

func TestBytesHaveABound(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	all := several(t, 3)
	limits := cache.Limits{Contents: 3, Bytes: 11_000, Unpacked: 1 << 20} // two of some 4.6 kB
	c := silent(t, dir, "", limits)
	keepAll(t, dir, c, all...)
	if got := which(t, c, all); !slices.Equal(got, []bool{false, true, true}) {
		t.Errorf("it has %v", got)
	}
	large := opened(t, map[string]string{"large": noise(2, 20_000)})
	keepAll(t, dir, c, large) // its manifest alone
	if got := files(t, dir); !maps.Equal(got, map[string]int{"manifest-1": 3, "payload-1": 2, "of": 3}) || !has(t, c, large) {
		t.Errorf("there are %v", got)
	}
}

// What a killed process left goes when it is old, what has another format at once, and what is not Slipway's never.
func TestWhatElseLiesThere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	own := filepath.Join(dir, "slipway-artifacts")
	if err := os.Mkdir(own, 0o700); err != nil {
		t.Fatal(err)
	}
	a := opened(t, site("one"))
	digest := string(a.Content())
	put := func(name string, old bool) {
		if err := os.WriteFile(filepath.Join(own, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		if old {
			if err := os.Chtimes(filepath.Join(own, name), time.Time{}, time.Now().Add(-25*time.Hour)); err != nil {
				t.Fatal(err)
			}
		}
	}
	put("new-killed", true)
	put("new-running", false)
	put(digest+".manifest-2", false)
	put(digest+".of-0123456789abcdef", true)
	put("README", true)
	if err := os.Mkdir(filepath.Join(own, digest+".folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	future := time.Now().Add(1000 * time.Hour)
	for i := range 3 { // a clock was wrong
		name := fmt.Sprintf("%064d.of-fedcba9876543210", i)
		put(name, false)
		if err := os.Chtimes(filepath.Join(own, name), future, future); err != nil {
			t.Fatal(err)
		}
	}
	silent(t, dir, "", usual).Keep(t.Context(), a)
	left, err := filepath.Glob(filepath.Join(own, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range left {
		left[i] = filepath.Base(left[i])
	}
	for name, want := range map[string]bool{
		"new-killed": false, "new-running": true, digest + ".manifest-2": false, digest + ".of-0123456789abcdef": true, "README": true,
		digest + ".folder": true, digest + ".manifest-1": true, digest + ".payload-1": true,
	} {
		if slices.Contains(left, name) != want {
			t.Errorf("%s is there: %v", name, !want)
		}
	}
}
