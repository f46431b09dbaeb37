package rollout_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/plan"
	"github.com/slipway/slipway/internal/sshtest"
)

// post runs the post step of the newest attempt.
func (f *fleet) post(ctx context.Context) (deploy.Result, *events) {
	f.t.Helper()
	f.cleanUp = true
	if f.tries == 0 {
		f.runs-- // it is of the same run and attempt
	}
	defer func() { f.cleanUp = false }()
	return f.run(ctx, "deploy", plan.Artifact{}, nil)
}

// barrier is a restart that waits, once the barrier is there, for every host of a fleet to restart.
func (f *fleet) barrier() (restart deploy.Step, arm func()) {
	f.t.Helper()
	folder := f.t.TempDir()
	wait := fmt.Sprintf(`
		echo restart >> "$SLIPWAY_SHARED_PATH/run/log"
		test -e %[1]s/armed || exit 0
		: > "%[1]s/$SLIPWAY_HOST"
		until test "$(ls %[1]s | wc -l)" -gt %[2]d; do sleep 0.02; done`, folder, len(f.cfg.Hosts))
	return script(deploy.Activate, "Restart", wait), func() {
		if err := os.WriteFile(filepath.Join(folder, "armed"), nil, 0o600); err != nil {
			f.t.Error(err)
		}
	}
}

func TestPostStepBringsAllHostsBackAtOnce(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 3)
	restart, arm := f.barrier()
	f.cfg.Activation[""].Restart[0] = restart
	first, _ := f.deploy(t.Context(), good)
	wantEnd(t, first, deploy.ExitDone, deploy.OutcomeActivated)
	arm()
	dead := f.dieSwitched(next)
	wantEnd(t, dead, deploy.ExitInterrupted, deploy.OutcomeCancelled)
	post, log := f.post(t.Context())
	wantEnd(t, post, deploy.ExitDone, deploy.OutcomeReconciled)
	f.wantCurrent(first.Release)
	if post.Release != dead.Release || post.Next.IsZero() || len(post.Warnings) != 0 {
		t.Errorf("release %s, want %s; next %q; warnings %q", post.Release, dead.Release, post.Next, post.Warnings)
	}
	for _, h := range post.Hosts {
		if h.Outcome != deploy.HostUnwound || h.Now != first.Release {
			t.Errorf("%+v", h)
		}
	}
	if !slices.ContainsFunc(log.list, func(e deploy.Event) bool { return e == deploy.Event(deploy.PhaseStarted{Phase: deploy.Unwind}) }) {
		t.Error("bringing back is no phase of its own: its output stands below another one")
	}
	again, _ := f.post(t.Context())
	wantEnd(t, again, deploy.ExitDone, deploy.OutcomeReconciled)
	for _, h := range again.Hosts {
		if h.Outcome != deploy.HostUnchanged {
			t.Errorf("%+v", h)
		}
	}
}

// A deploy path that was given to another application while the run was dead is brought back, and it is said whose it is.
func TestPostStepOnAnothersPath(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1)
	first, _ := f.deploy(t.Context(), good)
	wantEnd(t, f.dieSwitched(next), deploy.ExitInterrupted, deploy.OutcomeCancelled)
	if err := os.WriteFile(filepath.Join(f.path("web1"), ".slipway/app"), []byte("other production\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	post, _ := f.post(t.Context())
	wantEnd(t, post, deploy.ExitDone, deploy.OutcomeReconciled)
	f.wantCurrent(first.Release)
	if !slices.ContainsFunc(post.Warnings, func(text string) bool { return strings.Contains(text, "belongs to other (production)") }) {
		t.Errorf("warnings %q", post.Warnings)
	}
}

// A run that was killed before it wrote anything left nothing: not even a release that could be named.
func TestPostStepOfARunThatDidNothing(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	first, _ := f.deploy(t.Context(), good)
	f.runs += 2
	post, _ := f.post(t.Context())
	wantEnd(t, post, deploy.ExitDone, deploy.OutcomeReconciled)
	if post.Release != "" {
		t.Errorf("release %s", post.Release)
	}
	f.wantCurrent(first.Release)
}

// A clean-up that is cut off after current was switched back, and before the old release was restarted, leaves processes
// of the new one: the next command restarts them.
func TestHalfBackIsMended(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1)
	f.cfg.Activation[""].Restart[0].Run = `
		cd "$SLIPWAY_SHARED_PATH/run"
		echo "$SLIPWAY_RELEASE" >> log
		test ! -e hang || { touch hanging; exec sleep 60; }`
	first, _ := f.deploy(t.Context(), good)
	wantEnd(t, first, deploy.ExitDone, deploy.OutcomeActivated)
	dead := f.dieSwitched(next)
	wantEnd(t, dead, deploy.ExitInterrupted, deploy.OutcomeCancelled)
	f.touch("web1", "hang")
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	f.when("web1", "shared/run/hanging", func() { cancel(errors.New("terminated")) })
	cut, _ := f.post(ctx)
	if cut.ExitCode == deploy.ExitDone {
		t.Fatal("the test wants a clean-up that did not come to its end")
	}
	f.wantCurrent(first.Release)
	if err := os.Remove(filepath.Join(f.path("web1"), "shared/run/hang")); err != nil {
		t.Fatal(err)
	}
	before := strings.Count(f.read("web1", "shared/run/log"), string(first.Release))
	f.cfg.Prepare = number(script(deploy.Prepare, "Fail", "false"))
	failed, _ := f.deploy(t.Context(), good)
	wantEnd(t, failed, deploy.ExitFailed, deploy.OutcomeFailed)
	if after := strings.Count(f.read("web1", "shared/run/log"), string(first.Release)); after != before+1 {
		t.Errorf("the old release was restarted %d times by the next command", after-before)
	}
}

// The runner dies while a host restarts: the restart goes on there, and must not meet the one that brings the host back.
func TestRestartOfADeadAttemptIsEnded(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1)
	first, _ := f.deploy(t.Context(), good)
	block := f.cfg.Activation[""]
	f.cfg.Activation[""] = deploy.Activation{Verify: block.Verify, Restart: []deploy.Step{script(deploy.Activate, "Restart",
		`cd "$SLIPWAY_SHARED_PATH/run"; echo $$ > stuck.new; mv stuck.new stuck; exec sleep 60`)}}
	f.cfg.Activation[""].Restart[0].Timeout = 0
	f.opts.UnwindOnCancel = false
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var off *sshtest.Server
	f.when("web1", "shared/run/stuck", func() { // its host cannot be told to stop it
		off = f.server["web1"]
		_ = off.Close()
		cancel()
	})
	dead, _ := f.deploy(ctx, next)
	wantEnd(t, dead, deploy.ExitInterrupted, deploy.OutcomeCancelled)
	if took := dead.Duration; took > 20*time.Second { // the CI kills it after ten; a loaded machine may take longer
		t.Errorf("it ended %s after it began", took)
	}
	f.cfg.Activation[""] = block
	server, err := off.Again()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	if !alive(f.read("web1", "shared/run/stuck")) {
		t.Fatal("the test wants a restart that outlives its runner")
	}
	post, _ := f.post(t.Context())
	wantEnd(t, post, deploy.ExitDone, deploy.OutcomeReconciled)
	f.wantCurrent(first.Release)
	if alive(f.read("web1", "shared/run/stuck")) {
		t.Error("the restart of the dead attempt is still running")
	}
}

// alive reports whether a process has not ended.
func alive(pid string) bool {
	stat, err := os.ReadFile(filepath.Join("/proc", strings.TrimSpace(pid), "stat"))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(rest, "Z") && !strings.HasPrefix(rest, "X")
}
