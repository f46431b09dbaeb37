package rollout

import (
	"context"
	"fmt"
	"sync"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/release/prune"
)

// pruneName is the last step of every deployment.
const pruneName = "Prune"

// finish runs the finish steps and prunes. The deployment stands whatever happens here.
func (r *run) finish(ctx context.Context) *stop {
	done := r.rec.phase(deploy.Finish)
	var errs deploy.Errors
	failed := ""
	for _, s := range r.Finish {
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
	keep := r.Keep()
	v := r.rec.newVerdict(deploy.Finish, pruneName, deploy.Position{}, "", r.Header.Hosts)
	var wait sync.WaitGroup
	for _, h := range r.Hosts {
		wait.Go(func() {
			v.begin()
			span := deploy.Span{Host: h.Name, Phase: deploy.Finish, Step: pruneName, Start: time.Now(), Outcome: deploy.Succeeded}
			removed, err := prune.Run(ctx, r.fleet.conn(h.Name), r.fleet.site(h.Name), keep)
			span.Duration = time.Since(span.Start)
			if len(removed) > 0 {
				span.Note = fmt.Sprintf("pruned %d", len(removed))
			}
			if err != nil {
				r.rec.warn(fmt.Sprintf("%s: old releases were not all deleted: %v", h.Name, err))
			}
			v.end(span)
		})
	}
	wait.Wait()
}
