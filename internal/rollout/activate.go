package rollout

import (
	"context"

	"github.com/slipway/slipway/internal/activation"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/plan"
	"github.com/slipway/slipway/internal/release/activate"
	"github.com/slipway/slipway/internal/transport/retry"
)

// activate takes the hosts into service batch by batch, then asks the checks of the fleet. When anything fails, every host that
// was switched is unwound. Where the time is over before it begins, that is what an earlier attempt switched, and migrate is undone.
func (r *run) activate(ctx context.Context) *stop {
	switch over := asErrors(context.Cause(ctx), deploy.Activate); {
	case cancelled(ctx):
		return r.stopped(ctx, deploy.Activate, "", deploy.ExitFailed, over, nextFixed)
	case ctx.Err() != nil:
		return r.unwind(ctx, nil, over)
	}
	done := r.rec.Phase(deploy.Activate)
	batches, errs := r.inBatches(ctx)
	if len(errs) == 0 {
		errs = r.verifyFleet(ctx)
	}
	done(len(errs) == 0)
	if len(errs) == 0 {
		return nil
	}
	return r.unwind(ctx, batches, errs)
}

// activated is what became of one host.
type activated struct {
	host     plan.Host
	switched bool // current names, or may name, the new release
	kept     bool // an earlier attempt activated it, and it passes its checks
	err      *deploy.Error
}

// lost reports whether the host went away while it was activated.
func (a activated) lost() bool { return a.err != nil && retry.LinkFailed(a.err) }

// activateHost takes a host into service, unless its batch is aborted before it comes to that.
func (r *run) activateHost(ctx context.Context, h plan.Host, batch *batchAbort, number int) activated {
	result := activated{host: h}
	a := r.newActivation(h)
	result.err = func() *deploy.Error {
		if !r.balancers.Has(h.Name) { // else it would keep its connection while it waits for its balancers
			defer r.fleet.On(h.Name).Lease(ctx)()
		}
		if batch.aborted() {
			return nil
		}
		block, err := a.Block(ctx)
		if err != nil {
			return err
		}
		if h.Activated(r.schedule.Release) && a.Verify(ctx, block.Activation.Verify, block.Vars) == nil {
			result.kept = true
			return nil
		}
		a.Done.Spans = nil
		if err := a.Drain(ctx); err != nil {
			return err
		}
		switched, failure := r.goLive(ctx, h, a, block, batch)
		result.switched = switched
		if failure != nil || !switched {
			return failure
		}
		if err := a.Undrain(ctx); err != nil {
			return err
		}
		return a.Record(ctx, "activated", h.Before.Release)
	}()
	a.Done.Kept, a.Done.Batch = result.kept, number
	if result.err == nil && !result.switched && !result.kept {
		return result
	}
	r.rec.HostDone(a.Done)
	if result.err == nil {
		r.rec.Host(h.Name, deploy.HostActivated, r.schedule.Release)
	}
	return result
}

// goLive switches, restarts and verifies. It does nothing where the batch was aborted while the host waited for a connection.
// From here on the host waits for no other.
func (r *run) goLive(
	ctx context.Context, h plan.Host, a *activation.Host, block activate.Block, batch *batchAbort,
) (switched bool, err *deploy.Error) {
	defer r.fleet.On(h.Name).Lease(ctx)()
	if ctx.Err() != nil {
		return false, deploy.OnHost(h.Name, deploy.Activate, "", context.Cause(ctx))
	}
	if batch.aborted() {
		return false, nil
	}
	if adopted, ok := r.schedule.Adoption(h); ok {
		if err := a.Adopt(ctx, adopted); err != nil {
			return false, err
		}
	}
	r.rec.Host(h.Name, deploy.HostSwitched, r.schedule.Release)
	if err = a.Switch(ctx, plan.To(r.schedule.Release), h.Before, activation.First(block)); err == nil {
		err = a.RestartAndVerify(ctx, block)
	} else if activate.Untouched(err) && !r.ranBefore(h) {
		r.rec.Host(h.Name, deploy.HostUnchanged, h.Before.Release)
		return false, err
	}
	batch.judge(ctx, h.Name, err)
	return true, err
}

// newActivation is a host that goes into service with the deployment's release.
func (r *run) newActivation(h plan.Host) *activation.Host {
	return activation.New(r.activations(), h, r.fleet.On(h.Name), r.schedule.Release, r.planned(h))
}

// planned is how the plan takes a host into service.
func (r *run) planned(h plan.Host) activate.Block {
	return activate.Block{Activation: r.schedule.Activations[h.Name], Vars: r.schedule.Vars[h.Name]}
}

// activations is what is the same for every host that goes into service, or back.
func (r *run) activations() activation.Deployment {
	return activation.Deployment{
		Release: r.schedule.Release, Rollback: r.plan.Rollback(), History: r.schedule.HistoryEntry(),
		Steps: r.steps, Balancers: r.balancers, Programs: r.programs, Redactor: r.opts.Redactor,
		Excuse: r.rec.Excuse, Warn: r.rec.Warn, Parting: r.parting,
		Watched: func(line string) {
			r.opts.Emit(deploy.Output{Phase: deploy.Activate, Step: string(deploy.PartWatch), Host: deploy.FleetName, Line: line})
		},
	}
}
