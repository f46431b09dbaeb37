package step_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/releasetest"
	"github.com/slipway/slipway/internal/release/step"
	"github.com/slipway/slipway/internal/release/survey"
)

// unknown is a step whose wrapper and process were killed.
func unknown(t *testing.T, host *releasetest.Host) step.Instance {
	t.Helper()
	inst := instance(t, host, "echo on; sleep 100")
	_, _, err := releasetest.RunStep(t.Context(), host, host.Site, inst, func(string) {
		if err := release.Run(t.Context(), host, step.Resolve(host.Site, inst, "done")); err == nil || !strings.Contains(err.Error(), "still running") {
			t.Errorf("deciding while it runs: %v", err)
		}
		pid, _ := os.ReadFile(filepath.Join(host.Site.Root, inst.Folder(), "pid"))
		words := strings.Fields(string(pid))
		_ = killProcess(words[2])
		if err := release.Run(t.Context(), host, step.Resolve(host.Site, inst, "rerun")); err == nil || !strings.Contains(err.Error(), "still running") {
			t.Errorf("deciding while its process lives: %v", err)
		}
		_ = killProcess(words[0])
	})

	if !errors.Is(err, step.ErrUnknown) {
		t.Fatal(err)
	}
	return inst
}

func TestResolve(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		inst := unknown(t, host)
		look := func() (succeeded, unknown bool) {
			facts, err := releasetest.Survey(t.Context(), host, host.Site, survey.Question{Deployment: deployment})
			if err != nil || len(facts.Own.Steps) != 1 {
				t.Fatal(facts.Own, err)
			}
			return facts.Own.Steps[0].Succeeded(), facts.Own.Steps[0].Unknown()
		}
		if succeeded, unknown := look(); succeeded || !unknown {
			t.Errorf("at first: %t %t", succeeded, unknown)
		}
		for range 2 {
			if err := release.Run(t.Context(), host, step.Resolve(host.Site, inst, "done")); err != nil {
				t.Fatal(err)
			}
			if succeeded, unknown := look(); !succeeded || unknown {
				t.Errorf("done: %t %t", succeeded, unknown)
			}
		}
		if status, _, err := releasetest.FollowStep(t.Context(), host, host.Site, inst, 0, nil); err != nil || !status.OK() {
			t.Error(status, err)
		}
		if _, err := os.Stat(filepath.Join(host.Site.Root, inst.Folder(), "resolved")); err != nil {
			t.Error(err)
		}
		if err := release.Run(t.Context(), host, step.Resolve(host.Site, inst, "rerun")); err != nil {
			t.Fatal(err)
		}
		if succeeded, unknown := look(); succeeded || unknown {
			t.Errorf("rerun: %t %t", succeeded, unknown)
		}
	})
}

func TestResolveRefuses(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		inst := instance(t, host, "exit 3")
		if err := release.Run(t.Context(), host, step.Resolve(host.Site, inst, "done")); err == nil {
			t.Error("a step without a trace was decided")
		}
		run(t, host, inst)
		if err := release.Run(t.Context(), host, step.Resolve(host.Site, inst, "done")); err == nil || !strings.Contains(err.Error(), "exit 3") {
			t.Errorf("a step that failed was made a success: %v", err)
		}
		if err := release.Run(t.Context(), host, step.Resolve(host.Site, inst, "maybe")); err == nil {
			t.Error("an odd decision was taken")
		}
	})
}

// What cannot be written is told: a POSIX shell ends without a word when a redirection of its builtin `:` fails.
func TestResolveThatCannotWrite(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		inst := instance(t, host, "exit 3")
		folder := filepath.Join(host.Site.Root, inst.Folder())
		if err := os.MkdirAll(filepath.Join(folder, "void"), 0o700); err != nil { // no file can be made there
			t.Fatal(err)
		}
		err := release.Run(t.Context(), host, step.Resolve(host.Site, inst, "rerun"))
		if err == nil || !strings.Contains(err.Error(), "cannot be written to") {
			t.Errorf("got %v", err)
		}
	})
}
