package rollout

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/plan"
)

// inBatches activates one batch after another, the next once every host of the one before is verified. It stops at the first
// failure that the failure budget does not cover. turns are the batches that were begun.
func (r *run) inBatches(ctx context.Context) (turns [][]activation, errs deploy.Errors) {
	for _, batch := range r.schedule.Batches {
		results := r.batch(ctx, batch)
		turns = append(turns, results)
		for _, result := range results {
			if result.err != nil && !r.leaveBehind(ctx, result) {
				errs = append(errs, result.err)
			}
		}
		if len(errs) == 0 && batch.Wait > 0 {
			errs = r.watchCanary(ctx, batch, results)
		}
		if len(errs) > 0 {
			return turns, errs
		}
		r.goOnWithout()
	}
	return turns, nil
}

// batch activates the hosts of a batch at once, to as many as there are places. Once one has failed that the failure budget does
// not cover, no other is switched.
func (r *run) batch(ctx context.Context, batch plan.Batch) []activation {
	results := make([]activation, len(batch.Hosts))
	f := &fate{run: r}
	var wait sync.WaitGroup
	for i, name := range batch.Hosts {
		wait.Go(func() {
			results[i] = r.activateHost(ctx, r.host(name), f)
			f.judge(ctx, name, results[i].err)
		})
	}
	wait.Wait()
	return results
}

// fate tells the hosts of a batch whether the batch has failed.
type fate struct {
	run    *run
	failed atomic.Bool
}

// judge takes how a host fared.
func (f *fate) judge(ctx context.Context, host string, err *deploy.Error) {
	if err != nil && (ctx.Err() != nil || !f.run.spare(host, err)) {
		f.failed.Store(true)
	}
}

const (
	canaryName = "Canary"
	// canaryPause is how long to wait between two looks at a canary that is live.
	canaryPause = 5 * time.Second
)

// watchCanary waits while a canary is live and looks at it all the time: it must pass its checks until the time is over.
// Canaries that an earlier attempt activated have been watched.
func (r *run) watchCanary(ctx context.Context, batch plan.Batch, results []activation) deploy.Errors {
	var fresh []string
	for _, result := range results {
		if !result.kept {
			fresh = append(fresh, result.host.Name)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	v := r.rec.newVerdict(deploy.Activate, canaryName, deploy.Position{}, "", fresh)
	v.begin()
	return v.over(func(host string) deploy.Span { return r.watchHost(ctx, r.host(host), batch.Wait) })
}

func (r *run) watchHost(ctx context.Context, h plan.Host, long time.Duration) deploy.Span {
	span := deploy.Span{Host: h.Name, Phase: deploy.Activate, Step: canaryName, Start: time.Now(), Outcome: deploy.Succeeded}
	span.Err = r.stays(ctx, h, long)
	span.Duration = time.Since(span.Start)
	if span.Err != nil {
		span.Outcome, span.Status = deploy.Failed, causeOf(span.Err)
	}
	return span
}

// stays asks the checks of a host that is live until the time is over, or one fails.
func (r *run) stays(ctx context.Context, h plan.Host, long time.Duration) *deploy.Error {
	start := time.Now()
	t := r.newTurn(deploy.Activate, h, r.schedule.Release, false)
	block, err := r.newBlock(ctx, t)
	if err != nil {
		return deploy.OnHost(h.Name, deploy.Activate, canaryName, err)
	}
	failure := t.steady(ctx, block, vigil{until: start.Add(long), interval: canaryPause, fell: func() (string, []string) {
		live := time.Since(start).Round(time.Second).String()
		return fmt.Sprintf("live for %s, then down", live), []string{live}
	}})
	if failure == nil && !pause(ctx, time.Until(start.Add(long))) { // nothing to ask
		return deploy.OnHost(h.Name, deploy.Activate, canaryName, context.Cause(ctx))
	}
	return failure
}
