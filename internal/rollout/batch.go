package rollout

import (
	"context"
	"sync/atomic"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/fanout"
	"github.com/slipway/slipway/internal/plan"
)

// inBatches activates one batch after another: a batch begins when every host of the one before is verified. It stops at the
// first failure that the failure budget does not cover, and returns the batches that were begun.
func (r *run) inBatches(ctx context.Context) (begun [][]activated, errs deploy.Errors) {
	for i, batch := range r.schedule.Batches {
		results := r.activateBatch(ctx, batch, i+1)
		begun = append(begun, results)
		for _, result := range results {
			if result.err != nil && !r.leaveBehind(ctx, result) {
				errs = append(errs, result.err)
			}
		}
		if len(errs) == 0 && batch.Wait > 0 {
			errs = r.soakBatch(ctx, batch, results)
		}
		if len(errs) > 0 {
			return begun, errs
		}
		r.goOnWithoutMissing()
	}
	return begun, nil
}

// activateBatch activates the hosts of a batch at the same time, as many as there are connections for. After a failure that the
// failure budget does not cover no other host is switched. number is the batch's, from 1.
func (r *run) activateBatch(ctx context.Context, batch plan.Batch, number int) []activated {
	abort := &batchAbort{budget: r.budget}
	return fanout.Do(batch.Hosts, func(name string) activated {
		result := r.activateHost(ctx, r.host(name), abort, number)
		abort.judge(ctx, name, result.err)
		return result
	})
}

// batchAbort keeps the hosts of a batch from being switched once the batch has failed.
type batchAbort struct {
	budget *failureBudget
	failed atomic.Bool
}

// judge takes note of how a host ended, and aborts the batch where its failure is not covered.
func (b *batchAbort) judge(ctx context.Context, host string, err *deploy.Error) {
	if err != nil && (ctx.Err() != nil || !b.budget.covers(host, err)) {
		b.failed.Store(true)
	}
}

func (b *batchAbort) aborted() bool { return b.failed.Load() }

// soakName is what the report calls the wait after a batch.
func soakName(batch plan.Batch) string {
	if batch.Canary {
		return "Canary"
	}
	return "Batch wait"
}

// soakBatch waits while a batch is live: its hosts must pass their checks until the time is over. What an earlier attempt
// activated has soaked already, and hosts that were left behind are not live.
func (r *run) soakBatch(ctx context.Context, batch plan.Batch, results []activated) deploy.Errors {
	var fresh []string
	for _, result := range results {
		if !result.kept && result.err == nil {
			fresh = append(fresh, result.host.Name)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	name := soakName(batch)
	step := r.rec.Step(name, deploy.Step{Phase: deploy.Activate}, fresh)
	step.Begin()
	return step.OnHosts(func(host string) deploy.Span { return r.newActivation(r.host(host)).Watch(ctx, name, batch.Wait) })
}
