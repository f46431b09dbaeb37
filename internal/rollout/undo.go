package rollout

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/plan"
	"github.com/slipway/slipway/internal/stepper"
	"github.com/slipway/slipway/internal/toggle"
	"github.com/slipway/slipway/internal/transport/retry"
)

// undoing is a step of migrate that is to be taken back, in a release, and how on each of its hosts.
type undoing struct {
	step    deploy.Step
	release deploy.ReleaseID
	hosts   []string // in the plan's order
	on      map[string]deploy.Toggle
}

// undo takes back what the steps of migrate did that ask for it, the last one first, once no host runs the new code. held is why
// nothing may be taken back; "" where nothing is known to be in the way. It gives what could not be taken back.
func (r *run) undo(ctx context.Context, held string) deploy.Errors {
	list := r.toUndo()
	if len(list) == 0 {
		return nil
	}
	if held = cmp.Or(held, r.unseen()); held != "" {
		r.rec.Warn("not undone: " + names(list) + ", since " + held)
		return nil
	}
	limit := owedTimeout
	for _, u := range list {
		limit += time.Duration(u.step.Retries+1) * u.step.Timeout
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	if errs := r.intend(ctx, list); len(errs) > 0 {
		switch {
		case maybeKept(errs):
			r.rec.Warn("nothing is undone, and no host said that it has that written down: " + names(list))
		case errors.Is(errs[0], toggle.ErrNotKept):
			r.rec.Warn("nothing is undone, since that could not be written down on any host: " + names(list))
		default:
			r.rec.Warn("nothing is undone yet, since that could not be written down: " + names(list))
		}
		return errs
	}
	return r.undoAll(ctx, r.toggles, list)
}

// toUndo are the steps that ask for their undo and were begun, in this attempt or an earlier one, the last one first.
func (r *run) toUndo() (list []undoing) {
	for _, s := range slices.Backward(r.schedule.Migrate) {
		if !s.UndoneOnFailure {
			continue
		}
		u := undoing{step: s, release: r.schedule.Release, on: map[string]deploy.Toggle{}}
		for _, host := range deploy.HostNames(r.plan.Targets) { // also those that were left behind since
			if _, earlier := r.beganEarlier(s, host); earlier || r.began(s, host) {
				u.hosts = append(u.hosts, host)
				u.on[host] = deploy.Toggle{Name: s.Name, Step: &u.step, Vars: r.schedule.Vars[host]}
			}
		}
		if len(u.hosts) > 0 {
			list = append(list, u)
		}
	}
	return list
}

// began reports whether this attempt began a step of migrate on a host, or kept or joined what an earlier one had begun.
func (r *run) began(s deploy.Step, host string) bool {
	for _, done := range r.rec.Result().Migrated() {
		for _, span := range done.Spans {
			if done.Step == s.Name && span.Host == host && span.Outcome != deploy.NotRun && (span.Status != stepper.NotStarted || s.Retries > 0) {
				return true
			}
		}
	}
	return false
}

// beganEarlier is the newest try of a step on a host that an earlier attempt left, and that counts.
func (r *run) beganEarlier(s deploy.Step, host string) (newest deploy.StepFacts, ok bool) {
	for _, try := range r.earlierSteps(host) {
		if try.Of(s) && !try.Undo && !try.Void && try.Try > newest.Try {
			newest, ok = try, true
		}
	}
	return newest, ok
}

// unseen says that nobody saw the end of a step of migrate: it may still run, and what it builds on may not be taken away below it. Of
// what an earlier attempt began and this one did not come to, the journal tells.
func (r *run) unseen() string {
	const text = "nobody saw how %s ended on %s"
	for _, done := range r.rec.Result().Migrated() {
		for _, span := range done.Spans {
			if span.Outcome == deploy.Unknown {
				return fmt.Sprintf(text, done.Step, span.Host)
			}
		}
	}
	for _, s := range r.schedule.Migrate {
		for _, host := range deploy.HostNames(r.plan.Targets) {
			if try, earlier := r.beganEarlier(s, host); earlier && try.Status == "" && !r.began(s, host) {
				return fmt.Sprintf(text, s.Name, host)
			}
		}
	}
	return ""
}

// undoAll takes back one step after the other, and stops at the first that cannot be: what came before it may be needed by it.
func (r *run) undoAll(ctx context.Context, toggles *toggle.Toggles, list []undoing) deploy.Errors {
	done := r.rec.Phase(deploy.Undo)
	for i, u := range list {
		shown := u.step
		shown.Phase, shown.Uses, shown.Run = deploy.Undo, "", u.step.Undo
		step := r.rec.Step(u.step.Name, shown, u.hosts)
		step.Begin()
		errs := step.OnHosts(func(host string) deploy.Span {
			defer r.fleet.On(host).Lease(ctx)()
			return toggles.Undo(ctx, host, u.on[host], u.release)
		})
		if len(errs) > 0 {
			done(false)
			if rest := list[i+1:]; len(rest) > 0 {
				r.rec.Warn("not undone yet: " + names(rest) + ", since the undo of " + u.step.Name + " comes first")
			}
			return errs
		}
	}
	done(true)
	return nil
}

// undoDead goes on with what a dead deployment has begun to undo, unless a migration still runs, or both old and new code may. It
// names what is undone. open says that something of migrate still runs, or is still to be undone.
func (r *run) undoDead(ctx context.Context, dead plan.Dead, bothRun bool) (undone []string, left deploy.Errors, open bool) {
	open, undone = dead.Migrates(), dead.Undos()
	if len(undone) == 0 {
		return nil, nil, open
	}
	if !open && !bothRun {
		left = r.followUndos(ctx, dead)
	}
	if open = open || bothRun || len(left) > 0; open {
		undone = nil
	}
	return undone, left, open
}

// followUndos goes on with what a dead deployment, or an earlier attempt of this one, has begun to take back.
func (r *run) followUndos(ctx context.Context, dead plan.Dead) deploy.Errors {
	var list []undoing
	tries := map[string][]deploy.StepFacts{}
	for _, l := range dead.Left {
		tries[l.Host.Name] = l.Journal.Steps
		for _, undo := range l.Undos() {
			if undo.Step == nil {
				return deploy.Errors{deploy.OnHost(l.Host.Name, deploy.Undo, undo.Name, errNoUndo)}
			}
			i := slices.IndexFunc(list, func(u undoing) bool { return u.step.Name == undo.Name })
			if i < 0 {
				i = len(list)
				list = append(list, undoing{step: *undo.Step, release: l.Release(), on: map[string]deploy.Toggle{}})
			}
			list[i].hosts = append(list[i].hosts, l.Host.Name)
			list[i].on[l.Host.Name] = undo
		}
	}
	if len(list) == 0 {
		return nil
	}
	slices.SortStableFunc(list, func(a, b undoing) int { return cmp.Compare(b.step.Number, a.step.Number) })
	options := r.steps.Options
	options.Deployment, options.Earlier = dead.ID, func(host string) []deploy.StepFacts { return tries[host] }
	return r.undoAll(ctx, &toggle.Toggles{Deployment: dead.ID, Fleet: r.fleet, Steps: stepper.New(options)}, list)
}

// leftDone is the end of a deployment of which something could not be taken back.
func leftDone(s *stop, left deploy.Errors) *stop {
	if len(left) == 0 {
		return s
	}
	s.outcome, s.exit, s.next = deploy.OutcomePerson, deploy.ExitPerson, nextUndone
	switch {
	case maybeKept(left):
		s.next = nextMaybeKept
	case errors.Is(left[0], toggle.ErrNotKept):
		s.next = nextNotKept
	}
	s.errs = append(slices.Clone(s.errs), left...)
	return s
}

// maybeKept reports whether no host said that it keeps what is to be undone, and one did not answer, which may keep it nevertheless.
func maybeKept(errs deploy.Errors) bool {
	return slices.ContainsFunc(errs, func(err *deploy.Error) bool {
		return errors.Is(err, toggle.ErrNotKept) && (retry.LinkFailed(err) || errors.Is(err, context.DeadlineExceeded))
	})
}

// notUndone reports whether something could not be taken back.
func notUndone(errs deploy.Errors) bool {
	return slices.ContainsFunc(errs, func(err *deploy.Error) bool { return err.Phase == deploy.Undo })
}

func names(list []undoing) string {
	all := make([]string, len(list))
	for i, u := range list {
		all[i] = onHosts(u.step.Name, u.hosts)
	}
	return strings.Join(all, ", ")
}

// onHosts is what is done on hosts, for people.
func onHosts(what string, hosts []string) string {
	return what + " (on " + strings.Join(hosts, ", ") + ")"
}
