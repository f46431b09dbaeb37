package rollout_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway/slipway/internal/deploy"
)

// newBalanced is a fleet behind a balancer lb1, which keeps a line for each drain, undrain and restart that it hears of, and
// takes one host at a time.
func newBalanced(t *testing.T, n int) *fleet {
	t.Helper()
	f := newFleet(t, n)
	balancer := f.add("lb1", f.authorized)
	balancer.Roles, balancer.NoRelease = []string{"balancer"}, true
	f.cfg.Vars = map[string]string{"BOOK": filepath.Join(t.TempDir(), "book")}
	for i := range f.cfg.Hosts {
		f.cfg.Hosts[i].Vars = f.cfg.Vars
	}
	// The line comes last: a test that ends the step when it sees it leaves nothing behind.
	drain := script(deploy.Activate, "Drain", `mkdir "$BOOK.busy"; sleep 0.05; rmdir "$BOOK.busy"; echo "out $SLIPWAY_TARGET" >> "$BOOK"`)
	drain.Undo = `mkdir "$BOOK.busy"; sleep 0.05; rmdir "$BOOK.busy"; echo "in $SLIPWAY_TARGET" >> "$BOOK"`
	drain.Idempotent = true
	usual := f.cfg.Activation[""]
	usual.Drain = []deploy.Drain{{Step: drain, Role: "balancer", Wait: time.Second}}
	usual.Restart[0].Number = 2
	usual.Restart[0].Run = `echo "restart $SLIPWAY_HOST" >> "$BOOK"`
	f.cfg.Activation[""] = usual
	f.cfg.Rollout = deploy.Rollout{Batch: deploy.Portion{Count: 1}}
	return f
}

// book is what the balancer wrote, once: the next call gives what came after.
func (f *fleet) book() string {
	f.t.Helper()
	text, err := os.ReadFile(f.cfg.Vars["BOOK"])
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		f.t.Fatal(err)
	}
	if err := os.WriteFile(f.cfg.Vars["BOOK"], nil, 0o600); err != nil {
		f.t.Fatal(err)
	}
	return strings.Join(strings.Split(strings.TrimSpace(string(text)), "\n"), ", ")
}

func (f *fleet) wantBook(want string) {
	f.t.Helper()
	if got := f.book(); got != want {
		f.t.Errorf("the balancer saw  %s\nwanted            %s", got, want)
	}
}

// wantLive fails unless the hosts that get releases serve these, in order.
func (f *fleet) wantLive(ids ...deploy.ReleaseID) {
	f.t.Helper()
	for i, h := range deploy.WithRelease(f.cfg.Hosts) {
		if got := f.current(h.Name); got != "releases/"+string(ids[i]) {
			f.t.Errorf("%s: current names %q, wanted %q", h.Name, got, ids[i])
		}
	}
}

func turnOf(host string) string { return "out " + host + ", restart " + host + ", in " + host }

// turns are the turns of all hosts that get releases but these, in order.
func (f *fleet) turns(but ...int) string {
	var turns []string
	for i, h := range deploy.WithRelease(f.cfg.Hosts) {
		if !slices.Contains(but, i) {
			turns = append(turns, turnOf(h.Name))
		}
	}
	return strings.Join(turns, ", ")
}

// allBut is n times the same, but for one.
func allBut[T any](usual T, n, at int, other T) []T {
	list := slices.Repeat([]T{usual}, n)
	list[at] = other
	return list
}

func TestBatchesGoOneAfterAnother(t *testing.T) {
	t.Parallel()
	f := newBalanced(t, 3)
	f.cfg.Hosts[2].Roles = []string{"worker"}
	f.cfg.ActivationRoles = []string{"worker"}
	worker := f.cfg.Activation[""]
	worker.Drain = nil
	f.cfg.Activation["worker"] = worker
	f.cfg.Rollout.Order = []string{"worker", "web"}
	result, _ := f.deploy(t.Context(), good)
	wantEnd(t, result, deploy.ExitDone, deploy.OutcomeActivated)
	f.wantLive(result.Release, result.Release, result.Release)
	f.wantBook("restart web3, " + turnOf("web1") + ", " + turnOf("web2"))
	if len(result.Hosts) != 3 {
		t.Errorf("the balancer is among the hosts of the result: %v", result.Hosts)
	}
	var parts []string
	for _, span := range result.Parts[1].Spans {
		parts = append(parts, span.Step)
	}
	if diff := cmp.Diff([]string{"drain", "switch", "restart", "verify Health", "undrain"}, parts); diff != "" {
		t.Error(diff)
	}
	again, _ := f.again(2).deploy(t.Context(), good)
	wantEnd(t, again, deploy.ExitDone, deploy.OutcomeUnchanged)
	f.wantBook("")
	next, _ := f.deploy(t.Context(), next)
	wantEnd(t, next, deploy.ExitDone, deploy.OutcomeActivated)
	f.book()
	back, _ := f.rollback(t.Context(), "previous")
	wantEnd(t, back, deploy.ExitDone, deploy.OutcomeActivated)
	f.wantBook("restart web3, " + turnOf("web1") + ", " + turnOf("web2"))
}

// Two hosts of a batch are drained by one balancer: one after the other (its script fails when two are at work).
func TestBalancerTakesOneHostAtATime(t *testing.T) {
	t.Parallel()
	f := newBalanced(t, 3)
	f.cfg.Rollout.Batch.Count = 2
	result, _ := f.deploy(t.Context(), good)
	wantEnd(t, result, deploy.ExitDone, deploy.OutcomeActivated)
	if got := f.book(); strings.Count(got, "out") != 3 || strings.Count(got, "in web") != 3 || !strings.HasSuffix(got, turnOf("web3")) {
		t.Error(got)
	}
}

// A drain that fails leaves the host as it was, behind the balancer.
func TestDrainFails(t *testing.T) {
	t.Parallel()
	f := newBalanced(t, 2)
	first, _ := f.deploy(t.Context(), good)
	f.book()
	f.cfg.Activation[""].Drain[0].Run = `test "$SLIPWAY_TARGET" != web2; echo "out $SLIPWAY_TARGET" >> "$BOOK"`
	result, _ := f.deploy(t.Context(), next)
	wantEnd(t, result, deploy.ExitUnwound, deploy.OutcomeUnwound)
	f.wantLive(first.Release, first.Release)
	f.wantBook(turnOf("web1") + ", " + turnOf("web1") + ", in web2")
	if result.Errors[0].Host != "web2" || result.Errors[0].Step != "drain" {
		t.Errorf("%+v", result.Errors[0])
	}
}

// killed deploys and cancels the run once a host reached a point; nothing is mended.
func (f *fleet) killed(files map[string]string, reached string) deploy.Result {
	f.t.Helper()
	f.opts.UnwindOnCancel = false
	defer func() { f.opts.UnwindOnCancel = true }()
	ctx, cancel := context.WithCancel(f.t.Context())
	defer cancel()
	go func() {
		for ctx.Err() == nil {
			text, _ := os.ReadFile(f.cfg.Vars["BOOK"])
			if strings.Contains(string(text), reached) {
				cancel()
			}
			select {
			case <-time.After(5 * time.Millisecond):
			case <-ctx.Done():
			}
		}
	}()
	result, _ := f.deploy(ctx, files)
	return result
}

func TestDrainedHostOfADeadDeploymentIsPutBack(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ restart, reached, mended string }{
		"after the drain":   {"", "out web2", "in web2, " + turnOf("web1")},
		"while it restarts": {`; test "$SLIPWAY_HOST" != web2 || sleep 30`, "restart web2", turnOf("web1")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newBalanced(t, 2)
			first, _ := f.deploy(t.Context(), good)
			f.book()
			usual := f.cfg.Activation[""].Restart[0].Run
			drain := f.cfg.Activation[""].Drain[0].Run
			f.cfg.Activation[""].Restart[0].Run += test.restart
			if test.restart == "" {
				f.cfg.Activation[""].Drain[0].Run += `; test "$SLIPWAY_TARGET" != web2 || sleep 30`
			}
			dead := f.killed(next, test.reached)
			wantEnd(t, dead, deploy.ExitInterrupted, deploy.OutcomeCancelled)
			f.book()
			f.cfg.Activation[""].Restart[0].Run, f.cfg.Activation[""].Drain[0].Run = usual, drain
			f.cfg.Prepare = number(script(deploy.Prepare, "Stop here", "exit 1"))
			result, _ := f.deploy(t.Context(), next)
			wantEnd(t, result, deploy.ExitFailed, deploy.OutcomeFailed)
			f.wantLive(first.Release, first.Release)
			got := f.book()
			in := func(host string) bool {
				return strings.LastIndex(got, "in "+host) > strings.LastIndex(got, "out "+host)
			}
			if !in("web1") || !in("web2") {
				t.Errorf("not behind the balancer again: %s", got)
			}
		})
	}
}

func TestFailureBudget(t *testing.T) {
	t.Parallel()
	testFailureBudget(t, 3)
}

// testFailureBudget: the last host but one fails in prepare, and is left behind until it is mended.
func testFailureBudget(t *testing.T, n int) {
	t.Helper()
	f := newBalanced(t, n)
	sick := n - 2
	name := f.cfg.Hosts[sick].Name
	first, _ := f.deploy(t.Context(), good)
	f.book()
	f.cfg.Rollout.FailureBudget = 1
	f.cfg.Prepare = number(script(deploy.Prepare, "Build", `test "$SLIPWAY_HOST" != `+name+` || test -e "$SLIPWAY_SHARED_PATH/run/mended"`))
	f.cfg.Migrate = number(script(deploy.Migrate, "Migrate", `echo migrate >> "$BOOK"`))
	f.cfg.Migrate[0].Once = true
	result, _ := f.deploy(t.Context(), next)
	wantEnd(t, result, deploy.ExitFinish, deploy.OutcomeActivated)
	f.wantLive(allBut(result.Release, n, sick, first.Release)...)
	f.wantBook("out " + name + ", migrate, " + f.turns(sick))
	if diff := cmp.Diff(allBut(deploy.HostActivated, n, sick, deploy.HostSkipped), outcomes(result)); diff != "" {
		t.Error(diff)
	}
	if len(result.Errors) != 1 || result.Errors[0].Host != name || len(result.Warnings) != 1 || !strings.Contains(result.Warnings[0], "out of the balancer") {
		t.Errorf("errors %v, warnings %q", result.Errors, result.Warnings)
	}

	f.touch(name, "mended")
	again, _ := f.again(2).deploy(t.Context(), next)
	wantEnd(t, again, deploy.ExitDone, deploy.OutcomeActivated)
	f.wantBook(turnOf(name))
	f.wantLive(slices.Repeat([]deploy.ReleaseID{result.Release}, n)...)
}

func TestFailureBudgetNeverCoversThePrimary(t *testing.T) {
	t.Parallel()
	f := newBalanced(t, 3)
	f.cfg.Rollout.FailureBudget = 1
	f.cfg.Hosts[1].Primary = true
	f.cfg.Prepare = number(script(deploy.Prepare, "Build", `test "$SLIPWAY_HOST" != web2`))
	result, _ := f.deploy(t.Context(), good)
	wantEnd(t, result, deploy.ExitFailed, deploy.OutcomeFailed)
	f.wantBook("")
}

func TestFailureBudgetInActivate(t *testing.T) {
	t.Parallel()
	testFailureBudgetInActivate(t, 3)
}

// testFailureBudgetInActivate: the second host fails its check, is brought back and left behind; the others go on.
func testFailureBudgetInActivate(t *testing.T, n int) {
	t.Helper()
	f := newBalanced(t, n)
	first, _ := f.deploy(t.Context(), good)
	f.book()
	f.cfg.Rollout.FailureBudget = 1
	f.cfg.Activation[""].Verify[0].Run.Run = `test -e ok || test "$SLIPWAY_HOST" != web2`
	result, _ := f.deploy(t.Context(), bad)
	wantEnd(t, result, deploy.ExitFinish, deploy.OutcomeActivated)
	f.wantLive(allBut(result.Release, n, 1, first.Release)...)
	f.wantBook(turnOf("web1") + ", out web2, restart web2, restart web2, " + f.turns(0, 1))
}

func TestFailureBudgetCoversAHostThatIsAway(t *testing.T) {
	t.Parallel()
	f := newBalanced(t, 3)
	first, _ := f.deploy(t.Context(), good)
	f.book()
	f.cfg.Rollout.FailureBudget = 1
	if err := f.server["web3"].Close(); err != nil {
		t.Fatal(err)
	}
	result, _ := f.deploy(t.Context(), next)
	wantEnd(t, result, deploy.ExitFinish, deploy.OutcomeActivated)
	f.wantLive(result.Release, result.Release, first.Release)
	f.wantBook("out web3, " + turnOf("web1") + ", " + turnOf("web2"))
	again, _ := f.again(2).deploy(t.Context(), next)
	wantEnd(t, again, deploy.ExitFinish, deploy.OutcomeActivated)
	f.wantBook("out web3")
}

func TestCanaryIsWatched(t *testing.T) {
	t.Parallel()
	testCanaryIsWatched(t, 2)
}

func testCanaryIsWatched(t *testing.T, n int) {
	t.Helper()
	f := newBalanced(t, n)
	f.deploy(t.Context(), good)
	f.book()
	f.cfg.Rollout.Canary, f.cfg.Rollout.CanaryWait = 1, 300*time.Millisecond
	result, _ := f.deploy(t.Context(), next)
	wantEnd(t, result, deploy.ExitDone, deploy.OutcomeActivated)
	if !slices.ContainsFunc(result.Steps, func(s deploy.StepDone) bool {
		return s.Step == "Canary" && len(s.Spans) == 1 && s.Spans[0].Host == "web1" && s.Spans[0].Duration >= 300*time.Millisecond
	}) {
		t.Errorf("no canary was watched: %v", result.Steps)
	}
	f.book()

	// It passes once, and then no more.
	f.cfg.Activation[""].Verify[0].Run.Run = `test -e ok || { test ! -e "$SLIPWAY_SHARED_PATH/run/seen"; touch "$SLIPWAY_SHARED_PATH/run/seen"; }`
	sick, _ := f.deploy(t.Context(), bad)
	wantEnd(t, sick, deploy.ExitUnwound, deploy.OutcomeUnwound)
	f.wantLive(slices.Repeat([]deploy.ReleaseID{result.Release}, n)...)
	f.wantBook(turnOf("web1") + ", " + turnOf("web1"))
	if !strings.Contains(sick.Errors[0].Cause.Error(), "live for") {
		t.Errorf("%v", sick.Errors[0])
	}
}

func TestBatchWait(t *testing.T) {
	t.Parallel()
	f := newBalanced(t, 3)
	f.cfg.Rollout.Batch.Count, f.cfg.Rollout.BatchWait = 1, 100*time.Millisecond
	result, _ := f.deploy(t.Context(), good)
	wantEnd(t, result, deploy.ExitDone, deploy.OutcomeActivated)
	var waited []string
	for _, s := range result.Steps {
		if s.Step == "Batch wait" {
			waited = append(waited, s.Spans[0].Host)
		}
	}
	if !slices.Equal(waited, []string{"web1", "web2"}) { // after the last batch there is nothing to wait for
		t.Errorf("waited after %v", waited)
	}
}

func TestEnsure(t *testing.T) {
	t.Parallel()
	f := newBalanced(t, 2)
	page := script(deploy.Ensure, "Page", `echo "page on" >> "$BOOK"`)
	page.Undo, page.Idempotent, page.Via = `echo "page off" >> "$BOOK"`, true, "balancer"
	f.cfg.Ensure = number(page)
	f.cfg.Migrate = number(script(deploy.Migrate, "Migrate", `echo migrate >> "$BOOK"`))
	f.cfg.Migrate[0].Once = true
	first, _ := f.deploy(t.Context(), good)
	wantEnd(t, first, deploy.ExitDone, deploy.OutcomeActivated)
	f.wantBook("page on, migrate, " + turnOf("web1") + ", " + turnOf("web2") + ", page off")

	again, _ := f.again(2).deploy(t.Context(), good)
	wantEnd(t, again, deploy.ExitDone, deploy.OutcomeUnchanged)
	f.wantBook("")

	f.cfg.Migrate[0].Run = "exit 1"
	failed, _ := f.deploy(t.Context(), next)
	wantEnd(t, failed, deploy.ExitMigrate, deploy.OutcomeFailed)
	f.wantBook("page on, page off")

	f.cfg.Migrate[0].Run = `echo "migrate" >> "$BOOK"; sleep 30`
	f.cfg.Migrate[0].Idempotent = true
	dead := f.killed(next, "migrate")
	wantEnd(t, dead, deploy.ExitInterrupted, deploy.OutcomeCancelled)
	f.book()
	f.cfg.Migrate, f.cfg.Ensure = nil, nil // the page is not even in the deploy file any more
	f.cfg.Prepare = number(script(deploy.Prepare, "Stop here", "exit 1"))
	result, _ := f.deploy(t.Context(), next)
	wantEnd(t, result, deploy.ExitFailed, deploy.OutcomeFailed)
	f.wantBook("page off")
}
