package prune_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/lock"
	"github.com/slipway/slipway/internal/release/releasetest"
)

// On a disk without a free byte the lock is still taken, with what pruning had kept in reserve.
func TestReserve(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		host.Site.Root = host.SmallDisk(t, 4<<20, 1000)
		var taken lock.Taken
		if err := release.Run(t.Context(), host, lock.Take(host.Site, deploy.LockState{}, deploy.LockOwner{Token: "a"}, &taken)); err != nil {
			t.Fatal(err)
		}
		if _, err := releasetest.Prune(t.Context(), host, host.Site, nil); err != nil {
			t.Fatal(err)
		}
		if err := release.Run(t.Context(), host, lock.Release(host.Site, 1)); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(host.Site.Root, "big"), bytes.Repeat([]byte("x"), 8<<20), 0o600); err == nil {
			t.Fatal("the disk is not full")
		}
		state, err := releasetest.ReadLock(t.Context(), host, host.Site)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := releasetest.TakeLock(t.Context(), host, host.Site, state, deploy.LockOwner{Token: "b"}); err != nil {
			t.Errorf("not taken: %v", err)
		}
		if exists(host, ".slipway/reserve") {
			t.Error("nothing was given up: the disk was not full")
		}
	})
}
