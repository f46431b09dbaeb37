package rollout

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/activation"
	"github.com/slipway/slipway/internal/deploy"
)

// dispensable reports whether the others may go on without a host: no primary, no canary, no balancer.
func (r *run) dispensable(host string) bool {
	return r.plan.Dispensable(host) && (r.schedule == nil || r.schedule.Dispensable(host))
}

// goOnWithoutMissing takes the hosts that are missing out of everything that is still to be done.
func (r *run) goOnWithoutMissing() {
	if missing := r.budget.missing(); len(missing) > 0 {
		r.schedule = r.schedule.Without(missing...)
	}
}

// drainMissing takes the hosts that are missing out of their balancers: they run the old release, and the schema is about to change.
// A host that drains itself and cannot be reached stays as it is, with a warning.
func (r *run) drainMissing(ctx context.Context) deploy.Errors {
	var errs deploy.Errors
	for _, name := range r.budget.missing() {
		h := r.fleet.On(name)
		if !r.balancers.Has(name) || r.balancers.Drained(name) {
			continue
		}
		alone := slices.ContainsFunc(r.schedule.Drains[name], func(d deploy.Drain) bool { return d.Role == "" })
		if alone && !h.Connected() {
			r.rec.Warn(name + " cannot be reached to take itself out of its balancer: it may still be sent requests")
			continue
		}
		if _, err := r.balancers.Drain(ctx, h.Host); err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

// leaveBehind brings a host back whose activation failed, where the failure budget lets the others go on without it. It stays
// drained. One that was lost meanwhile is left as it is: nobody waits for it.
func (r *run) leaveBehind(ctx context.Context, failed activated) bool {
	if ctx.Err() != nil || !r.budget.covers(failed.host.Name, failed.err) {
		return false
	}
	switch {
	case !failed.switched:
	case failed.lost():
		r.rec.Host(failed.host.Name, deploy.HostFailed, "")
		r.rec.Warn(failed.host.Name + " was lost while it was activated. When it is there again, bring it along or " +
			activation.ByHand(failed.host.Host, failed.host.Unwind))
	default:
		owed, cancel := r.owed(ctx)
		defer cancel()
		if err := r.bringBack(owed, failed.host, activation.WayBack{From: r.schedule.Release, To: failed.host.Unwind, StayDrained: true}); err != nil {
			r.rec.Warn(err.Error())
		}
	}
	return true
}

// putBackMissing puts the hosts that are missing back behind their balancers when the deployment failed: all hosts run the old release
// then.
func (r *run) putBackMissing(ctx context.Context, s *stop) *stop {
	if s == nil || s.outcome == deploy.OutcomePerson || r.leavesOpen(s) {
		return s
	}
	owed, cancel := r.owed(ctx)
	defer cancel()
	for _, err := range r.undrainAll(owed, nil) {
		r.rec.Warn("still out of its balancer: " + err.Error())
	}
	return s
}

// undrainAll puts every drained host back behind its balancers, except those that are stuck.
func (r *run) undrainAll(ctx context.Context, stuck deploy.Errors) deploy.Errors {
	var errs deploy.Errors
	for _, name := range r.balancers.AllDrained() {
		if slices.ContainsFunc(stuck, func(err *deploy.Error) bool { return err.Host == name }) {
			continue
		}
		if err := r.balancers.Undrain(ctx, r.fleet.On(name).Host); err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

// withoutSome is the end of a deployment that went on without some hosts: live, but not everywhere. Nil when it is live everywhere.
func (r *run) withoutSome() *stop {
	missing := r.budget.missing()
	if len(missing) == 0 {
		return nil
	}
	var errs deploy.Errors
	var drained []string
	for _, name := range missing {
		r.rec.Missed(name)
		errs = append(errs, r.budget.failure(name))
		if r.balancers.Drained(name) {
			drained = append(drained, name)
		}
	}
	text := strings.Join(missing, ", ") + " left behind, within the failure budget"
	if len(drained) > 0 {
		text += fmt.Sprintf("; out of the balancer until brought along: %s", strings.Join(drained, ", "))
	}
	r.rec.Warn(text)
	return &stop{
		outcome: deploy.OutcomeActivated, exit: deploy.ExitFinish, phase: errs[0].Phase, step: errs[0].Step, errs: errs,
		next: deploy.Next{Text: `mend the hosts, then "Re-run failed jobs" brings them along; so does the next deployment`},
	}
}
