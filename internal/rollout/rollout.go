// Package rollout carries a plan out over many hosts: phases, barriers, what a failure means for the fleet, unwinding.
//
// It knows order and policy. It knows no shell (internal/release does), no screen (it tells what happens as events) and
// no inputs (the plan is finished). A run reads as the sentence in run.all.
package rollout

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/fleet"
	"slipway/internal/fleetlock"
	"slipway/internal/plan"
	"slipway/internal/release/lock"
	"slipway/internal/release/stage"
	"slipway/internal/secret"
	"slipway/internal/stepper"
)

// Options are what a run needs beside its plan.
type Options struct {
	Emit    deploy.Emit
	Secrets map[string]secret.Secret
	// Payload gives the artifact in an encoding, "zstd" or "gzip"; it is called concurrently. Nil for a rollback.
	Payload func(ctx context.Context, encoding string) (stage.Payload, error)
	// TempFile makes a temporary file for what one host makes for others.
	TempFile func() (TempFile, error)
	// UnwindOnCancel brings switched hosts back when the run is cancelled, rather than leave that to the post step of the job.
	UnwindOnCancel bool
	// PassSuperseded ends green, not with exit 6, when a newer run's release is live.
	PassSuperseded bool
	// LockWait is how long to wait for a live owner of the lock.
	LockWait time.Duration
	// Lease is how long the lock of an owner stands still until that counts as dead; 0 is the usual one.
	Lease time.Duration
}

// run is one deployment under way.
type run struct {
	plan     *plan.Plan     // for every host, also those that are missing
	schedule *plan.Schedule // for the hosts that are there; nil until preflight has their facts
	fleet    *fleet.Fleet
	opts     Options
	rec      *recorder
	steps    *stepper.Stepper

	mu     sync.Mutex
	locks  *fleetlock.Locks        // nil before they are taken
	cancel context.CancelCauseFunc // ends the run
	opened bool                    // the journals are
	ended  time.Time               // when the run's context did

	asked   map[string]plan.Host       // by name: the hosts that gave their facts
	owned   []plan.Host                // the hosts that are locked
	claims  map[string]chan struct{}   // by host: one at a time has it run something for others
	drained map[string]bool            // by host: out of its balancer, or perhaps so
	spared  map[string]*deploy.Error   // by host: why the others go on without it
	ensured map[string][]deploy.Toggle // by host: what of `ensure` is on
}

// Run deploys, or rolls back, and says all there is to say of it. It returns when nothing of it is running any more on
// this side. When ctx ends it starts nothing more; what that means for each phase is said in docs/design.md.
func Run(ctx context.Context, p *plan.Plan, hosts *fleet.Fleet, opts Options) deploy.Result {
	timeout := p.Timeout
	if p.Reconcile {
		timeout = min(timeout, cleanUpTimeout)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, errTimeout)
	defer cancel()
	r := &run{
		fleet: hosts, opts: opts, plan: p,
		drained: map[string]bool{}, claims: map[string]chan struct{}{}, ensured: map[string][]deploy.Toggle{}, spared: map[string]*deploy.Error{},
		rec: newRecorder(opts.Emit, p, hosts),
	}
	r.rec.echo = func(err error) bool { return echo(ctx, err) }
	r.steps = stepper.New(stepper.Options{
		Deployment: p.Deployment, Attempt: p.Attempt, Fleet: hosts, Secrets: opts.Secrets, Emit: opts.Emit,
		Earlier: r.earlierSteps, Lock: r.generation, Leave: func(host string) { r.locks.Leave(host) }, Parting: r.parting,
	})
	running, end := context.WithCancelCause(ctx)
	defer end(nil)
	r.cancel = end
	context.AfterFunc(running, r.over)
	stop := r.all(running)
	r.close(ctx, stop)
	return r.rec.finish(stop)
}

// close writes down on every host that the deployment is over, and gives the lock back, but where a step was left to finish:
// there it is free a lease after the step's end. What needs mending stays open, for the next deployment to find.
func (r *run) close(ctx context.Context, s *stop) {
	if r.locks == nil {
		return
	}
	limit := closeTimeout
	if cancelled(ctx) {
		limit = hastyTimeout
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	outcome, over := deploy.OutcomeActivated, r.opened && !r.leavesOpen(s)
	if s != nil {
		outcome = s.outcome
	}
	left := each(r.owned, func(h plan.Host) (err *deploy.Error) {
		if r.fleet.On(h.Name).Away() {
			return deploy.OnHost(h.Name, deploy.Finish, "", errAway)
		}
		defer r.fleet.On(h.Name).Lease(ctx)()
		if over {
			err = r.end(ctx, h.Name, r.plan.Deployment, string(outcome))
		}
		if locked := r.locks.Release(ctx, h.Name); locked != nil {
			err = deploy.OnHost(h.Name, deploy.Finish, "", locked)
		}
		return err
	})
	if len(left) > 0 {
		r.rec.warn("its end is not written down, or the lock not given back, on " + few(left) +
			"; the lock is free in a minute or two, and the next deployment sees what was done")
	}
}

// leavesOpen tells whether the journals are to say that something is half done: a person, the job's clean-up or the next
// deployment has to mend it.
func (r *run) leavesOpen(s *stop) bool {
	switch {
	case s == nil:
		return false
	case s.outcome == deploy.OutcomePerson:
		return true
	case s.outcome == deploy.OutcomeCancelled && s.phase == deploy.Activate:
		return true
	case s.outcome == deploy.OutcomeCancelled && len(r.ensuredNames()) > 0:
		return !r.opts.UnwindOnCancel
	case s.phase == deploy.Activate:
		return false
	}
	// What an attempt before this one left half done stays so when this one does not come that far.
	return s.phase != deploy.Finish && slices.ContainsFunc(r.owned, func(h plan.Host) bool {
		return h.Facts.Own != nil && h.Facts.Own.Outcome == "" && len(h.Facts.Own.Live) > 0
	})
}

// The CI kills a cancelled run after some ten seconds. It has grace to end what it does on its hosts, all together, and then
// hastyTimeout to give them back; one that was not cancelled has closeTimeout for that.
const (
	grace        = 5 * time.Second
	hastyTimeout = 2 * time.Second
	closeTimeout = time.Minute
)

var errAway = errors.New("it is still away")

// few says errors in a line: the first three, and how many more.
func few(errs deploy.Errors) string {
	const most = 3
	lines := strings.Split(errs[:min(len(errs), most)].Error(), "\n")
	if more := len(errs) - most; more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more hosts", more))
	}
	return strings.Join(lines, "; ")
}

// over takes note of when the run's context ended.
func (r *run) over() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = time.Now()
}

// parting is the context of what a run whose context has ended still does on its hosts.
func (r *run) parting(ctx context.Context) (context.Context, context.CancelFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return context.WithDeadline(context.WithoutCancel(ctx), cmp.Or(r.ended, time.Now()).Add(grace))
}

func (r *run) all(ctx context.Context) *stop {
	if stop := r.preflight(ctx); stop != nil {
		r.leaveRunning()
		if r.plan.Reconcile && stop.outcome != deploy.OutcomeReconciled && stop.outcome != deploy.OutcomePerson {
			stop.next = "the next command mends what is left before it does anything else; or run the job again"
		}
		return stop
	}
	if r.plan.Reconcile {
		return r.cleanedUp()
	}
	r.tellUnverified()
	if stop := r.prepare(ctx); stop != nil {
		return r.mendOwn(ctx, stop)
	}
	if stop := r.mendOwn(ctx, r.change(ctx)); stop != nil {
		return stop
	}
	if stop := r.finish(ctx); stop != nil {
		return stop
	}
	return r.short()
}

// change is what the site sees: migrate and activate, with what is ensured around them.
func (r *run) change(ctx context.Context) *stop {
	if errs := r.drainMissing(ctx); len(errs) > 0 {
		return r.putBack(ctx, r.stopped(ctx, deploy.Prepare, "drain", deploy.ExitFailed, errs))
	}
	s := r.ensureOn(ctx)
	if s == nil {
		s = r.migrate(ctx)
	}
	if s == nil {
		s = r.activate(ctx)
	}
	return r.ensureOff(ctx, r.putBack(ctx, s))
}

// putBack puts the hosts that are missing back behind their balancers, when the others did not leave the release that they all
// run.
func (r *run) putBack(ctx context.Context, s *stop) *stop {
	if s == nil || s.outcome == deploy.OutcomePerson || r.leavesOpen(s) {
		return s
	}
	clean, cancel := r.cleanUp(ctx)
	defer cancel()
	for _, err := range r.undrainAll(clean, nil) {
		r.rec.warn("still out of its balancer: " + err.Error())
	}
	return s
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
	case errors.Is(errs, lock.ErrFenced): // the step was told before the heart was
		s.exit = deploy.ExitLocked
	case slices.ContainsFunc(errs, func(err *deploy.Error) bool { return errors.Is(err, stepper.ErrUndecided) }):
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
