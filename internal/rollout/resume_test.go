package rollout_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway/slipway/internal/deploy"
)

// counted is a step that leaves a line in a file of its host each time it runs.
func counted(phase deploy.Phase, name, then string) deploy.Step {
	return script(phase, name, `echo "$SLIPWAY_RELEASE" >> "$SLIPWAY_SHARED_PATH/run/`+name+`"; `+then)
}

// ran is how often a counted step ran on a host.
func (f *fleet) ran(host, name string) int {
	return strings.Count(f.read(host, "shared/run/"+name), "\n")
}

// kept are the hosts that a step was kept on.
func kept(r deploy.Result, step string) []string {
	var hosts []string
	for _, done := range r.Steps {
		for _, span := range done.Spans {
			if done.Step == step && span.Kept > 0 {
				hosts = append(hosts, span.Host)
			}
		}
	}
	return hosts
}

// untilMended waits, as a step, until somebody touches "mended" on its host. It ends with the host as well: a test that is over leaves no step.
const untilMended = `until test -e "$SLIPWAY_SHARED_PATH/run/mended" || ! test -d "$SLIPWAY_SHARED_PATH/run"; do sleep 0.05; done`

func (f *fleet) touch(host, name string) {
	f.t.Helper()
	if err := os.WriteFile(filepath.Join(f.path(host), "shared", "run", name), nil, 0o600); err != nil {
		f.t.Fatal(err)
	}
}

func TestRerunGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	f.cfg.Prepare = number(
		counted(deploy.Prepare, "First", "true"),
		counted(deploy.Prepare, "Second", `test "$SLIPWAY_HOST" = web1 || test -e "$SLIPWAY_SHARED_PATH/run/mended"`),
	)
	once := counted(deploy.Migrate, "Migrate", "true")
	once.Once = true
	f.cfg.Migrate = number(once)
	failed, _ := f.deploy(t.Context(), good)
	wantEnd(t, failed, deploy.ExitFailed, deploy.OutcomeFailed)
	f.touch("web2", "mended")

	result, _ := f.again(2).deploy(t.Context(), good)
	wantEnd(t, result, deploy.ExitDone, deploy.OutcomeActivated)
	if result.Release != failed.Release {
		t.Errorf("release %s, wanted that of the first attempt, %s", result.Release, failed.Release)
	}
	for step, want := range map[string][]string{"Upload": {"web1", "web2"}, "First": {"web1", "web2"}, "Second": {"web1"}, "Migrate": nil} {
		if diff := cmp.Diff(want, kept(result, step)); diff != "" {
			t.Errorf("%s: %s", step, diff)
		}
	}
	for _, host := range []string{"web1", "web2"} {
		if n := f.ran(host, "First"); n != 1 {
			t.Errorf("%s: First ran %d times", host, n)
		}
	}

	again, _ := f.again(3).deploy(t.Context(), good)
	wantEnd(t, again, deploy.ExitDone, deploy.OutcomeUnchanged)
	if n := f.ran("web1", "Migrate") + f.ran("web2", "Migrate"); n != 1 {
		t.Errorf("migrated %d times", n)
	}
	if got := f.read("web1", "shared/run/log"); got != "restart\n" {
		t.Errorf("restarts of an activated host: %q", got)
	}
}

func TestRerunAfterAMigrationThatSucceeded(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1)
	once := counted(deploy.Migrate, "Migrate", "true")
	once.Once = true
	f.cfg.Migrate = number(once, counted(deploy.Migrate, "Index", `test -e "$SLIPWAY_SHARED_PATH/run/mended"`))
	f.cfg.Secrets = nil
	failed, _ := f.deploy(t.Context(), good)
	wantEnd(t, failed, deploy.ExitMigrate, deploy.OutcomeFailed)
	f.touch("web1", "mended")

	// A step in front of it changes its number, not what it is.
	f.cfg.Migrate = number(counted(deploy.Migrate, "Back up", "true"), f.cfg.Migrate[0], f.cfg.Migrate[1])
	result, _ := f.again(2).deploy(t.Context(), good)
	wantEnd(t, result, deploy.ExitDone, deploy.OutcomeActivated)
	if n := f.ran("web1", "Migrate"); n != 1 {
		t.Errorf("migrated %d times", n)
	}
}

func TestChangedOnceStepIsRefused(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1)
	once := counted(deploy.Migrate, "Migrate", "true")
	once.Once = true
	f.cfg.Migrate = number(once, script(deploy.Migrate, "Index", "false"))
	failed, _ := f.deploy(t.Context(), good)
	wantEnd(t, failed, deploy.ExitMigrate, deploy.OutcomeFailed)

	f.cfg.Migrate[0].Run += "\n# another"
	refused, _ := f.again(2).deploy(t.Context(), good)
	wantEnd(t, refused, deploy.ExitBadInput, deploy.OutcomeFailed)
	if len(refused.Errors) != 1 || refused.Errors[0].Step != "Migrate" || !strings.Contains(refused.Next.Text, "`rerun: true`") {
		t.Errorf("errors: %v, next %q", refused.Errors, refused.Next)
	}
	f.cfg.Migrate[0].Rerun = true
	f.cfg.Migrate[1].Run = "true"
	result, _ := f.again(3).deploy(t.Context(), good)
	wantEnd(t, result, deploy.ExitDone, deploy.OutcomeActivated)
	if n := f.ran("web1", "Migrate"); n != 2 {
		t.Errorf("migrated %d times, wanted twice: it was told to", n)
	}
}

func TestOlderRunStaysOut(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	f.cfg.Prepare = number(script(deploy.Prepare, "Fail", "false"))
	old, _ := f.deploy(t.Context(), good)
	wantEnd(t, old, deploy.ExitFailed, deploy.OutcomeFailed)
	f.cfg.Prepare = nil
	newer, _ := f.deploy(t.Context(), next)
	wantEnd(t, newer, deploy.ExitDone, deploy.OutcomeActivated)

	f.runs = 1
	late, _ := f.again(2).deploy(t.Context(), good)
	wantEnd(t, late, deploy.ExitSuperseded, deploy.OutcomeSuperseded)
	f.wantCurrent(newer.Release)
	if late.Next.Command != "" || late.Next.Text == "" { // it never was live, so no rollback can go to it
		t.Errorf("next is %q", late.Next)
	}
	f.opts.PassSuperseded = true
	pass, _ := f.again(3).deploy(t.Context(), good)
	wantEnd(t, pass, deploy.ExitDone, deploy.OutcomeSuperseded)
	f.wantCurrent(newer.Release)
}

// dieSwitched deploys a release whose restart does not end, and cancels the run meanwhile, as CI does: the hosts are left
// switched, unverified.
func (f *fleet) dieSwitched(files map[string]string) deploy.Result {
	f.t.Helper()
	f.opts.UnwindOnCancel = false
	block := f.cfg.Activation[""]
	stuck := block
	stuck.Restart = []deploy.Step{script(deploy.Activate, "Restart", `touch "$SLIPWAY_SHARED_PATH/run/stuck"; exec sleep 60`)}
	stuck.Restart[0].Stop = block.Restart[0].Stop
	f.cfg.Activation[""] = stuck
	ctx, cancel := context.WithCancel(f.t.Context())
	defer cancel()
	go func() {
		for ctx.Err() == nil {
			if _, err := os.Stat(filepath.Join(f.path("web1"), "shared/run/stuck")); err == nil {
				cancel()
			}
			select {
			case <-time.After(10 * time.Millisecond):
			case <-ctx.Done():
			}
		}
	}()
	result, _ := f.deploy(ctx, files)
	f.cfg.Activation[""] = block
	f.opts.UnwindOnCancel = true
	return result
}

func TestHalfSwitchedFleetIsMendedFirst(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	first, _ := f.deploy(t.Context(), good)
	dead := f.dieSwitched(next)
	wantEnd(t, dead, deploy.ExitInterrupted, deploy.OutcomeCancelled)
	if got := f.current("web1"); got != "releases/"+string(dead.Release) {
		t.Fatalf("the test wants a half switched host, current names %s", got)
	}
	f.cfg.Prepare = number(script(deploy.Prepare, "See", `readlink "$SLIPWAY_CURRENT_PATH"; exit 1`))
	result, log := f.deploy(t.Context(), good)
	wantEnd(t, result, deploy.ExitFailed, deploy.OutcomeFailed)
	if diff := cmp.Diff([]string{"releases/" + string(first.Release)}, log.outputs("See", "web1")); diff != "" {
		t.Errorf("what prepare found live: %s", diff)
	}
	f.wantCurrent(first.Release)
	if len(result.Warnings) != 1 || !strings.Contains(result.Warnings[0], "died half way") {
		t.Errorf("warnings: %q", result.Warnings)
	}
}

// Cancelled in the middle of the switch, nobody may be told that a host runs what it ran before.
func TestCancelledInTheMiddleOfTheSwitch(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	first, _ := f.deploy(t.Context(), good)
	dead := f.dieSwitched(next)
	wantEnd(t, dead, deploy.ExitInterrupted, deploy.OutcomeCancelled)
	for _, h := range dead.Hosts {
		if h.Outcome != deploy.HostSwitched || h.Before != first.Release || h.Now != dead.Release {
			t.Errorf("%+v", h)
		}
	}
}

func TestCancelledVerifySaysSo(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1)
	f.opts.UnwindOnCancel = false
	f.cfg.Activation[""].Verify[0] = deploy.Check{
		Name: "Health", TCP: "127.0.0.1:1", Within: time.Minute, Interval: 10 * time.Millisecond, Successes: 1,
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	f.when("web1", "shared/run/log", func() { cancel(errors.New("terminated signal received")) })
	result, _ := f.deploy(ctx, good)
	wantEnd(t, result, deploy.ExitInterrupted, deploy.OutcomeCancelled)
	spans := result.Parts[0].Spans
	if last := spans[len(spans)-1]; last.Status != deploy.StatusCancelled {
		t.Errorf("the span of %q says %q", last.Step, last.Status)
	}
}

func TestRerunOfAHalfSwitchedFleet(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	first, _ := f.deploy(t.Context(), good)
	dead := f.dieSwitched(next)
	wantEnd(t, dead, deploy.ExitInterrupted, deploy.OutcomeCancelled)
	result, _ := f.again(2).deploy(t.Context(), next)
	wantEnd(t, result, deploy.ExitDone, deploy.OutcomeActivated)
	f.wantCurrent(dead.Release)
	if result.Hosts[0].Before != first.Release {
		t.Errorf("before: %s", result.Hosts[0].Before)
	}
}

func TestHostAddedAndHostRemoved(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 3)
	all := f.cfg.Hosts
	f.cfg.Hosts = all[:2]
	once := counted(deploy.Migrate, "Migrate", `test -e "$SLIPWAY_SHARED_PATH/run/mended"`)
	once.Once = true
	f.cfg.Migrate = number(once)
	f.cfg.Prepare = number(counted(deploy.Prepare, "First", "true"))
	failed, _ := f.deploy(t.Context(), good)
	wantEnd(t, failed, deploy.ExitMigrate, deploy.OutcomeFailed)
	f.touch("web1", "mended")

	f.cfg.Hosts = all[1:] // web1, the primary, is gone
	orphan, _ := f.again(2).deploy(t.Context(), good)
	wantEnd(t, orphan, deploy.ExitPerson, deploy.OutcomePerson)

	f.cfg.Hosts = []deploy.Host{all[2], all[0]} // web3 is new and first, web2 is gone
	result, _ := f.again(3).deploy(t.Context(), good)
	wantEnd(t, result, deploy.ExitDone, deploy.OutcomeActivated)
	f.wantCurrent(failed.Release)
	if f.ran("web3", "First") != 1 || f.ran("web1", "First") != 1 || f.ran("web3", "Migrate") != 0 {
		t.Errorf("First ran %d times on web3 and %d on web1, Migrate %d times on web3",
			f.ran("web3", "First"), f.ran("web1", "First"), f.ran("web3", "Migrate"))
	}
	if len(result.Warnings) != 1 || !strings.Contains(result.Warnings[0], "web2") {
		t.Errorf("warnings: %q", result.Warnings)
	}
}

// What was prepared in a release that is not there any more is prepared again: old releases are deleted where room is wanted, and
// people delete some by hand.
func TestRerunPreparesAgainWhatIsGone(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	f.cfg.Prepare = number(
		counted(deploy.Prepare, "Build", `touch built`),
		counted(deploy.Prepare, "Second", `test -e built && test -e "$SLIPWAY_SHARED_PATH/run/mended"`),
	)
	failed, _ := f.deploy(t.Context(), good)
	wantEnd(t, failed, deploy.ExitFailed, deploy.OutcomeFailed)
	if err := os.RemoveAll(filepath.Join(f.path("web2"), "releases", string(failed.Release))); err != nil {
		t.Fatal(err)
	}
	f.touch("web1", "mended")
	f.touch("web2", "mended")
	again, _ := f.again(2).deploy(t.Context(), good)
	wantEnd(t, again, deploy.ExitDone, deploy.OutcomeActivated)
	if diff := cmp.Diff([]string{"web1"}, kept(again, "Build")); diff != "" {
		t.Error(diff)
	}
	if f.ran("web1", "Build") != 1 || f.ran("web2", "Build") != 2 {
		t.Errorf("built %d times on web1, %d on web2", f.ran("web1", "Build"), f.ran("web2", "Build"))
	}
}

// What a prepared release holds is written down on each host; where that fails, the deployment goes on and says so. What is live already is
// not listed anew by a re-run that changes nothing there.
func TestPreparedIsWrittenDown(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	f.cfg.Prepare = number(script(deploy.Prepare, "Build", `
echo made >made
test "$SLIPWAY_HOST" != web2 || mkdir -p "$SLIPWAY_DEPLOY_PATH/.slipway/releases/$SLIPWAY_RELEASE/prepared/in-the-way"`))
	result, _ := f.deploy(t.Context(), good)
	wantEnd(t, result, deploy.ExitDone, deploy.OutcomeActivated)
	if len(result.Warnings) != 1 || !strings.Contains(result.Warnings[0], "could not be written down") || !strings.Contains(result.Warnings[0], "web2") || strings.Contains(result.Warnings[0], "web1") {
		t.Errorf("warnings: %q", result.Warnings)
	}
	record := ".slipway/releases/" + string(result.Release) + "/prepared"
	if text := f.read("web1", record); !strings.Contains(text, " ./made\n") {
		t.Errorf("%q", text)
	}

	if err := os.WriteFile(filepath.Join(f.path("web1"), record), []byte("untouched"), 0o600); err != nil {
		t.Fatal(err)
	}
	again, _ := f.again(2).deploy(t.Context(), good)
	wantEnd(t, again, deploy.ExitDone, deploy.OutcomeUnchanged)
	if text := f.read("web1", record); text != "untouched" {
		t.Errorf("a re-run wrote %q", text)
	}
}

// An attempt that died after its steps, and before it was written down what they left, leaves that to the next, which runs none of them.
func TestPreparedByADeadAttempt(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1)
	f.cfg.Prepare = number(counted(deploy.Prepare, "Build", "true"))
	f.cfg.Migrate = number(script(deploy.Migrate, "Migrate", `test -e "$SLIPWAY_SHARED_PATH/run/mended"`))
	failed, _ := f.deploy(t.Context(), good)
	wantEnd(t, failed, deploy.ExitMigrate, deploy.OutcomeFailed)
	record := ".slipway/releases/" + string(failed.Release) + "/prepared"
	if err := os.Remove(filepath.Join(f.path("web1"), record)); err != nil {
		t.Fatal(err)
	}
	f.touch("web1", "mended")
	result, _ := f.again(2).deploy(t.Context(), good)
	wantEnd(t, result, deploy.ExitDone, deploy.OutcomeActivated)
	if n := f.ran("web1", "Build"); n != 1 || f.read("web1", record) == "" {
		t.Errorf("built %d times; the record is %q", n, f.read("web1", record))
	}
}
