package rollout

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/fanout"
	"github.com/slipway/slipway/internal/plan"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/journal"
)

// preflight judges what the hosts answered, takes the lock on all of them, reconciles what a dead deployment left, and writes the
// plan into every host's journal. Nothing else is changed on any host before it has passed everywhere.
func (r *run) preflight(ctx context.Context) *stop {
	spans, errs := r.answers()
	if len(errs) == 0 {
		errs = r.judge(ctx)
	}
	done := r.rec.Open()
	s := r.refused(ctx, errs)
	if s == nil {
		s = r.takeHosts(ctx)
	}
	done(s == nil)
	if s != nil {
		if blame(spans, s.errs) {
			r.rec.StepDone(deploy.StepDone{Phase: deploy.Preflight, Spans: spans})
		}
		return s
	}
	r.rec.StepDone(deploy.StepDone{Phase: deploy.Preflight, Note: r.schedule.StartingPoint(), Spans: spans})
	for _, text := range r.schedule.Skipped {
		r.rec.Notice(text)
	}
	for _, text := range slices.Concat(r.schedule.Split(), r.schedule.ClocksOff(), r.schedule.NothingLive()) {
		r.rec.Warn(text)
	}
	r.sayUnprepared()
	return nil
}

// endedInPreflight is the end of a run that preflight stopped.
func (r *run) endedInPreflight(s *stop) *stop {
	r.keepMigrating()
	if r.plan.Reconcile && s.outcome != deploy.OutcomeReconciled && s.outcome != deploy.OutcomePerson {
		s.next = deploy.Next{Text: "the next command mends what is left before it does anything else; or run the job again"}
	}
	return s
}

// answers are the spans in which the hosts were connected and asked, in the plan's order, and the failures among them.
func (r *run) answers() (spans []deploy.Span, errs deploy.Errors) {
	missing := r.keeperMissing()
	for _, target := range r.plan.Targets {
		span := r.fleet.On(target.Name).Span
		if span.Err != nil {
			r.rec.Excuse(&span)
			if missing == nil || missing.Host != span.Err.Host {
				errs = append(errs, r.budget.uncovered(deploy.Errors{span.Err})...)
			}
		}
		spans = append(spans, span)
	}
	if missing != nil {
		errs = append(errs, missing)
	}
	return spans, errs
}

// judge makes the schedule of the facts as they are now.
func (r *run) judge(ctx context.Context) deploy.Errors {
	r.measure(ctx)
	schedule, err := plan.Resolve(r.plan.Without(r.budget.missing()...), r.fleet.Facts())
	if err != nil {
		return asErrors(err, deploy.Preflight)
	}
	r.schedule = schedule
	r.asked = map[string]plan.Host{}
	for _, h := range schedule.Hosts {
		r.asked[h.Name] = h
	}
	r.rec.Resolved(schedule.Header)
	for _, h := range schedule.Hosts {
		r.rec.Before(h.Name, h.Before.Release, h.Before.Foreign(), h.Facts.CurrentID)
	}
	return nil
}

// refused is the stop of a preflight that did not pass.
func (r *run) refused(ctx context.Context, errs deploy.Errors) *stop {
	if len(errs) == 0 {
		return nil
	}
	next := nextFixed
	if r.plan.Rollback() {
		next = nextChosen
	}
	return r.stopped(ctx, deploy.Preflight, "", deploy.ExitFailed, errs, next)
}

// takeHosts makes sure that the hosts are this deployment's alone: the lock is taken, no person has put them on hold, no newer run
// is live on them, the plan is in their journals, and nothing is half done.
func (r *run) takeHosts(ctx context.Context) *stop {
	if r.wentFurther() {
		return nil
	}
	changed, s := r.lock(ctx)
	if s != nil {
		return s
	}
	// Whoever held the lock since the hosts were asked may have changed everything.
	if changed {
		if s := r.askAgain(ctx); s != nil {
			return s
		}
		if r.wentFurther() {
			return nil
		}
	}
	if s := r.onHold(); s != nil {
		return s
	}
	if !r.plan.Reconcile {
		if s := r.mayGoOn(ctx); s != nil {
			return s
		}
		if s := r.claim(ctx); s != nil {
			return s
		}
		if s := r.refused(ctx, r.openJournals(ctx)); s != nil {
			return s
		}
	}
	if r.plan.Upkeep() || r.plan.Shard.IsPart() {
		r.leaveDead()
		return nil
	}
	if s := r.refused(ctx, r.endStrays(ctx)); s != nil {
		return s
	}
	for _, mend := range []func(context.Context) (changed bool, errs deploy.Errors){r.completeUndos, r.reconcile} {
		changed, errs := mend(ctx)
		if len(errs) > 0 {
			return unmended(ctx, errs)
		}
		if changed {
			if s := r.askAgain(ctx); s != nil {
				return s
			}
		}
	}
	return nil
}

// unmended is the stop of a run that could not put right what a dead deployment left.
func unmended(ctx context.Context, errs deploy.Errors) *stop {
	s := &stop{
		outcome: deploy.OutcomePerson, exit: deploy.ExitPerson, phase: deploy.Preflight, errs: errs,
		next: deploy.Next{Text: "bring the named hosts back by hand; then deploy again"},
	}
	if !slices.ContainsFunc(errs, func(err *deploy.Error) bool { return err.Phase != deploy.Undo }) {
		s.next = nextUndone
	}
	if ctx.Err() != nil {
		s.next = deploy.Next{Text: "the next command goes on with it before anything else; or by hand, as the hints say"}
	}
	return s
}

// mayGoOn judges whether this deployment may go on from what the hosts and its own journal say.
func (r *run) mayGoOn(ctx context.Context) *stop {
	if s := r.inOrder(); s != nil {
		return s
	}
	if len(r.schedule.Orphans) > 0 {
		return &stop{
			outcome: deploy.OutcomePerson, exit: deploy.ExitPerson, phase: deploy.Preflight, errs: r.schedule.Orphans,
			next: deploy.Next{Text: "once it is known whether the step ran there, deploy in a new run"},
		}
	}
	for _, name := range r.schedule.Removed {
		r.rec.Warn(fmt.Sprintf("%s took part in an earlier attempt and is not among the hosts any more: it stays as it is", name))
	}
	if errs := r.refusals(); len(errs) > 0 {
		return r.stopped(ctx, deploy.Preflight, errs[0].Step, deploy.ExitBadInput, errs,
			deploy.Next{Text: "start a new run for the change; or give the step `rerun: true` if it may run twice in one deployment"})
	}
	return nil
}

// askAgain asks every host for its facts once more, also the one that keeps the claim, and judges them.
func (r *run) askAgain(ctx context.Context) *stop {
	var names []string
	for _, h := range r.schedule.Hosts {
		names = append(names, h.Name)
	}
	if keeper, ok := r.plan.Keeper(); ok && !slices.Contains(names, keeper.Name) {
		names = append(names, keeper.Name)
	}
	errs := fanout.Failures(names, func(name string) *deploy.Error {
		return deploy.OnHost(name, deploy.Preflight, "", r.fleet.AskAgain(ctx, name))
	})
	if len(errs) == 0 {
		errs = r.judge(ctx)
	}
	return r.refused(ctx, errs)
}

// onHold refuses to deploy while a person wants no deployments.
func (r *run) onHold() *stop {
	errs := r.schedule.OnHold()
	if len(errs) == 0 || r.plan.Reconcile || r.plan.Exec != nil { // who holds them may be who has to run something there
		return nil
	}
	return &stop{
		outcome: deploy.OutcomeFailed, exit: deploy.ExitLocked, phase: deploy.Preflight, errs: errs,
		next: deploy.Next{Text: "when the hold is lifted, run the job again"},
	}
}

// inOrder lets no older run replace what a newer one activated.
func (r *run) inOrder() *stop {
	err := r.schedule.InOrder()
	var newer *plan.Superseded
	var foreign *plan.Incomparable
	switch {
	case errors.As(err, &newer):
		s := &stop{
			outcome: deploy.OutcomeSuperseded, exit: deploy.ExitSuperseded, phase: deploy.Preflight, next: r.schedule.AllTheSame(),
			errs: deploy.Errors{{Host: newer.Host, Phase: deploy.Preflight, Cause: newer}},
		}
		if r.opts.PassSuperseded {
			r.rec.Notice(fmt.Sprintf("%s %s: nothing to do; %s", newer.Host, strings.Join(deploy.CausesOf(newer), ", "), s.next))
			s.exit, s.errs, s.next = deploy.ExitDone, nil, deploy.Next{}
		}
		return s
	case errors.As(err, &foreign):
		return &stop{
			outcome: deploy.OutcomePerson, exit: deploy.ExitPerson, phase: deploy.Preflight,
			errs: deploy.Errors{{Host: foreign.Host, Phase: deploy.Preflight, Cause: foreign}},
			next: deploy.Next{Text: "a person decides: start the workflow by hand, or deploy from a command line"},
		}
	}
	return nil
}

// openJournals writes down on every host what is about to be done there. A host that is to be asked what its releases hold tells that, too.
func (r *run) openJournals(ctx context.Context) deploy.Errors {
	record, err := r.schedule.JSON()
	if err != nil {
		return asErrors(err, deploy.Preflight)
	}
	r.opened = true
	sends := map[string]bool{}
	do := func(host string, op release.Operation) error { return r.fleet.On(host).Do(ctx, op) }
	if r.delivery = r.newDelivery(); r.delivery != nil {
		do = r.delivery.Along(ctx, r.schedule.ToPrepare())
		for _, h := range r.schedule.ToPrepare() {
			sends[h.Name] = !h.Staged
		}
	}
	return fanout.Failures(r.schedule.Hosts, func(h plan.Host) *deploy.Error {
		there, owner := r.fleet.On(h.Name), r.plan.Owner()
		if h.NoRelease || r.plan.Upkeep() {
			owner = deploy.Owner{} // it may serve several applications, or have no owner yet
		}
		open := journal.Open(there.Site(), r.plan.Deployment, record, owner)
		if h.Facts.Exposed {
			open = release.Then(journal.Close(there.Site()), open)
		}
		open.Ahead = sends[h.Name]
		return deploy.OnHost(h.Name, deploy.Preflight, "", do(h.Name, open))
	})
}

// blame puts the errors of a judgement on the spans of their hosts; it reports whether any span has one.
func blame(spans []deploy.Span, errs deploy.Errors) bool {
	blamed := false
	for i := range spans {
		for _, err := range errs {
			if spans[i].Host == err.Host && spans[i].Err == nil {
				spans[i].Err, spans[i].Outcome = err, deploy.Failed
			}
		}
		blamed = blamed || spans[i].Err != nil
	}
	return blamed
}
