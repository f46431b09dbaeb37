// Package rollout carries a plan out over many hosts: phases, barriers, what a failure means for the fleet, unwinding.
//
// It knows order and policy. It knows no shell (internal/release does), no screen (it tells what happens as events) and
// no inputs (the plan is finished). A run reads as the sentence in run.all.
package rollout

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/plan"
	"slipway/internal/release/lock"
	"slipway/internal/release/stage"
	"slipway/internal/secret"
)

// Options are what a run needs beside its plan.
type Options struct {
	Emit    deploy.Emit
	Secrets map[string]secret.Secret
	// Payload gives the artifact in an encoding, "zstd" or "gzip"; it is called concurrently. Nil for a rollback.
	Payload func(ctx context.Context, encoding string) (stage.Payload, error)
	// UnwindOnCancel brings switched hosts back when the run is cancelled, rather than leave that to the post step of the job.
	UnwindOnCancel bool
	// Mend only brings back what this very deployment left half switched, and starts nothing: the post step of the job.
	Mend bool
	// PassSuperseded ends green, not with exit 6, when a newer run's release is live.
	PassSuperseded bool
	// LockWait is how long to wait for a live owner of the lock.
	LockWait time.Duration
	// Lease is how long the lock of an owner stands still until that counts as dead; 0 is the usual one.
	Lease time.Duration
}

// run is one deployment under way.
type run struct {
	*plan.Schedule
	fleet *Fleet
	opts  Options
	rec   *recorder

	mu     sync.Mutex
	locks  *locks                  // nil before they are taken
	cancel context.CancelCauseFunc // ends the run
	opened bool                    // the journals are
	tries  map[string]int          // the newest try of each step on each host
}

// Run deploys, or rolls back, and says all there is to say of it. It returns when nothing of it is running any more on
// this side. When ctx ends it starts nothing more; what that means for each phase is said in docs/design.md.
func Run(ctx context.Context, p *plan.Plan, fleet *Fleet, opts Options) deploy.Result {
	ctx, cancel := context.WithTimeoutCause(ctx, p.Timeout, errTimeout)
	defer cancel()
	r := &run{
		fleet: fleet, opts: opts, tries: map[string]int{},
		rec: newRecorder(opts.Emit, p, fleet),
	}
	r.rec.echo = func(err error) bool { return echo(ctx, err) }
	running, end := context.WithCancelCause(ctx)
	defer end(nil)
	r.cancel = end
	stop := r.all(running, p)
	r.close(ctx, stop)
	return r.rec.finish(stop)
}

// close writes down on every host that the deployment is over, and gives the lock back. What needs mending stays open, for
// the next deployment to find.
func (r *run) close(ctx context.Context, s *stop) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	if r.opened {
		outcome := deploy.OutcomeActivated
		if s != nil {
			outcome = s.outcome
		}
		open := outcome == deploy.OutcomePerson || (outcome == deploy.OutcomeCancelled && s.phase == deploy.Activate)
		if !open {
			for _, err := range r.onEvery(func(h plan.Host) *deploy.Error { return r.end(ctx, h.Name, r.Deployment, string(outcome)) }) {
				r.rec.warn("the end of the deployment is not written down: " + err.Error())
			}
		}
	}
	r.unlock(ctx)
}

// closeTimeout bounds what is done on hosts after a run: a cancelled one has few seconds.
const closeTimeout = 5 * time.Second

func (r *run) all(ctx context.Context, p *plan.Plan) *stop {
	if stop := r.preflight(ctx, p); stop != nil {
		r.leaveRunning()
		return stop
	}
	if r.opts.Mend {
		r.leaveRunning()
		return &stop{outcome: deploy.OutcomeCancelled, exit: deploy.ExitDone}
	}
	if stop := r.prepare(ctx); stop != nil {
		return stop
	}
	if stop := r.migrate(ctx); stop != nil {
		return stop
	}
	if stop := r.activate(ctx); stop != nil {
		return stop
	}
	return r.finish(ctx)
}

// stop is why a deployment goes no further, and what that makes of it.
type stop struct {
	outcome deploy.Outcome
	exit    int
	phase   deploy.Phase
	step    string
	errs    deploy.Errors
	next    string
}

var errTimeout = errors.New("the deployment's timeout passed")

// cancelled tells whether a person ended the run, or the lock was lost.
func cancelled(ctx context.Context) bool {
	return ctx.Err() != nil && !errors.Is(context.Cause(ctx), errTimeout)
}

// stopped is the stop of a phase in which nothing live was touched.
func (r *run) stopped(ctx context.Context, phase deploy.Phase, step string, exit int, errs deploy.Errors) *stop {
	s := &stop{outcome: deploy.OutcomeFailed, exit: exit, phase: phase, step: step, errs: errs}
	switch {
	case errors.Is(context.Cause(ctx), lock.ErrFenced):
		s.exit, s.errs = deploy.ExitLocked, append(asErrors(context.Cause(ctx), phase), errs...)
	case slices.ContainsFunc(errs, func(err *deploy.Error) bool { return errors.Is(err, errUndecided) }):
		s.outcome, s.exit = deploy.OutcomePerson, deploy.ExitPerson
	case cancelled(ctx):
		s.outcome, s.exit, s.next = deploy.OutcomeCancelled, deploy.ExitInterrupted, "run the job again"
		s.errs = slices.DeleteFunc(slices.Clone(errs), func(err *deploy.Error) bool { return echo(ctx, err) })
	}
	return s
}

// echo tells whether an error says nothing but that the deployment was cancelled.
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
