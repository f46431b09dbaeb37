package rollout

import (
	"context"
	"slices"
	"sync"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/plan"
	"slipway/internal/release/activate"
	"slipway/internal/release/journal"
)

// fleetName stands in the place of a host for the fleet's own checks.
const fleetName = "fleet"

// activate switches every host, restarts and verifies it, then asks the fleet's own checks. When anything fails, every
// host that was switched is unwound.
func (r *run) activate(ctx context.Context) *stop {
	if ctx.Err() != nil {
		return r.stopped(ctx, deploy.Activate, "", deploy.ExitFailed, asErrors(context.Cause(ctx), deploy.Activate))
	}
	done := r.rec.phase(deploy.Activate)
	results := make([]activation, len(r.Hosts))
	var wait sync.WaitGroup
	for i, h := range r.Hosts {
		wait.Go(func() { results[i] = r.activateHost(ctx, h) })
	}
	wait.Wait()
	var errs deploy.Errors
	for _, result := range results {
		if result.err != nil {
			errs = append(errs, result.err)
		}
	}
	if len(errs) == 0 {
		errs = r.verifyFleet(ctx)
	}
	done(len(errs) == 0)
	if len(errs) == 0 {
		return nil
	}
	return r.unwind(ctx, results, errs)
}

// activation is what became of one host.
type activation struct {
	host     plan.Host
	switched bool // current names, or may name, the new release
	kept     bool // an earlier attempt activated it, and it passes its checks
	err      *deploy.Error
}

func (r *run) activateHost(ctx context.Context, h plan.Host) activation {
	result := activation{host: h}
	t := r.newTurn(deploy.Activate, h, r.Release, false)
	block := activate.Block{Activation: r.Activations[h.Name], Vars: r.Vars[h.Name]}
	result.err = func() *deploy.Error {
		if r.Rollback() {
			stored, err := r.blockOf(ctx, t)
			if err != nil {
				return t.failed("load", err)
			}
			block = stored
		}
		if h.Activated(r.Release) && t.verify(ctx, block.Activation.Verify, block.Vars) == nil {
			result.kept = true
			return nil
		}
		t.done.Spans = nil
		result.switched = true
		if err := t.point(ctx, plan.To(r.Release), h.Before); err != nil {
			return err
		}
		if err := t.serve(ctx, block); err != nil {
			return err
		}
		return t.settle(ctx, "activated", h.Before.Release)
	}()
	if result.kept {
		t.done.Kept = true
	}
	r.rec.hostDone(t.done)
	if result.err == nil {
		r.rec.host(h.Name, deploy.HostActivated, r.Release)
	}
	return result
}

// verifyFleet asks the checks that concern all hosts together, once.
func (r *run) verifyFleet(ctx context.Context) deploy.Errors {
	if len(r.Fleet) == 0 {
		return nil
	}
	h := r.Hosts[max(0, slices.IndexFunc(r.Hosts, func(h plan.Host) bool { return h.Primary }))]
	t := r.newTurn(deploy.Activate, h, r.Release, false)
	t.done.Host = fleetName
	err := t.verify(ctx, r.Fleet, r.Vars[h.Name])
	for i := range t.done.Spans {
		t.done.Spans[i].Host = fleetName
	}
	r.rec.hostDone(t.done)
	if err == nil {
		return nil
	}
	err.Host = fleetName
	return deploy.Errors{err}
}

// historyEntry is the line that a change of current leaves on a host.
func (r *run) historyEntry(now, before deploy.ReleaseID, outcome string) deploy.HistoryEntry {
	return deploy.HistoryEntry{
		At: time.Now().UTC(), Release: now, Before: before, Deployment: r.Deployment, Command: r.Command,
		Actor: r.Actor, RunURL: r.RunURL, Order: r.Stamp(), Outcome: outcome,
	}
}

// settle records that a host serves a release and verified it. The mark comes last: whoever finds it finds the line of the
// history too.
func (t *turn) settle(ctx context.Context, outcome string, before deploy.ReleaseID) *deploy.Error {
	entry := t.run.historyEntry(t.release, before, outcome)
	if err := t.again(ctx, func() error { return journal.Append(ctx, t.conn, t.site, entry) }); err != nil {
		return t.failed("record", err)
	}
	if t.release == "" {
		return nil
	}
	if err := t.again(ctx, func() error { return activate.Mark(ctx, t.conn, t.site, t.release, "verified") }); err != nil {
		return t.failed("record", err)
	}
	return nil
}
