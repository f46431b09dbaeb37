package rollout

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"slipway/internal/deploy"
)

// spare counts a host's failure against the failure budget. It tells whether the others may go on without it: as long as the
// budget covers it, and neither a primary nor a canary nor a balancer is lost.
func (r *run) spare(host string, err *deploy.Error) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, counted := r.spared[host]; counted {
		return true
	}
	if len(r.spared) >= r.plan.Rollout.FailureBudget || !r.plan.Spare(host) || r.schedule != nil && !r.schedule.Spare(host) {
		return false
	}
	r.spared[host] = err
	return true
}

// charged are the failures that the budget does not cover.
func (r *run) charged(errs deploy.Errors) deploy.Errors {
	return slices.DeleteFunc(slices.Clone(errs), func(err *deploy.Error) bool { return r.spare(err.Host, err) })
}

// missing are the hosts that the others went on without, in order.
func (r *run) missing() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(maps.Keys(r.spared))
}

// goOnWithout takes the hosts that are missing out of everything that is still to be done.
func (r *run) goOnWithout() {
	if missing := r.missing(); len(missing) > 0 {
		r.schedule = r.schedule.Without(missing...)
	}
}

// drainMissing takes the hosts that are missing out of their balancers, before the schema changes under the release that they
// run. One that would have to do so itself and cannot be reached stays as it is, and that is said.
func (r *run) drainMissing(ctx context.Context) deploy.Errors {
	var errs deploy.Errors
	for _, name := range r.missing() {
		h := r.fleet.On(name)
		drains := r.schedule.Drains[name]
		if len(drains) == 0 || r.isDrained(name) {
			continue
		}
		alone := slices.ContainsFunc(drains, func(d deploy.Drain) bool { return d.Role == "" })
		if alone && !h.Connected() {
			r.rec.warn(name + " cannot be reached to take itself out of its balancer: it may still be sent requests")
			continue
		}
		if _, err := r.drain(ctx, h.Host); err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

// leaveBehind brings a host back whose activation failed, where the failure budget lets the others go on without it. It stays
// drained. One that was lost in its turn is left as it is: nobody waits for it.
func (r *run) leaveBehind(ctx context.Context, failed activation) bool {
	if ctx.Err() != nil || !r.spare(failed.host.Name, failed.err) {
		return false
	}
	switch {
	case !failed.switched:
	case failed.lost():
		r.rec.host(failed.host.Name, deploy.HostFailed, "")
		r.rec.warn(failed.host.Name + " was lost in its turn. When it is there again, bring it along or " +
			byHand(failed.host.Host, failed.host.Unwind))
	default:
		clean, cancel := r.cleanUp(ctx)
		defer cancel()
		if err := r.bringBack(clean, failed.host, unwinding{from: r.schedule.Release, to: failed.host.Unwind, stay: true}); err != nil {
			r.rec.warn(err.Error())
		}
	}
	return true
}

// short is the end of a deployment that went on without some hosts: live, but not everywhere.
func (r *run) short() *stop {
	missing := r.missing()
	if len(missing) == 0 {
		return nil
	}
	var errs deploy.Errors
	var drained []string
	for _, name := range missing {
		r.rec.missed(name)
		errs = append(errs, r.spared[name])
		if r.isDrained(name) {
			drained = append(drained, name)
		}
	}
	text := strings.Join(missing, ", ") + " left behind, within the failure budget"
	if len(drained) > 0 {
		text += fmt.Sprintf("; out of the balancer until brought along: %s", strings.Join(drained, ", "))
	}
	r.rec.warn(text)
	return &stop{
		outcome: deploy.OutcomeActivated, exit: deploy.ExitFinish, phase: errs[0].Phase, step: errs[0].Step, errs: errs,
		next: `mend the hosts, then "Re-run failed jobs" brings them along; so does the next deployment`,
	}
}

// undrainAll puts every host back behind its balancer that is drained, but those that are stuck.
func (r *run) undrainAll(ctx context.Context, stuck deploy.Errors) deploy.Errors {
	var errs deploy.Errors
	for _, name := range r.drainedHosts() {
		if slices.ContainsFunc(stuck, func(err *deploy.Error) bool { return err.Host == name }) {
			continue
		}
		if err := r.undrain(ctx, r.fleet.On(name).Host); err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}
