//go:build long

package rollout_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/sshtest"
)

func TestBadReleaseIsUnwoundOnThree(t *testing.T) {
	t.Parallel()
	testBadReleaseIsUnwoundEverywhere(t, 3)
}

func TestOldReleasesArePrunedOnTwo(t *testing.T) {
	t.Parallel()
	testOldReleasesArePruned(t, 2)
}

// More hosts than may be connected to: every host has its turn, forth and back.
func TestFewPlaces(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 5)
	f.places = 2
	first, _ := f.deploy(t.Context(), good)
	wantEnd(t, first, deploy.ExitDone, deploy.OutcomeActivated)
	f.wantCurrent(first.Release)
	second, _ := f.deploy(t.Context(), bad)
	wantEnd(t, second, deploy.ExitUnwound, deploy.OutcomeUnwound)
	f.wantCurrent(first.Release)
	unwound := 0
	for _, outcome := range outcomes(second) {
		switch outcome {
		case deploy.HostUnwound:
			unwound++
		case deploy.HostUnchanged:
		default:
			t.Errorf("outcomes: %v", outcomes(second))
		}
	}
	if unwound == 0 || unwound > f.places {
		t.Errorf("%d hosts were unwound; only %d can have been switched when the first failed", unwound, f.places)
	}
}

// A link that drops while it is sent, or received, is made again, and all have all of it in the end.
func TestProducedFilesOverDroppedLinks(t *testing.T) {
	t.Parallel()
	for host, words := range map[string]string{"web1": "Writes what a step has made", "web2": "Takes what another host"} {
		t.Run(host, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t, 3)
			var dropped atomic.Int64
			f.during(host, words, 2, func(sshtest.Operation) error { dropped.Add(1); return context.Canceled })
			f.cfg.Prepare = number(collect(f, ""))
			result, _ := f.deploy(t.Context(), good)
			wantEnd(t, result, deploy.ExitDone, deploy.OutcomeActivated)
			f.wantAlike("static/css/main.css", "static/big")
			if dropped.Load() != 2 || f.made() != "web1 made" {
				t.Errorf("dropped %d times; made on the hosts: %s", dropped.Load(), f.made())
			}
		})
	}
}

// A re-run goes on with a half switched fleet rather than bring it back first; when it fails before that, it brings it back.
func TestRerunOfAHalfSwitchedFleetThatFails(t *testing.T) {
	t.Parallel()
	for name, cut := range map[string]bool{"fails": false, "is cancelled": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t, 2)
			first, _ := f.deploy(t.Context(), good)
			dead := f.dieSwitched(next)
			wantEnd(t, dead, deploy.ExitInterrupted, deploy.OutcomeCancelled)
			f.cfg.Prepare = number(script(deploy.Prepare, "Fail", `touch "$SLIPWAY_SHARED_PATH/run/failing"; exit 1`))
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			if cut {
				f.opts.UnwindOnCancel = false
				f.cfg.Prepare[0].Run = `touch "$SLIPWAY_SHARED_PATH/run/failing"; exec sleep 60`
				f.when("web1", "shared/run/failing", func() { cancel(errors.New("terminated")) })
			}
			failed, _ := f.again(2).deploy(ctx, next)
			if failed.ExitCode != deploy.ExitFailed && failed.ExitCode != deploy.ExitInterrupted {
				t.Fatalf("exit %d: %v", failed.ExitCode, failed.Errors)
			}
			if cut {
				f.tries = 1 // the post step of attempt 2
				post, _ := f.post(t.Context())
				wantEnd(t, post, deploy.ExitDone, deploy.OutcomeReconciled)
			}
			f.wantCurrent(first.Release)
		})
	}
}
