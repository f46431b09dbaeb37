package rollout

import (
	"context"
	"slices"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/plan"
	"slipway/internal/release/activate"
	"slipway/internal/release/journal"
	"slipway/internal/transport/retry"
)

// activate takes the hosts into service batch by batch, then asks the fleet's own checks. When anything fails, every host that
// was switched is unwound.
func (r *run) activate(ctx context.Context) *stop {
	if ctx.Err() != nil {
		return r.stopped(ctx, deploy.Activate, "", deploy.ExitFailed, asErrors(context.Cause(ctx), deploy.Activate))
	}
	done := r.rec.phase(deploy.Activate)
	turns, errs := r.inBatches(ctx)
	if len(errs) == 0 {
		errs = r.verifyFleet(ctx)
	}
	done(len(errs) == 0)
	if len(errs) == 0 {
		return nil
	}
	return r.unwind(ctx, turns, errs)
}

// activation is what became of one host.
type activation struct {
	host     plan.Host
	switched bool // current names, or may name, the new release
	kept     bool // an earlier attempt activated it, and it passes its checks
	err      *deploy.Error
}

// lost tells whether the host went away in its turn.
func (a activation) lost() bool { return a.err != nil && retry.LinkFailed(a.err) }

// activateHost takes a host into service, unless its batch has failed before it comes to that.
func (r *run) activateHost(ctx context.Context, h plan.Host, batch *fate) activation {
	result := activation{host: h}
	t := r.newTurn(deploy.Activate, h, r.schedule.Release, false)
	result.err = func() *deploy.Error {
		if len(r.schedule.Drains[h.Name]) == 0 { // else its balancers are waited for
			defer r.fleet.On(h.Name).Lease(ctx)()
		}
		if batch.failed.Load() {
			return nil
		}
		block, err := r.newBlock(ctx, t)
		if err != nil {
			return t.failed("load", err)
		}
		if h.Activated(r.schedule.Release) && t.verify(ctx, block.Activation.Verify, block.Vars) == nil {
			result.kept = true
			return nil
		}
		t.done.Spans = nil
		if err := t.drain(ctx); err != nil {
			return err
		}
		switched, failure := t.goLive(ctx, block, batch)
		result.switched = switched
		if failure != nil || !switched {
			return failure
		}
		if err := t.undrain(ctx); err != nil {
			return err
		}
		return t.settle(ctx, "activated", h.Before.Release)
	}()
	t.done.Kept = result.kept
	if result.err == nil && !result.switched && !result.kept {
		return result
	}
	r.rec.hostDone(t.done)
	if result.err == nil {
		r.rec.host(h.Name, deploy.HostActivated, r.schedule.Release)
	}
	return result
}

// newBlock is how a host takes the release into service: as the plan says, or as the release that a rollback goes back to does.
func (r *run) newBlock(ctx context.Context, t *turn) (activate.Block, error) {
	if r.plan.Rollback() {
		return r.blockOf(ctx, t)
	}
	return activate.Block{Activation: r.schedule.Activations[t.host.Name], Vars: r.schedule.Vars[t.host.Name]}, nil
}

// goLive switches, restarts and verifies, unless the batch has failed by now: until then the host may have waited for its place among
// the connections. No other host's work comes between, and no other host is waited for.
func (t *turn) goLive(ctx context.Context, block activate.Block, batch *fate) (switched bool, err *deploy.Error) {
	defer t.run.fleet.On(t.host.Name).Lease(ctx)()
	if ctx.Err() != nil {
		return false, deploy.OnHost(t.host.Name, deploy.Activate, "", context.Cause(ctx))
	}
	if batch.failed.Load() {
		return false, nil
	}
	t.run.rec.host(t.host.Name, deploy.HostSwitched, t.release)
	if err = t.point(ctx, plan.To(t.release), t.host.Before); err == nil {
		err = t.serve(ctx, block)
	}
	batch.judge(ctx, t.host.Name, err)
	return true, err
}

// verifyFleet asks the checks that concern all hosts together, once.
func (r *run) verifyFleet(ctx context.Context) deploy.Errors {
	if len(r.schedule.Fleet) == 0 {
		return nil
	}
	hosts := r.serving()
	h := hosts[max(0, slices.IndexFunc(hosts, func(h plan.Host) bool { return h.Primary }))]
	t := r.newTurn(deploy.Activate, h, r.schedule.Release, false)
	t.done.Host = deploy.FleetName
	err := t.verify(ctx, r.schedule.Fleet, r.schedule.Vars[h.Name])
	for i := range t.done.Spans {
		t.done.Spans[i].Host = deploy.FleetName
	}
	r.rec.hostDone(t.done)
	if err == nil {
		return nil
	}
	err.Host = deploy.FleetName
	return deploy.Errors{err}
}

// historyEntry is the line that a change of current leaves on a host.
func (r *run) historyEntry(now, before deploy.ReleaseID, outcome string) deploy.HistoryEntry {
	return deploy.HistoryEntry{
		At: time.Now().UTC(), Release: now, Before: before, Deployment: r.plan.Deployment, Command: r.plan.Command,
		Actor: r.plan.Actor, RunURL: r.plan.RunURL, Order: r.schedule.Stamp(), Outcome: outcome,
	}
}

// settle records that a host serves a release and verified it. The mark comes last: whoever finds it finds the line of the
// history too.
func (t *turn) settle(ctx context.Context, outcome string, before deploy.ReleaseID) *deploy.Error {
	entry := t.run.historyEntry(t.release, before, outcome)
	if err := t.do(ctx, journal.Append(t.site, entry)); err != nil {
		return t.failed("record", err)
	}
	if t.release == "" {
		return nil
	}
	if err := t.do(ctx, activate.Mark(t.site, t.release, "verified")); err != nil {
		return t.failed("record", err)
	}
	return nil
}
