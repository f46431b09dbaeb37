package stage_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/releasetest"
	"github.com/slipway/slipway/internal/release/stage"
)

// The record names what is there, once; what attempts left that died is gone.
func TestPrepared(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		if err := release.Run(t.Context(), host, stage.Prepared(host.Site, releaseID)); err == nil {
			t.Error("there is no deploy path")
		}
		uploaded(t, host)
		records := host.Site.Records(releaseID)
		put(t, records+"/prepared.dead", "half")
		put(t, host.Site.Release(releaseID)+"/made by a step", "12345")
		for range 2 {
			must(t, release.Run(t.Context(), host, stage.Prepared(host.Site, releaseID)))
		}
		text := read(t, records+"/prepared")
		if len(strings.Split(strings.TrimSpace(text), "\n")) != len(listing(t, host.Site.Release(releaseID)))+1 || !strings.HasSuffix(text, "\nend 0\n") {
			t.Errorf("%s", text)
		}
		if n := strings.Count(text, "8180 5 "); n != 1 || !strings.Contains(text, " ./made by a step\n") || !strings.Contains(text, "41ed - - - ./") {
			t.Errorf("%d: %s", n, text)
		}
		if left, _ := filepath.Glob(records + "/prepared.*"); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
		op := stage.Prepared(host.Site, releaseID)
		op.Args[3] = "100"
		if err := release.Run(t.Context(), host, op); err == nil || !strings.Contains(err.Error(), "is larger than 100 bytes") {
			t.Errorf("too large: %v", err)
		}
		if left, _ := filepath.Glob(records + "/prepared*"); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	})
}

// Of a release that its steps deleted, or of which they left no file, there is no record, and that is an error of its own. Whoever leaves one
// file may have meant it.
func TestPreparedEmpty(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		uploaded(t, host)
		tree := host.Site.Release(releaseID)
		prepared := func() error { return release.Run(t.Context(), host, stage.Prepared(host.Site, releaseID)) }
		must(t, prepared())
		must(t, os.RemoveAll(tree))
		if err := prepared(); !errors.Is(err, stage.ErrEmpty) || !strings.Contains(err.Error(), "is not there any more") {
			t.Errorf("deleted: %v", err)
		}
		must(t, os.Mkdir(tree, 0o755))
		must(t, os.Mkdir(tree+"/static", 0o755))
		must(t, os.Symlink("../../shared/.env", tree+"/.env"))
		if err := prepared(); !errors.Is(err, stage.ErrEmpty) || !strings.Contains(err.Error(), "has no file left") {
			t.Errorf("emptied: %v", err)
		}
		if left, _ := filepath.Glob(host.Site.Records(releaseID) + "/prepared*"); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
		put(t, tree+"/static/made by a step", "")
		must(t, prepared())
	})
}

// A full disk takes no record, and keeps no half of one.
func TestPreparedDiskFull(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		host.Site.Root = host.SmallDisk(t, 1<<20, 500) + "/site"
		open(t, host)
		must(t, release.Run(t.Context(), host, stage.Upload(host.Site, releaseID, pack(t, "gzip", many(200), nil), nil)))
		must(t, release.Run(t.Context(), host, stage.Prepared(host.Site, releaseID)))
		fill, err := os.Create(host.Site.Root + "/fill")
		must(t, err)
		for err = nil; err == nil; {
			_, err = fill.Write(make([]byte, 4096))
		}
		_ = fill.Close()
		// What the record of before took is not enough for a file more.
		for i := range 60 {
			put(t, host.Site.Release(releaseID)+"/made"+strings.Repeat("x", 200)+string(rune('0'+i)), "")
		}
		err = release.Run(t.Context(), host, stage.Prepared(host.Site, releaseID))
		if !errors.Is(err, release.ErrNoSpace) {
			t.Errorf("%v", err)
		}
		if left, _ := filepath.Glob(host.Site.Records(releaseID) + "/prepared*"); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	})
}
