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
	"github.com/slipway/slipway/internal/secret"
)

var (
	good = map[string]string{"ok": "", "index.html": "v1"}
	next = map[string]string{"ok": "", "index.html": "v2"}
	bad  = map[string]string{"index.html": "v3"} // has no ok: its health check fails
)

// wantEnd compares how a deployment ended.
func wantEnd(t *testing.T, r deploy.Result, exit int, outcome deploy.Outcome) {
	t.Helper()
	if r.ExitCode != exit || r.Outcome != outcome {
		t.Fatalf("exit %d, %s; wanted exit %d, %s\n%v", r.ExitCode, r.Outcome, exit, outcome, r.Errors)
	}
}

// outcomes are the hosts' outcomes in order.
func outcomes(r deploy.Result) []deploy.HostOutcome {
	var list []deploy.HostOutcome
	for _, h := range r.Hosts {
		list = append(list, h.Outcome)
	}
	return list
}

func TestDeploy(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	f.cfg.Secrets = map[string]secret.Secret{"TOKEN": secret.New("s3cr3t")}
	step := script(deploy.Prepare, "Show", `echo "$SLIPWAY_HOST $SLIPWAY_RELEASE $TOKEN"; pwd -P`)
	step.Secrets = []string{"TOKEN"}
	f.cfg.Prepare = number(step)
	once := script(deploy.Migrate, "Migrate", `echo migrated >> "$SLIPWAY_SHARED_PATH/run/migrations"; echo "slipway-note: 1 applied"`)
	once.Once = true
	f.cfg.Migrate = number(once)

	result, log := f.deploy(t.Context(), good)
	wantEnd(t, result, deploy.ExitDone, deploy.OutcomeActivated)
	f.wantCurrent(result.Release)
	want := []string{"web2 " + string(result.Release) + " s3cr3t", filepath.Join(f.path("web2"), "releases", string(result.Release))}
	if diff := cmp.Diff(want, log.outputs("Show", "web2")); diff != "" {
		t.Error(diff)
	}
	if got := f.read("web1", "shared/run/migrations") + f.read("web2", "shared/run/migrations"); got != "migrated\n" {
		t.Errorf("migrated on the hosts: %q, wanted once", got)
	}
	if got := f.read("web1", "shared/run/log"); got != "restart\n" {
		t.Errorf("restarts: %q", got)
	}
	if history := f.read("web1", ".slipway/history.jsonl"); strings.Count(history, "\n") != 1 || !strings.Contains(history, string(result.Release)) {
		t.Errorf("history: %q", history)
	}
	second, _ := f.deploy(t.Context(), next)
	wantEnd(t, second, deploy.ExitDone, deploy.OutcomeActivated)
	f.wantCurrent(second.Release)
	if second.Hosts[0].Before != result.Release || second.Hosts[0].Now != second.Release {
		t.Errorf("host: %+v", second.Hosts[0])
	}
}

func TestPrepareFailsOnOneHost(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	first, _ := f.deploy(t.Context(), good)
	wantEnd(t, first, deploy.ExitDone, deploy.OutcomeActivated)
	f.cfg.Prepare = number(
		script(deploy.Prepare, "Build", `test "$SLIPWAY_HOST" != web2 || { echo "no space" >&2; exit 7; }`),
		script(deploy.Prepare, "Later", `touch "$SLIPWAY_SHARED_PATH/run/later"; test "$SLIPWAY_HOST" != web2`),
	)
	f.cfg.Migrate = number(script(deploy.Migrate, "Migrate", `touch "$SLIPWAY_SHARED_PATH/run/migrated"`))
	result, _ := f.deploy(t.Context(), next)
	wantEnd(t, result, deploy.ExitFailed, deploy.OutcomeFailed)
	f.wantCurrent(first.Release)
	if len(result.Errors) != 1 {
		t.Fatalf("errors: %v", result.Errors)
	}
	failure := result.Errors[0]
	if failure.Host != "web2" || failure.Step != "Build" || failure.Cause.Error() != "exit 7" || !cmp.Equal(failure.Tail, []string{"no space"}) {
		t.Errorf("error: %+v", failure)
	}
	for _, host := range []string{"web1", "web2"} {
		if _, err := os.Stat(filepath.Join(f.path(host), "shared/run/migrated")); err == nil {
			t.Errorf("%s migrated after prepare had failed", host)
		}
	}
	if _, err := os.Stat(filepath.Join(f.path("web2"), "shared/run/later")); err == nil {
		t.Error("web2 went on after its failed step")
	}
}

func TestMigrateFails(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	first, _ := f.deploy(t.Context(), good)
	f.cfg.Migrate = number(script(deploy.Migrate, "Back up", "true"), script(deploy.Migrate, "Migrate", "echo broken; exit 1"))
	f.cfg.OnFailure = number(script(deploy.OnFailure, "Thaw", `touch "$SLIPWAY_SHARED_PATH/run/thawed"`))
	result, _ := f.deploy(t.Context(), next)
	wantEnd(t, result, deploy.ExitMigrate, deploy.OutcomeFailed)
	f.wantCurrent(first.Release)
	if result.Step != "Migrate" || len(result.Warnings) != 1 || !strings.Contains(result.Warnings[0], "Back up") {
		t.Errorf("step %q, warnings %q", result.Step, result.Warnings)
	}
	if _, err := os.Stat(filepath.Join(f.path("web2"), "shared/run/thawed")); err != nil {
		t.Error("the on_failure step did not run")
	}
}

func TestBadReleaseIsUnwoundEverywhere(t *testing.T) {
	t.Parallel()
	testBadReleaseIsUnwoundEverywhere(t, 2)
}

// testBadReleaseIsUnwoundEverywhere: only the last host finds the release bad; the others were verified.
func testBadReleaseIsUnwoundEverywhere(t *testing.T, n int) {
	t.Helper()
	f := newFleet(t, n)
	first, _ := f.deploy(t.Context(), good)
	last := f.cfg.Hosts[n-1].Name
	f.cfg.Activation[""].Verify[0].Run.Run = `test -e ok || test "$SLIPWAY_HOST" != ` + last
	f.cfg.Migrate = number(script(deploy.Migrate, "Migrate", `echo "slipway-note: 2 applied: shop.0042, shop.0043"`))
	result, _ := f.deploy(t.Context(), bad)
	wantEnd(t, result, deploy.ExitUnwound, deploy.OutcomeUnwound)
	f.wantCurrent(first.Release)
	if diff := cmp.Diff(slices.Repeat([]deploy.HostOutcome{deploy.HostUnwound}, n), outcomes(result)); diff != "" {
		t.Error(diff)
	}
	if len(result.Errors) != 1 || result.Errors[0].Host != last || result.Errors[0].Step != "verify Health" {
		t.Errorf("errors: %v", result.Errors)
	}
	if len(result.Warnings) != 1 || result.Warnings[0] != "shop.0042, shop.0043 stay applied; old code runs on the new schema" {
		t.Errorf("warnings: %q", result.Warnings)
	}
	if got := f.read("web1", "shared/run/log"); strings.Count(got, "restart") != 3 {
		t.Errorf("web1 was restarted %q: wanted v1, the bad one, v1 again", got)
	}
	// What applied nothing left nothing behind.
	f.cfg.Migrate = number(script(deploy.Migrate, "Migrate", `echo "slipway-note: nothing to apply"`))
	if result, _ = f.deploy(t.Context(), bad); len(result.Warnings) != 0 {
		t.Errorf("warnings: %q", result.Warnings)
	}
	if result, _ = f.again(2).deploy(t.Context(), bad); len(result.Warnings) != 0 {
		t.Errorf("warnings of a re-run that kept it: %q", result.Warnings)
	}
	f.cfg.Migrate = nil
	// A bad release is never the one that a rollback finds.
	third, _ := f.deploy(t.Context(), next)
	wantEnd(t, third, deploy.ExitDone, deploy.OutcomeActivated)
	back, _ := f.rollback(t.Context(), "previous")
	wantEnd(t, back, deploy.ExitDone, deploy.OutcomeActivated)
	f.wantCurrent(first.Release)
}

func TestFirstDeploymentThatFailsIsUnlinked(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	result, _ := f.deploy(t.Context(), bad)
	wantEnd(t, result, deploy.ExitUnwound, deploy.OutcomeUnwound)
	f.wantCurrent("")
}

func TestUnwindUsesTheOldReleasesOwnBlock(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1)
	first, _ := f.deploy(t.Context(), good)
	f.cfg.Activation[""].Restart[0].Run = `echo "new way" >> "$SLIPWAY_SHARED_PATH/run/log"`
	result, _ := f.deploy(t.Context(), bad)
	wantEnd(t, result, deploy.ExitUnwound, deploy.OutcomeUnwound)
	f.wantCurrent(first.Release)
	if got := f.read("web1", "shared/run/log"); got != "restart\nnew way\nrestart\n" {
		t.Errorf("restarts: %q", got)
	}
}

func TestUnwindThatFailsNeedsAPerson(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	f.cfg.Activation[""].Restart[0].Run = `test ! -e "$SLIPWAY_SHARED_PATH/run/stuck"`
	first, _ := f.deploy(t.Context(), good)
	wantEnd(t, first, deploy.ExitDone, deploy.OutcomeActivated)
	f.cfg.Activation[""].Restart[0].Run = `test "$SLIPWAY_HOST" = web1 || touch "$SLIPWAY_SHARED_PATH/run/stuck"`
	result, _ := f.deploy(t.Context(), bad)
	wantEnd(t, result, deploy.ExitPerson, deploy.OutcomePerson)
	f.wantCurrent(first.Release)
	if diff := cmp.Diff([]deploy.HostOutcome{"unwound", "failed"}, outcomes(result)); diff != "" {
		t.Error(diff)
	}
	if last := result.Errors[len(result.Errors)-1]; last.Host != "web2" || last.Hint == "" {
		t.Errorf("last error: %v", last)
	}
}

func TestAnotherToolsLinkIsAdopted(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1)
	old := filepath.Join(f.path("web1"), "old")
	if err := errors.Join(os.MkdirAll(old, 0o755), os.Symlink("old", filepath.Join(f.path("web1"), "current"))); err != nil {
		t.Fatal(err)
	}
	result, _ := f.deploy(t.Context(), bad)
	wantEnd(t, result, deploy.ExitUnwound, deploy.OutcomeUnwound)
	if got := f.current("web1"); got != "old" {
		t.Errorf("current names %q, wanted what the other tool had", got)
	}
}

func TestUnreachableHostsAreAllNamed(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 3)
	for _, host := range []string{"web1", "web3"} {
		if err := f.server[host].Close(); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Second)
	defer cancel()
	result, _ := f.deploy(ctx, good)
	if result.ExitCode != deploy.ExitFailed && result.ExitCode != deploy.ExitInterrupted {
		t.Fatalf("exit %d", result.ExitCode)
	}
	var named []string
	for _, err := range result.Errors {
		named = append(named, err.Host)
	}
	if diff := cmp.Diff([]string{"web1", "web3"}, named); diff != "" {
		t.Error(diff)
	}
	if _, err := os.Stat(f.path("web2")); err == nil {
		t.Error("web2 was changed though preflight had failed")
	}
}

func TestFinishStepFails(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	f.cfg.Finish = number(script(deploy.Finish, "Purge", "exit 1"))
	result, _ := f.deploy(t.Context(), good)
	wantEnd(t, result, deploy.ExitFinish, deploy.OutcomeActivated)
	f.wantCurrent(result.Release)
}

func TestFleetCheckUnwinds(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	first, _ := f.deploy(t.Context(), good)
	f.cfg.Fleet = []deploy.Check{{Name: "Public", Run: check("echo down; exit 1"), Within: 100 * time.Millisecond, Interval: time.Second, Successes: 1}}
	result, _ := f.deploy(t.Context(), next)
	wantEnd(t, result, deploy.ExitUnwound, deploy.OutcomeUnwound)
	f.wantCurrent(first.Release)
	if result.Step != "verify Public" {
		t.Errorf("step %q", result.Step)
	}
}

func TestRetries(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1)
	step := script(deploy.Prepare, "Flaky", `n="$SLIPWAY_SHARED_PATH/run/tries"; echo x >> "$n"; test "$(wc -l < "$n")" -ge 2`)
	step.Retries = 1
	f.cfg.Prepare = number(step)
	result, _ := f.deploy(t.Context(), good)
	wantEnd(t, result, deploy.ExitDone, deploy.OutcomeActivated)
}

func TestCancelledPrepareStopsItsStep(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1)
	first, _ := f.deploy(t.Context(), good)
	f.cfg.Prepare = number(script(deploy.Prepare, "Long", `echo $$ > "$SLIPWAY_SHARED_PATH/run/pid"; echo started; exec sleep 60`))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		for ctx.Err() == nil && f.read("web1", "shared/run/pid") == "" {
			select {
			case <-time.After(10 * time.Millisecond):
			case <-ctx.Done():
			}
		}
		cancel()
	}()
	result, _ := f.deploy(ctx, next)
	wantEnd(t, result, deploy.ExitInterrupted, deploy.OutcomeCancelled)
	if len(result.Errors) != 0 || result.Failed != deploy.Prepare || result.Next.Text != "run the job again" {
		t.Errorf("errors %v in %s, next %q", result.Errors, result.Failed, result.Next)
	}
	if span := result.Steps[len(result.Steps)-1].Spans[0]; span.Status != deploy.StatusCancelled {
		t.Errorf("status %q", span.Status)
	}
	f.wantCurrent(first.Release)
	pid := strings.TrimSpace(f.read("web1", "shared/run/pid"))
	if _, err := os.Stat("/proc/" + pid); err == nil {
		t.Errorf("process %s is still running", pid)
	}
}

func TestOldReleasesArePruned(t *testing.T) {
	t.Parallel()
	testOldReleasesArePruned(t, 1)
}

func testOldReleasesArePruned(t *testing.T, n int) {
	t.Helper()
	f := newFleet(t, n)
	f.cfg.KeepReleases = 2
	var ids []deploy.ReleaseID
	for range 4 {
		result, _ := f.deploy(t.Context(), good)
		wantEnd(t, result, deploy.ExitDone, deploy.OutcomeActivated)
		ids = append(ids, result.Release)
	}
	for _, host := range f.cfg.Hosts {
		entries, err := os.ReadDir(filepath.Join(host.DeployPath, "releases"))
		if err != nil {
			t.Fatal(err)
		}
		var kept []deploy.ReleaseID
		for _, entry := range entries {
			kept = append(kept, deploy.ReleaseID(entry.Name()))
		}
		if diff := cmp.Diff(ids[2:], kept); diff != "" {
			t.Errorf("%s: %s", host.Name, diff)
		}
	}
}
