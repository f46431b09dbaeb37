package lock_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/lock"
	"github.com/slipway/slipway/internal/release/releasetest"
	"github.com/slipway/slipway/internal/transport"
)

var anna = deploy.LockOwner{
	Deployment: "412-deploy-a", Attempt: 1, Command: "deploy", Actor: "anna", RunURL: "https://ci/412",
	Since: time.Date(2026, 11, 21, 7, 30, 0, 0, time.UTC), Token: "A",
}

var ben = deploy.LockOwner{Deployment: "413-deploy-b", Attempt: 1, Command: "deploy", Actor: "ben", Token: "B"}

// take takes the lock as it is now, and fails the test when it cannot.
func take(t *testing.T, host *releasetest.Host, owner deploy.LockOwner) int {
	t.Helper()
	taken, err := releasetest.TakeLock(t.Context(), host, host.Site, read(t, host), owner)
	if err != nil {
		t.Fatal(err)
	}
	return taken.Generation
}

func read(t *testing.T, host *releasetest.Host) deploy.LockState {
	t.Helper()
	state, err := releasetest.ReadLock(t.Context(), host, host.Site)
	if err != nil {
		t.Fatal(err)
	}
	return state
}

// quoted is a text for between single quotes.
func quoted(text string) string { return strings.ReplaceAll(text, "'", `'\''`) }

// generations are what lies in the lock's folder.
func generations(t *testing.T, host *releasetest.Host) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(host.Site.Private(), "lock"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	names := []string{}
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

func TestTurns(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		noClock(t, host)
		ctx := t.Context()
		if state := read(t, host); state != (deploy.LockState{}) {
			t.Errorf("a host that was never locked: %+v", state)
		}
		first, err := releasetest.TakeLock(ctx, host, host.Site, deploy.LockState{}, anna)
		if err != nil || first.Generation != 1 || first.ID == "" {
			t.Fatalf("took %+v, %v", first, err)
		}
		state := read(t, host)
		if state.Generation != 1 || state.Free() || state.Beat == "" || state.Owner != anna {
			t.Errorf("taken: %+v", state)
		}
		if info, err := os.Stat(host.Site.Private()); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("the private folder: %v, %v", info, err)
		}

		// Who saw less than there is does not get it, and learns the host's ID all the same.
		late, err := releasetest.TakeLock(ctx, host, host.Site, deploy.LockState{}, ben)
		if !errors.Is(err, lock.ErrTaken) || late.Generation != 0 || late.ID != first.ID {
			t.Errorf("a late one got %+v, %v", late, err)
		}
		if err := release.Run(ctx, lock.Fence(host, host.Site, 1), lock.Beat(host.Site, 1)); err != nil {
			t.Fatal(err)
		}
		if beaten := read(t, host); beaten.Beat == state.Beat || len(beaten.Beat) < 20 {
			t.Errorf("the heartbeat was %q and is %q", state.Beat, beaten.Beat)
		}

		for range 2 { // twice is once
			if err := release.Run(ctx, host, lock.Release(host.Site, 1)); err != nil {
				t.Fatal(err)
			}
			if state := read(t, host); !state.Free() || state.Generation != 1 || state.Owner.Actor != "anna" {
				t.Errorf("given back: %+v", state)
			}
		}
		if err := release.Run(ctx, lock.Fence(host, host.Site, 1), lock.Beat(host.Site, 1)); !errors.Is(err, lock.ErrFenced) {
			t.Errorf("a beat after giving back: %v", err)
		}
		if got := take(t, host, ben); got != 2 {
			t.Errorf("the next generation is %d", got)
		}
		if err := release.Run(ctx, host, lock.Release(host.Site, 1)); err != nil || read(t, host).Free() {
			t.Errorf("an old owner gave the new one's lock back, %v", err)
		}
		for want := 3; want <= 30; want++ {
			owner := ben
			owner.Deployment += deploy.DeploymentID(strconv.Itoa(want))
			if got := take(t, host, owner); got != want {
				t.Errorf("generation %d follows %d", got, want-1)
			}
			if got := generations(t, host); len(got) > 8 || !slices.Contains(got, strconv.Itoa(want)) {
				t.Errorf("there are %q", got)
			}
		}
	})
}

// noClock makes a host's clock a trap: a lock that asks it fails.
func noClock(t *testing.T, host *releasetest.Host) {
	t.Helper()
	asked := filepath.Join(t.TempDir(), "asked")
	host.Patch = func(script string) string { return "date() { echo >'" + asked + "'; }\n" + script }
	t.Cleanup(func() {
		if _, err := os.Stat(asked); err == nil {
			t.Error("the lock asked the host's clock")
		}
	})
}

func TestFence(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		take(t, host, anna)
		hers := lock.Fence(host, host.Site, 1)
		run := func(conn transport.Conn, script string, args ...string) (string, error) {
			var out strings.Builder
			err := conn.Run(t.Context(), transport.Command{Name: "change", Script: script, Args: args, Stdin: strings.NewReader("in"), Stdout: &out})
			return out.String(), err
		}
		// The script finds its own arguments and input, and no options that it did not set.
		out, err := run(hers, `printf '%s,' "$#" "$1" "$2" "$-"; fence :; cat`, "a b", "")
		if err != nil || !strings.HasPrefix(out, "2,a b,,") || !strings.HasSuffix(out, "in") || strings.ContainsAny(strings.Split(out, ",")[3], "eu") {
			t.Errorf("an owner's command said %q, %v", out, err)
		}
		if _, err := run(hers, "exit 3"); errors.Is(err, lock.ErrFenced) || err == nil {
			t.Errorf("an owner's failing command: %v", err)
		}

		// Lost half way: what is before the fence happened, what it is told to do happens, nothing after it.
		dir := t.TempDir()
		_, err = run(hers, `set -eu; cd "$1"; : >before; mkdir "$2"/2; fence rm before; : >after`, dir, host.Site.Private()+"/lock")
		if !errors.Is(err, lock.ErrFenced) {
			t.Errorf("a command whose lock was lost: %v", err)
		}
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Errorf("it left %v", left)
		}
		if got := take(t, host, ben); got != 3 {
			t.Fatalf("ben has generation %d", got)
		}
		late := release.Operation{Name: "switch", Script: `: >"$1/after"`, Args: []string{dir}}
		failure := release.Run(t.Context(), hers, late)
		var told *deploy.Error
		if !errors.Is(failure, lock.ErrFenced) || !errors.As(failure, &told) || told.Hint == "" || told.Op != "switch" {
			t.Errorf("a command of an owner that is gone: %v", failure)
		}
		if !strings.Contains(failure.Error(), "deployment 413-deploy-b by ben (deploy)") {
			t.Errorf("it does not say who has the lock: %v", failure)
		}
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Errorf("it left %v", left)
		}

		// A lock that somebody gave back for its owner, or threw away, protects nobody.
		if err := release.Run(t.Context(), host, lock.Release(host.Site, 3)); err != nil {
			t.Fatal(err)
		}
		if _, err := run(lock.Fence(host, host.Site, 3), ":"); !errors.Is(err, lock.ErrFenced) || !strings.Contains(err.Error(), "given back") {
			t.Errorf("after unlock: %v", err)
		}
		if err := os.RemoveAll(host.Site.Private()); err != nil {
			t.Fatal(err)
		}
		if _, err := run(lock.Fence(host, host.Site, 3), ":"); !errors.Is(err, lock.ErrFenced) || !strings.Contains(err.Error(), "gone") {
			t.Errorf("without a lock: %v", err)
		}
	})
}

// A step that still runs beats where its attempt had the lock. The next attempt takes the lock over, and the step's signs
// of life with it; the dead attempt cannot give away what is not its own any more.
func TestInherit(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		second, third := anna, anna
		second.Attempt, second.Token = 2, "A2"
		third.Attempt, third.Token = 3, "A3"
		take(t, host, anna)
		take(t, host, second)
		// As if it had been killed before it was linked.
		if err := os.Remove(host.Site.Private() + "/lock/1"); err != nil {
			t.Fatal(err)
		}
		if err := os.CopyFS(host.Site.Private()+"/lock/1", os.DirFS(host.Site.Private()+"/lock/2")); err != nil {
			t.Fatal(err)
		}
		take(t, host, third)
		before := read(t, host)
		err := host.Run(t.Context(), transport.Command{
			Script: `printf '%s\n' "step 1" >"$1/heartbeat.new" && mv -f "$1/heartbeat.new" "$1/heartbeat"`,
			Args:   []string{host.Site.Private() + "/lock/1"},
		})
		if after := read(t, host); err != nil || before.Generation != 3 || after.Beat != "step 1" {
			t.Errorf("a step's beat in generation 1: %+v became %+v, %v", before, after, err)
		}
		for generation := range 3 {
			if err := release.Run(t.Context(), host, lock.Release(host.Site, generation)); err != nil || read(t, host).Free() {
				t.Errorf("generation %d gave away the third's lock, %v", generation, err)
			}
		}
		if err := release.Run(t.Context(), lock.Fence(host, host.Site, 2), lock.Beat(host.Site, 2)); !errors.Is(err, lock.ErrFenced) {
			t.Errorf("a beat of the second attempt: %v", err)
		}
		// Another deployment is nobody's heir.
		if got := take(t, host, ben); got != 4 {
			t.Errorf("then generation %d of %q", got, generations(t, host))
		}
		before = read(t, host)
		err = host.Run(t.Context(), transport.Command{Script: `echo "step 2" >"$1/heartbeat"`, Args: []string{host.Site.Private() + "/lock/1"}})
		if after := read(t, host); err != nil || after.Beat != before.Beat {
			t.Errorf("a step of another deployment keeps the lock: %+v, %v", after, err)
		}
	})
}

func TestFullDisk(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		disk := host.SmallDisk(t, 256<<10, 40)
		host.Site.Root = filepath.Join(disk, "site")
		take(t, host, anna)
		fill(t, disk)

		before := read(t, host).Beat
		if err := release.Run(t.Context(), lock.Fence(host, host.Site, 1), lock.Beat(host.Site, 1)); err != nil || read(t, host).Beat == before {
			t.Errorf("a beat on a full disk: %v", err)
		}
		if err := release.Run(t.Context(), host, lock.Release(host.Site, 1)); err != nil || !read(t, host).Free() {
			t.Errorf("giving back on a full disk: %v", err)
		}
		_, err := releasetest.TakeLock(t.Context(), host, host.Site, read(t, host), ben)
		if err == nil || errors.Is(err, lock.ErrTaken) || !strings.Contains(err.Error(), "free space") {
			t.Errorf("taking on a full disk: %v", err)
		}
		if state := read(t, host); !state.Free() {
			t.Errorf("a taker that could not write left %+v", state)
		}
	})
}

// fill leaves no block and no inode on a disk.
func fill(t *testing.T, disk string) {
	t.Helper()
	file, err := os.Create(filepath.Join(disk, "filler"))
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{4096, 1} {
		for err = nil; err == nil; {
			_, err = file.Write(make([]byte, size))
		}
	}
	_ = file.Close()
	for i := range 100 {
		if os.WriteFile(filepath.Join(disk, strings.Repeat("x", i+1)), nil, 0o600) != nil {
			return
		}
	}
	t.Fatal("the disk does not fill")
}
