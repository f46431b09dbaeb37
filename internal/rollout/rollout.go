// Package rollout carries a plan out over many hosts: phases, barriers, what a failure means for the fleet, unwinding.
//
// It knows order and policy. It knows no shell (internal/release does), no screen (it tells what happens as events) and
// no inputs (the plan is finished). A run reads as the sentence in run.all.
package rollout

import (
	"context"
	"sync"
	"time"

	"github.com/slipway/slipway/internal/activation"
	"github.com/slipway/slipway/internal/delivery"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/distribution"
	"github.com/slipway/slipway/internal/fleet"
	"github.com/slipway/slipway/internal/fleetlock"
	"github.com/slipway/slipway/internal/plan"
	"github.com/slipway/slipway/internal/recorder"
	"github.com/slipway/slipway/internal/release/stage"
	"github.com/slipway/slipway/internal/secret"
	"github.com/slipway/slipway/internal/stepper"
	"github.com/slipway/slipway/internal/toggle"
	"github.com/slipway/slipway/internal/trace"
)

// Options are what a run needs beside its plan.
type Options struct {
	Emit    deploy.Emit
	Secrets map[string]secret.Secret
	// Redactor takes secrets out of what is cut before it is told; nil takes none.
	Redactor *secret.Redactor
	// Artifact is what is brought to hosts. Nil for a rollback to what all have.
	Artifact delivery.Artifact
	// Known are the manifests that hosts need not be asked for; nil is none.
	Known delivery.Known
	// Old are contents of files that hosts have; nil is none.
	Old delivery.Old
	// Recorded are such contents that CI keeps; nil is none.
	Recorded delivery.Recorded
	// Bandwidth is how many bytes a second may go to all hosts together; 0 is any number.
	Bandwidth int64
	// Archive is what hosts may fetch by themselves of it; nil is nothing.
	Archive *stage.Archive
	// TempFile makes a temporary file for what one host makes for others.
	TempFile func() (distribution.TempFile, error)
	// UnwindOnCancel brings switched hosts back when the run is cancelled, rather than leave that to the post step of the job.
	UnwindOnCancel bool
	// PassSuperseded ends green, not with exit 6, when a newer run's release is live.
	PassSuperseded bool
	// Traced says that the deployment is sent as a trace: its steps are told their spans.
	Traced bool
	// LockWait is how long to wait for a live owner of the lock.
	LockWait time.Duration
	// Lease is how long the heartbeat of a lock may stand still until its owner counts as dead; 0 is the default.
	Lease time.Duration
}

// run is one deployment under way.
type run struct {
	plan     *plan.Plan     // for every host, also those that are missing
	schedule *plan.Schedule // for the hosts that are there; nil until preflight has their facts
	fleet    *fleet.Fleet
	opts     Options

	rec       *recorder.Recorder
	steps     *stepper.Stepper
	budget    *failureBudget
	toggles   *toggle.Toggles
	balancers *toggle.Balancers
	ensured   *toggle.Ensured
	programs  *activation.Programs
	delivery  *delivery.Delivery // nil before the journals are opened, and where nothing is brought

	asked  map[string]plan.Host // by name: the hosts that gave their facts
	locks  *fleetlock.Locks     // nil before they are taken
	owned  []plan.Host          // the hosts that are locked
	opened bool                 // the journals are
	blocks storedBlocks         // of a rollback, for the hosts that lack the release
	cancel context.CancelCauseFunc

	mu       sync.Mutex
	ended    time.Time                // when the run's context did
	closed   map[string]bool          // by host: its journal has its end, and the lock is given back
	unlisted map[string]*deploy.Error // by host: why it is not written down what its release holds
	traffic  map[string]deploy.Traffic
}

// Run deploys, or rolls back, and returns everything there is to say about it. When it returns, nothing of it runs on this machine
// any more, and the hosts may be asked without its lock. When ctx ends it starts nothing more; docs/design.md has what that means for each phase.
func Run(ctx context.Context, p *plan.Plan, hosts *fleet.Fleet, opts Options) deploy.Result {
	timeout := p.Timeout
	if p.Reconcile {
		timeout = min(timeout, reconcileTimeout)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, deploy.ErrTimeout)
	defer cancel()
	running, end := context.WithCancelCause(ctx)
	defer end(nil)
	r := newRun(p, hosts, opts)
	hosts.Report(opts.Emit)
	r.rec = recorder.New(opts.Emit, p.Header, hosts.Begun(), startingHosts(p, hosts), func(err error) bool { return echo(ctx, err) })
	r.cancel = end
	context.AfterFunc(running, r.over)
	stop := r.all(running)
	r.close(ctx, stop)
	for _, h := range r.owned {
		hosts.On(h.Name).Fence(nil)
	}
	return r.result(stop)
}

func newRun(p *plan.Plan, hosts *fleet.Fleet, opts Options) *run {
	r := &run{
		plan: p, fleet: hosts, opts: opts, programs: &activation.Programs{},
		closed: map[string]bool{}, unlisted: map[string]*deploy.Error{}, traffic: map[string]deploy.Traffic{},
	}
	r.budget = newFailureBudget(p.Rollout.FailureBudget, r.dispensable)
	var spans trace.Trace
	if opts.Traced {
		spans = trace.Of(p.Header)
	}
	r.steps = stepper.New(stepper.Options{
		Trace:      spans,
		Deployment: p.Deployment, Attempt: p.Attempt, Fleet: hosts, Secrets: opts.Secrets, Emit: opts.Emit, Redactor: opts.Redactor,
		Earlier: r.earlierSteps, Lock: r.generation, Leave: func(host string) { r.locks.Leave(host) }, Parting: r.parting,
		Removable: r.removable,
	})
	r.toggles = &toggle.Toggles{Deployment: p.Deployment, Fleet: hosts, Steps: r.steps}
	r.ensured = &toggle.Ensured{Toggles: r.toggles}
	r.balancers = &toggle.Balancers{
		Toggles: r.toggles,
		Drains:  func(host string) []deploy.Drain { return r.schedule.Drains[host] },
		Vars:    func(host string) map[string]string { return r.schedule.Vars[host] },
	}
	return r
}

// startingHosts are the hosts that get releases, as they were found.
func startingHosts(p *plan.Plan, hosts *fleet.Fleet) []deploy.HostResult {
	var found []deploy.HostResult
	for _, target := range deploy.WithRelease(p.Targets) {
		h := hosts.On(target.Name)
		found = append(found, deploy.HostResult{
			Host: target.Name, Roles: target.Roles, Outcome: deploy.HostUnchanged,
			Before: h.Facts.CurrentID, Now: h.Facts.CurrentID, Unreachable: h.Span.Err != nil,
		})
	}
	return found
}

// all is the whole deployment, from preflight to its end.
func (r *run) all(ctx context.Context) *stop {
	if r.plan.Shard.IsPart() && !r.plan.Reconcile && len(r.plan.Targets) == 0 {
		return r.emptyShard()
	}
	if s := r.preflight(ctx); s != nil {
		return r.endedInPreflight(s)
	}
	if r.plan.Reconcile {
		return r.reconciled()
	}
	if r.plan.Upkeep() {
		return r.upkeep(ctx)
	}
	if r.wentFurther() {
		return r.leftToRest()
	}
	if text := r.schedule.Unverified(); text != "" && !r.plan.Shard.IsPart() {
		r.rec.Notice(text)
	}
	s := r.prepare(ctx)
	if r.plan.Shard.IsPart() {
		return r.shard(ctx, s)
	}
	if s == nil {
		s = r.change(ctx)
	}
	if s := r.reconcileOwn(ctx, s); s != nil {
		return s
	}
	if s := r.finish(ctx); s != nil {
		return s
	}
	return r.withoutSome()
}

// change is what the live site sees: migrate and activate, inside the steps of `ensure`.
func (r *run) change(ctx context.Context) *stop {
	if errs := r.drainMissing(ctx); len(errs) > 0 {
		return r.putBackMissing(ctx, r.stopped(ctx, deploy.Prepare, "drain", deploy.ExitFailed, errs, nextFixed))
	}
	s := r.ensureOn(ctx)
	if s == nil {
		s = r.migrate(ctx)
	}
	if s == nil {
		s = r.activate(ctx)
	}
	return r.ensureOff(ctx, r.putBackMissing(ctx, s))
}
