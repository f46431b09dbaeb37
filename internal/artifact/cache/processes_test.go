package cache_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/slipway/slipway/internal/artifact/cache"
	"github.com/slipway/slipway/internal/needtest"
)

// keepIn makes the test binary keep contents in a folder, one after the other, and look for those of others.
const keepIn = "SLIPWAY_TEST_KEEP_IN"

// small are limits that each of several processes reaches again and again.
var small = cache.Limits{Contents: 2, Bytes: 15_000, Unpacked: 1 << 20}

func TestSeveralProcesses(t *testing.T) {
	if dir := os.Getenv(keepIn); dir != "" {
		keepInTurn(t, dir)
		return
	}
	t.Parallel()
	dir := t.TempDir()
	var running []*exec.Cmd
	for i := range 3 {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSeveralProcesses$", "-test.count=1")
		cmd.Env = append(os.Environ(), keepIn+"="+dir, "SLIPWAY_TEST_WHOSE="+strconv.Itoa(i))
		cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		running = append(running, cmd)
	}
	for _, cmd := range running {
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}
	last := opened(t, site("last"))
	c := silent(t, dir, "last", small)
	c.Keep(t.Context(), last)
	var size int64
	names, err := filepath.Glob(filepath.Join(dir, "slipway-artifacts", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		size += info.Size()
	}
	if got := files(t, dir); !has(t, c, last) || got["of"] > 7 || got[""] > 0 || size > small.Bytes+1000 { // its own manifest comes on top
		t.Errorf("there are %v, of %d bytes", got, size)
	}
}

// keepInTurn keeps what other processes keep, too, and removes what they keep. Whatever is found is whole, and nothing is told.
func keepInTurn(t *testing.T, dir string) {
	t.Helper()
	c := silent(t, dir, os.Getenv("SLIPWAY_TEST_WHOSE"), small)
	all := several(t, 6)
	for round := range 15 {
		a := all[(round*5+len(dir))%len(all)]
		c.Keep(t.Context(), a)
		for i, other := range all {
			has(t, c, other)
			got, _, err := read(t, c, other.Content(), 1<<20, "own", "app/noise")
			if err == nil && (got["own"] != fmt.Sprint(i) || got["app/noise"] != noise(1, 4000)) {
				t.Errorf("of %d it gives %q", i, got)
			}
			if err != nil && !os.IsNotExist(err) {
				t.Error(err)
			}
		}
	}
}

// What the superuser of a container makes belongs to whose the folder above is, as the job's user has to read it.
func TestOwner(t *testing.T) {
	t.Parallel()
	needtest.Root(t)
	const user, group = 1001, 1002
	workspace := t.TempDir()
	if err := os.Chown(workspace, user, group); err != nil {
		t.Fatal(err)
	}
	silent(t, filepath.Join(workspace, "made", "here"), "", usual).Keep(t.Context(), opened(t, site("one")))
	err := filepath.WalkDir(workspace, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if of := info.Sys().(*syscall.Stat_t); of.Uid != user || of.Gid != group {
			t.Errorf("%s belongs to %d:%d", path, of.Uid, of.Gid)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
