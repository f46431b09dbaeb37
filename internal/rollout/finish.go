package rollout

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/release/prune"
)

// pruneName is the last thing that every deployment does.
const pruneName = "prune"

// finish runs the finish steps and prunes. The deployment stands whatever happens here.
func (r *run) finish(ctx context.Context) *stop {
	done := r.rec.phase(deploy.Finish)
	var errs deploy.Errors
	failed := ""
	for _, s := range r.schedule.Finish {
		if found := r.everywhere(ctx, s); len(found) > 0 {
			errs = append(errs, found...)
			if failed == "" {
				failed = s.Name
			}
		}
	}
	r.prune(ctx)
	done(len(errs) == 0)
	if len(errs) == 0 {
		return nil
	}
	return &stop{
		outcome: deploy.OutcomeActivated, exit: deploy.ExitFinish, phase: deploy.Finish, step: failed, errs: errs,
		next: "the release is live; run what failed by hand, or \"Re-run failed jobs\"",
	}
}

// prune deletes what the fleet no longer keeps. A host where it fails is said and costs the deployment nothing.
func (r *run) prune(ctx context.Context) {
	keep := r.schedule.Keep()
	var most atomic.Int64
	spans := make([]deploy.Span, len(r.schedule.Hosts))
	failures := make(deploy.Errors, len(r.schedule.Hosts))
	var wait sync.WaitGroup
	for i, h := range r.schedule.Hosts {
		wait.Go(func() {
			defer r.fleet.On(h.Name).Lease(ctx)()
			start := time.Now()
			there := r.fleet.On(h.Name)
			var removed []deploy.ReleaseID
			err := there.Do(ctx, prune.Prune(there.Site(), keep, &removed))
			failures[i] = deploy.OnHost(h.Name, deploy.Finish, "", err)
			raise(&most, int64(len(removed)))
			spans[i] = deploy.Span{
				Host: h.Name, Phase: deploy.Finish, Step: pruneName, Start: start, Duration: time.Since(start), Outcome: deploy.Succeeded,
			}
		})
	}
	wait.Wait()
	failures = slices.DeleteFunc(failures, func(err *deploy.Error) bool { return err == nil })
	if len(failures) > 0 {
		r.rec.warn("old releases were not all deleted: " + few(failures))
	}
	r.rec.stepDone(deploy.StepDone{Phase: deploy.Finish, Note: fmt.Sprintf("pruned %d", most.Load()), Spans: spans})
}

// raise sets n to value where that is more.
func raise(n *atomic.Int64, value int64) {
	for old := n.Load(); old < value && !n.CompareAndSwap(old, value); old = n.Load() {
	}
}
