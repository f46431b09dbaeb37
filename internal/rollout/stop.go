package rollout

import (
	"context"
	"errors"
	"slices"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release/lock"
	"github.com/slipway/slipway/internal/stepper"
)

// stop is why a deployment goes no further, and how it ends.
type stop struct {
	outcome deploy.Outcome
	exit    int
	phase   deploy.Phase
	step    string
	errs    deploy.Errors
	next    deploy.Next
}

// cancelled reports whether a person ended the run, or the lock was lost.
func cancelled(ctx context.Context) bool {
	return ctx.Err() != nil && !errors.Is(context.Cause(ctx), deploy.ErrTimeout)
}

// stopped is the stop of a phase in which nothing live was touched. next is what to do about the failures, unless
// the lock was lost, a person has to decide about a step, the time is over, or the run was cancelled: these come first.
func (r *run) stopped(ctx context.Context, phase deploy.Phase, step string, exit int, errs deploy.Errors, next deploy.Next) *stop {
	s := &stop{outcome: deploy.OutcomeFailed, exit: exit, phase: phase, step: step, errs: errs, next: next}
	var decide *stepper.Undecided
	switch {
	case errors.Is(context.Cause(ctx), lock.ErrFenced):
		s.exit, s.errs, s.next = deploy.ExitLocked, append(asErrors(context.Cause(ctx), phase), errs...), nextOther
	case errors.Is(errs, lock.ErrFenced): // a step was refused before the heartbeat noticed
		s.exit, s.next = deploy.ExitLocked, nextOther
	case errors.As(errs, &decide):
		s.outcome, s.exit = deploy.OutcomePerson, deploy.ExitPerson
		s.errs, s.next = undecided(errs)
	case errors.Is(context.Cause(ctx), deploy.ErrTimeout):
		s.next = nextLonger
	case cancelled(ctx):
		s.outcome, s.exit, s.next = deploy.OutcomeCancelled, deploy.ExitInterrupted, nextAgain
		s.errs = slices.DeleteFunc(slices.Clone(errs), func(err *deploy.Error) bool { return echo(ctx, err) })
	}
	return s
}

// echo reports whether an error says nothing but that the deployment was cancelled.
func echo(ctx context.Context, err error) bool {
	return cancelled(ctx) && (errors.Is(err, ctx.Err()) || errors.Is(err, context.Cause(ctx)))
}

func asErrors(err error, phase deploy.Phase) deploy.Errors {
	var list deploy.Errors
	var one *deploy.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &list):
		return list
	case errors.As(err, &one):
		return deploy.Errors{one}
	}
	return deploy.Errors{{Phase: phase, Cause: err}}
}

// result is everything there is to say of the deployment; s is nil when all went well.
func (r *run) result(s *stop) deploy.Result {
	result := r.rec.Result()
	for i, h := range result.Hosts {
		result.Hosts[i].Traffic = r.traffic[h.Host]
	}
	if r.schedule != nil {
		result.Back = r.schedule.Back()
	}
	switch {
	case s != nil:
		result.Outcome, result.ExitCode = s.outcome, s.exit
		result.Failed, result.Step, result.Errors, result.Next = s.phase, s.step, s.errs, s.next
	case r.plan.Upkeep():
		result.Outcome, result.ExitCode = deploy.OutcomeDone, deploy.ExitDone
	case r.rec.AllKept():
		result.Outcome, result.ExitCode = deploy.OutcomeUnchanged, deploy.ExitDone
	default:
		result.Outcome, result.ExitCode = deploy.OutcomeActivated, deploy.ExitDone
	}
	return result
}
