package rollout

import (
	"context"
	"slices"

	"slipway/internal/deploy"
	"slipway/internal/plan"
	"slipway/internal/release/activate"
	"slipway/internal/transport/retry"
)

// activate takes the hosts into service batch by batch, then asks the checks of the fleet. When anything fails, every host that
// was switched is unwound.
func (r *run) activate(ctx context.Context) *stop {
	if ctx.Err() != nil {
		return r.stopped(ctx, deploy.Activate, "", deploy.ExitFailed, asErrors(context.Cause(ctx), deploy.Activate))
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
func (r *run) activateHost(ctx context.Context, h plan.Host, batch *batchAbort) activated {
	result := activated{host: h}
	a := r.newHostActivation(deploy.Activate, h, r.schedule.Release, false)
	result.err = func() *deploy.Error {
		if !r.balancers.Has(h.Name) { // else it would keep its connection while it waits for its balancers
			defer r.fleet.On(h.Name).Lease(ctx)()
		}
		if batch.aborted() {
			return nil
		}
		block, err := r.newBlock(ctx, a)
		if err != nil {
			return a.failed("load", err)
		}
		if h.Activated(r.schedule.Release) && a.verify(ctx, block.Activation.Verify, block.Vars) == nil {
			result.kept = true
			return nil
		}
		a.done.Spans = nil
		if err := a.drain(ctx); err != nil {
			return err
		}
		switched, failure := r.goLive(ctx, a, block, batch)
		result.switched = switched
		if failure != nil || !switched {
			return failure
		}
		if err := a.undrain(ctx); err != nil {
			return err
		}
		return a.record(ctx, "activated", h.Before.Release)
	}()
	a.done.Kept = result.kept
	if result.err == nil && !result.switched && !result.kept {
		return result
	}
	r.rec.HostDone(a.done)
	if result.err == nil {
		r.rec.Host(h.Name, deploy.HostActivated, r.schedule.Release)
	}
	return result
}

// newBlock is how a host takes the release into service: as the plan says, or as the release that a rollback goes back to does.
func (r *run) newBlock(ctx context.Context, a *hostActivation) (activate.Block, error) {
	if r.plan.Rollback() {
		return r.blockOf(ctx, a)
	}
	return activate.Block{Activation: r.schedule.Activations[a.host.Name], Vars: r.schedule.Vars[a.host.Name]}, nil
}

// goLive switches, restarts and verifies, unless the batch is aborted by now: until then the host may have waited for a
// connection. From here on no other host is waited for.
func (r *run) goLive(ctx context.Context, a *hostActivation, block activate.Block, batch *batchAbort) (switched bool, err *deploy.Error) {
	defer r.fleet.On(a.host.Name).Lease(ctx)()
	if ctx.Err() != nil {
		return false, deploy.OnHost(a.host.Name, deploy.Activate, "", context.Cause(ctx))
	}
	if batch.aborted() {
		return false, nil
	}
	r.rec.Host(a.host.Name, deploy.HostSwitched, a.release)
	if err = a.switchTo(ctx, plan.To(a.release), a.host.Before); err == nil {
		err = a.restartAndVerify(ctx, block)
	}
	batch.judge(ctx, a.host.Name, err)
	return true, err
}

// verifyFleet asks the checks that concern all hosts together, once.
func (r *run) verifyFleet(ctx context.Context) deploy.Errors {
	if len(r.schedule.Fleet) == 0 {
		return nil
	}
	hosts := r.serving()
	h := hosts[max(0, slices.IndexFunc(hosts, func(h plan.Host) bool { return h.Primary }))]
	a := r.newHostActivation(deploy.Activate, h, r.schedule.Release, false)
	a.done.Host = deploy.FleetName
	err := a.verify(ctx, r.schedule.Fleet, r.schedule.Vars[h.Name])
	r.rec.HostDone(a.done)
	if err == nil {
		return nil
	}
	return deploy.Errors{err}
}

// serving are the hosts that get releases.
func (r *run) serving() []plan.Host {
	return slices.DeleteFunc(slices.Clone(r.schedule.Hosts), func(h plan.Host) bool { return h.NoRelease })
}
