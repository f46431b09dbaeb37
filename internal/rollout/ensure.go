package rollout

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/plan"
)

// ensureOn runs the steps of `ensure`, unless an earlier attempt activated every host already.
func (r *run) ensureOn(ctx context.Context) *stop {
	for _, h := range r.schedule.Hosts {
		if h.Facts.Own != nil {
			r.ensured.Found(h.Name, h.Facts.Own.Live)
		}
	}
	if r.activatedBefore() {
		return nil
	}
	for _, s := range r.schedule.Ensure {
		errs := r.ensure(s, s.Name, s.Hosts, func(host string) deploy.Span {
			return r.ensured.On(ctx, host, deploy.Toggle{Name: s.Name, Step: &s, Vars: r.schedule.Vars[host]})
		})
		if len(errs) > 0 {
			return r.stopped(ctx, deploy.Ensure, s.Name, deploy.ExitFailed, errs, nextFixed)
		}
	}
	return nil
}

// ensureOff takes back what is ensured, however the deployment ended. A cancelled one leaves that to the command that reconciles it, and
// one of which something is not undone to the command that goes on with that: until then the site may not fit what lies below it. What
// cannot be taken back needs a person.
func (r *run) ensureOff(ctx context.Context, s *stop) *stop {
	if s != nil && s.outcome == deploy.OutcomeCancelled && !r.opts.UnwindOnCancel {
		return s
	}
	if s != nil && notUndone(s.errs) {
		r.warnEnsured(s.errs)
		return s
	}
	owed, cancel := r.owed(ctx)
	defer cancel()
	var errs deploy.Errors
	for _, name := range r.ensured.Names() {
		on := r.ensured.ByHost(name)
		hosts := slices.DeleteFunc(deploy.HostNames(r.schedule.Targets), func(host string) bool { return on[host].Step == nil })
		if len(hosts) == 0 { // on a host that the others went on without
			continue
		}
		errs = append(errs, r.ensure(*on[hosts[0]].Step, "undo "+name, hosts, func(host string) deploy.Span {
			return r.toggles.Off(owed, host, on[host])
		})...)
	}
	if len(errs) == 0 {
		return s
	}
	left := &stop{
		outcome: deploy.OutcomePerson, exit: deploy.ExitPerson, phase: deploy.Ensure, step: errs[0].Step, errs: errs,
		next: deploy.Next{Text: "take it back by hand, or mend the cause: the next deployment takes it back before anything else"},
	}
	if s != nil {
		left.phase, left.step, left.errs = s.phase, s.step, append(slices.Clone(s.errs), errs...)
	}
	return left
}

// warnEnsured says what stays on, since something is not undone.
func (r *run) warnEnsured(errs deploy.Errors) {
	var on, undos []string
	for _, name := range r.ensured.Names() {
		on = append(on, onHosts(name, slices.Sorted(maps.Keys(r.ensured.ByHost(name)))))
	}
	for _, err := range errs {
		if err.Phase == deploy.Undo && !slices.Contains(undos, err.Step) {
			undos = append(undos, err.Step)
		}
	}
	if len(on) > 0 {
		r.rec.Warn("not taken back: " + strings.Join(on, ", ") + ", since the undo of " + strings.Join(undos, ", ") + " is not done; who goes on with that takes it back")
	}
}

// ensure does half of an ensure step on its hosts at once, and gives the failures. name is what people read.
func (r *run) ensure(s deploy.Step, name string, hosts []string, half func(host string) deploy.Span) deploy.Errors {
	step := r.rec.Step(name, s, hosts)
	step.Begin()
	return step.OnHosts(func(host string) deploy.Span {
		span := half(host)
		span.Step = name
		return span
	})
}

// activatedBefore reports whether an earlier attempt activated every host.
func (r *run) activatedBefore() bool {
	return !slices.ContainsFunc(r.schedule.Serving(), func(h plan.Host) bool { return !h.Activated(r.schedule.Release) })
}
