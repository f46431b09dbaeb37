package rollout

import (
	"context"
	"slices"

	"slipway/internal/deploy"
	"slipway/internal/plan"
)

// ensureOn runs the steps of `ensure`, unless an earlier attempt brought everything about that they stand around.
func (r *run) ensureOn(ctx context.Context) *stop {
	for _, h := range r.schedule.Hosts {
		if h.Facts.Own != nil {
			r.ensured[h.Name] = slices.DeleteFunc(deploy.OpenToggles(h.Facts.Own.Live), func(p deploy.Toggle) bool { return p.For != "" })
		}
	}
	if r.isDone() {
		return nil
	}
	for _, s := range r.schedule.Ensure {
		errs := r.onHosts(s, s.Name, s.Hosts, func(host string) deploy.Span {
			pair := deploy.Toggle{Name: s.Name, Step: &s, Vars: r.schedule.Vars[host]}
			r.setEnsured(host, pair)
			return r.on(ctx, host, pair)
		})
		if len(errs) > 0 {
			return r.stopped(ctx, deploy.Ensure, s.Name, deploy.ExitFailed, errs)
		}
	}
	return nil
}

// ensureOff takes back what is ensured, however the deployment ended, unless that is left to whoever mends it. What cannot be
// taken back needs a person.
func (r *run) ensureOff(ctx context.Context, s *stop) *stop {
	if s != nil && s.outcome == deploy.OutcomeCancelled && !r.opts.UnwindOnCancel {
		return s
	}
	clean, cancel := r.cleanUp(ctx)
	defer cancel()
	var errs deploy.Errors
	for _, name := range r.ensuredNames() {
		pairs := r.ensuredOn(name)
		hosts := slices.DeleteFunc(deploy.HostNames(r.schedule.Targets), func(host string) bool { return pairs[host].Step == nil })
		errs = append(errs, r.onHosts(*pairs[hosts[0]].Step, "undo "+name, hosts, func(host string) deploy.Span {
			return r.off(clean, host, pairs[host])
		})...)
	}
	if len(errs) == 0 {
		return s
	}
	left := &stop{
		outcome: deploy.OutcomePerson, exit: deploy.ExitPerson, phase: deploy.Ensure, step: errs[0].Step, errs: errs,
		next: "take it back by hand, or mend the cause: the next deployment takes it back before anything else",
	}
	if s != nil {
		left.phase, left.step, left.errs = s.phase, s.step, append(slices.Clone(s.errs), errs...)
	}
	return left
}

// onHosts does something on hosts at once under one verdict, and gives the failures.
func (r *run) onHosts(s deploy.Step, name string, hosts []string, do func(host string) deploy.Span) deploy.Errors {
	v := r.rec.newVerdict(s.Phase, name, s.At, commandLine(s), hosts)
	v.begin()
	return v.over(func(host string) deploy.Span {
		span := do(host)
		span.Step = name
		return span
	})
}

func (r *run) setEnsured(host string, pair deploy.Toggle) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ensured[host] = append(slices.DeleteFunc(r.ensured[host], func(p deploy.Toggle) bool { return p.Name == pair.Name }), pair)
}

// ensuredNames are what is on anywhere, the last one first.
func (r *run) ensuredNames() []string {
	var names []string
	for _, h := range r.schedule.Hosts {
		for _, p := range r.ensured[h.Name] {
			if !slices.Contains(names, p.Name) {
				names = append(names, p.Name)
			}
		}
	}
	slices.Reverse(names)
	return names
}

// ensuredOn is what is on under a name, by host.
func (r *run) ensuredOn(name string) map[string]deploy.Toggle {
	on := map[string]deploy.Toggle{}
	for _, h := range r.schedule.Hosts {
		for _, p := range r.ensured[h.Name] {
			if p.Name == name {
				on[h.Name] = p
			}
		}
	}
	return on
}

// isDone tells whether an earlier attempt activated every host.
func (r *run) isDone() bool {
	return !slices.ContainsFunc(r.serving(), func(h plan.Host) bool { return !h.Activated(r.schedule.Release) })
}
