package rollout_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
)

// A deployment that comes between the shards and the rest overtakes theirs, where it is a newer run's.
func TestNewerRunBetweenShardsAndRest(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	for n := range 2 {
		result, _ := f.job(part(n+1, 2)).deploy(t.Context(), good)
		wantEnd(t, result, deploy.ExitDone, deploy.OutcomePrepared)
	}
	whole := f.job(rest(2))
	newer, _ := f.deploy(t.Context(), next)
	wantEnd(t, newer, deploy.ExitDone, deploy.OutcomeActivated)
	late, _ := whole.deploy(t.Context(), good)
	wantEnd(t, late, deploy.ExitSuperseded, deploy.OutcomeSuperseded)
	f.wantCurrent(newer.Release)
}

// A matrix that builds anew in each leg would make two releases under one name.
func TestShardsOfTwoContents(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	first, _ := f.job(part(1, 2)).deploy(t.Context(), good)
	wantEnd(t, first, deploy.ExitDone, deploy.OutcomePrepared)
	for _, shard := range []deploy.Shard{part(2, 2), rest(2)} {
		other, _ := f.job(shard).deploy(t.Context(), next)
		wantEnd(t, other, deploy.ExitFailed, deploy.OutcomeFailed)
		if text := other.Errors[0].Error(); len(other.Errors) != 1 || !strings.Contains(text, "another content") || !strings.Contains(text, "build once") {
			t.Errorf("%s: %v", shard, other.Errors)
		}
	}
	if _, err := os.Stat(f.path("web2")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a shard that is refused left something: %v", err)
	}
	var release deploy.ReleaseID
	for n := range 2 { // all jobs run again, and build anew
		again, _ := f.job(part(n+1, 2)).attempt(2).deploy(t.Context(), next)
		wantEnd(t, again, deploy.ExitDone, deploy.OutcomePrepared)
		release = again.Release
	}
	whole, _ := f.job(rest(2)).attempt(2).deploy(t.Context(), next)
	wantEnd(t, whole, deploy.ExitDone, deploy.OutcomeActivated)
	f.wantCurrent(release)
	if release == first.Release {
		t.Error("two contents have one release")
	}
	third, _ := f.job(part(1, 2)).attempt(3).deploy(t.Context(), good)
	wantEnd(t, third, deploy.ExitDone, deploy.OutcomePrepared)
	f.wantCurrent(release)
	if got := f.read("web1", ".slipway/deployments/"+string(first.Deployment)+"/outcome"); got != "activated\n" {
		t.Errorf("a shard wrote over the end of what is live: %q", got)
	}
}

// Every shard needs the host on which the release is named, and none does without its judgement.
func TestShardWithoutTheHostThatNamesTheRelease(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	if err := os.MkdirAll(filepath.Join(f.path("web1"), ".slipway"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(f.path("web1"), ".slipway/app"), []byte("blog\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	refused, _ := f.job(part(2, 2)).deploy(t.Context(), good)
	wantEnd(t, refused, deploy.ExitFailed, deploy.OutcomeFailed)
	if text := refused.Errors[0].Error(); len(refused.Errors) != 1 || !strings.HasPrefix(text, "web1") || !strings.Contains(text, "blog") {
		t.Errorf("errors: %v", refused.Errors)
	}
	if err := f.server["web1"].Close(); err != nil {
		t.Fatal(err)
	}
	missing, _ := f.job(part(2, 2)).deploy(t.Context(), good)
	wantEnd(t, missing, deploy.ExitFailed, deploy.OutcomeFailed)
	if text := missing.Errors[0].Error(); len(missing.Errors) != 1 || !strings.Contains(text, "every shard has to reach web1") {
		t.Errorf("errors: %v", missing.Errors)
	}
	if _, err := os.Stat(f.path("web2")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a shard that is refused left something: %v", err)
	}
}

func TestShardWithoutHosts(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1)
	empty, log := f.job(part(2, 2)).deploy(t.Context(), good)
	wantEnd(t, empty, deploy.ExitDone, deploy.OutcomePrepared)
	if said := log.noticed(); len(said) != 1 || empty.Release != "" || len(empty.Hosts) != 0 {
		t.Errorf("said %q; release %q, hosts %v", said, empty.Release, empty.Hosts)
	}
	post := f.job(part(2, 2))
	post.runs++
	after, _ := post.post(t.Context())
	wantEnd(t, after, deploy.ExitDone, deploy.OutcomeReconciled)
}

// The budget lets a shard go on without a host; the job that goes on tries that one again.
func TestShardWithinTheFailureBudget(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 4)
	f.cfg.Rollout.FailureBudget = 1
	f.cfg.Prepare = number(script(deploy.Prepare, "Try", `test "$SLIPWAY_HOST" != web3 || test -e "$SLIPWAY_SHARED_PATH/run/mended"`))
	prepared, _ := f.job(part(1, 2)).deploy(t.Context(), good)
	wantEnd(t, prepared, deploy.ExitDone, deploy.OutcomePrepared)
	if len(prepared.Warnings) != 1 || !strings.Contains(prepared.Warnings[0], "web3 not prepared, within the failure budget") {
		t.Errorf("warnings: %q", prepared.Warnings)
	}
	f.touch("web3", "mended")
	whole, _ := f.job(rest(2)).deploy(t.Context(), good)
	wantEnd(t, whole, deploy.ExitDone, deploy.OutcomeActivated)
	f.wantCurrent(prepared.Release)
}

// The budget of a shard does not cover the host on which the release is named, though that is one of its own.
func TestFailureBudgetWithoutTheHostThatNamesTheRelease(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 4)
	f.cfg.Rollout.FailureBudget = 1
	if err := f.server["web1"].Close(); err != nil {
		t.Fatal(err)
	}
	missing, _ := f.job(part(1, 2)).deploy(t.Context(), good)
	wantEnd(t, missing, deploy.ExitFailed, deploy.OutcomeFailed)
	if len(missing.Errors) != 1 || !strings.Contains(missing.Errors[0].Error(), "every shard has to reach web1") {
		t.Errorf("errors: %v", missing.Errors)
	}
}

// A job that goes on although a shard still runs, because its workflow does not wait, waits for that shard's lock, and says whose it is.
func TestRestWaitsForAShard(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	f.opts.LockWait, f.opts.Lease = time.Minute, 18*time.Second // a look every 0.4 s
	f.cfg.Prepare = number(counted(deploy.Prepare, "Slow", untilMended))
	f.cfg.Prepare[0].Roles = []string{"slow"}
	f.cfg.Hosts[1].Roles = []string{"web", "slow"}
	t.Cleanup(func() { f.touch("web2", "mended") })
	shard, whole := f.job(part(2, 2)), f.job(rest(2))
	whole.heard = func(event deploy.Event) {
		if n, ok := event.(deploy.Noted); ok && strings.HasPrefix(n.Text, "web2: waiting for") {
			f.touch("web2", "mended")
		}
	}
	begun := make(chan struct{})
	f.when("web2", "shared/run/Slow", func() { close(begun) })
	var prepared deploy.Result
	var jobs sync.WaitGroup
	jobs.Go(func() { prepared, _ = shard.deploy(t.Context(), good) })
	<-begun
	result, log := whole.deploy(t.Context(), good)
	jobs.Wait()
	wantEnd(t, prepared, deploy.ExitDone, deploy.OutcomePrepared)
	wantEnd(t, result, deploy.ExitDone, deploy.OutcomeActivated)
	f.wantCurrent(prepared.Release)
	if said := log.noticed(); !strings.Contains(said[0], "(deploy shard 2/2)") {
		t.Errorf("said: %q", said)
	}
	f.wantRan("Slow", map[string]int{"web2": 1})
}

// A shard that had to wait for a job that went on without it sees what that has begun with meanwhile, also on the host that is none of its own.
func TestShardAfterTheRest(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	f.opts.LockWait, f.opts.Lease = time.Minute, 18*time.Second // a look every 0.4 s
	f.cfg.Prepare = number(counted(deploy.Prepare, "Slow", `test "$SLIPWAY_HOST" = web2 || `+untilMended))
	once := script(deploy.Migrate, "Migrate", "exit 3")
	once.Once = true
	f.cfg.Migrate = number(once)
	t.Cleanup(func() { f.touch("web1", "mended") })
	shard, whole := f.job(part(2, 2)), f.job(rest(2))
	shard.heard = func(event deploy.Event) {
		if n, ok := event.(deploy.Noted); ok && strings.HasPrefix(n.Text, "web2: waiting for") {
			f.touch("web1", "mended")
		}
	}
	begun := make(chan struct{})
	f.when("web1", "shared/run/Slow", func() { close(begun) })
	var failed deploy.Result
	var jobs sync.WaitGroup
	jobs.Go(func() { failed, _ = whole.deploy(t.Context(), good) })
	<-begun
	prepared, log := shard.deploy(t.Context(), good)
	jobs.Wait()
	wantEnd(t, failed, deploy.ExitMigrate, deploy.OutcomeFailed)
	wantEnd(t, prepared, deploy.ExitDone, deploy.OutcomePrepared)
	if said := log.noticed(); len(said) != 2 || !strings.Contains(said[1], "nothing is left for a shard") {
		t.Errorf("said: %q", said)
	}
	if got := f.read("web2", ".slipway/deployments/"+string(failed.Deployment)+"/outcome"); got != "failed\n" {
		t.Errorf("a shard wrote over how the migration ended: %q", got)
	}
}

// The re-run of a shard does not give back the lock of a host on which a migration still runs, and the job that goes on joins it.
func TestShardLeavesAMigration(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	once := counted(deploy.Migrate, "Migrate", untilMended)
	once.Once, once.FinishFirst = true, true
	f.cfg.Migrate = number(once)
	t.Cleanup(func() { f.touch("web1", "mended") })
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	f.when("web1", "shared/run/Migrate", cancel)
	dead, _ := f.job(rest(2)).deploy(ctx, good)
	wantEnd(t, dead, deploy.ExitInterrupted, deploy.OutcomeCancelled)
	for n := range 2 {
		shard, _ := f.job(part(n+1, 2)).attempt(2).deploy(t.Context(), good)
		wantEnd(t, shard, deploy.ExitDone, deploy.OutcomePrepared)
	}
	if locked := f.locked(); !slices.Equal(locked, []string{"web1"}) {
		t.Errorf("locked: %v", locked)
	}
	if got := f.read("web1", ".slipway/deployments/"+string(dead.Deployment)+"/outcome"); got != "cancelled\n" {
		t.Errorf("outcome %q", got)
	}
	f.touch("web1", "mended")
	whole, _ := f.job(rest(2)).attempt(2).deploy(t.Context(), good)
	wantEnd(t, whole, deploy.ExitDone, deploy.OutcomeActivated)
	f.wantCurrent(dead.Release)
	f.wantRan("Migrate", map[string]int{"web1": 1})
}
