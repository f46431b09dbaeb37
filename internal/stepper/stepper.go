// Package stepper brings a step to its end on a host, whatever became of it before: what an earlier attempt did is kept, what
// it left running is joined, what nobody saw end is resolved as the step declares; else it runs, with its retries.
//
// Terms: a try is one time that a step is started on a host; a scene is where it runs. The package must not know the other
// hosts, the order of steps, or what a failure means.
package stepper

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/fleet"
	"github.com/slipway/slipway/internal/release/step"
	"github.com/slipway/slipway/internal/secret"
	"github.com/slipway/slipway/internal/trace"
)

// retryPause is the wait before the second try; the third waits twice as long, and so on.
const retryPause = 2 * time.Second

// Options are what a Stepper needs to know of its deployment.
type Options struct {
	Deployment deploy.DeploymentID
	Attempt    int
	Fleet      *fleet.Fleet
	Secrets    map[string]secret.Secret
	Emit       deploy.Emit
	Redactor   *secret.Redactor // takes secrets out of what is cut, or written down; nil takes none
	Trace      trace.Trace      // in which the steps have spans; zero is none

	Earlier func(host string) []deploy.StepFacts // the tries that the host's journal of the deployment has
	Lock    func(host string) int                // the generation of the lock that the deployment owns there
	Leave   func(host string)                    // keeps the lock of a host, since a step goes on there after the deployment
	// Removable is what may be deleted on a host whose disk is full in a phase, to end a hint with.
	Removable func(host string, phase deploy.Phase) string
	// Parting is the context for what is still done on hosts after that of the deployment has ended.
	Parting func(context.Context) (context.Context, context.CancelFunc)
}

// Stepper runs the steps of one deployment. Its methods may be called concurrently, for one step on one host one at a time.
type Stepper struct {
	Options

	mu    sync.Mutex
	tries map[string]int // the newest try of each step on each host
}

// New is a Stepper that has not run anything yet.
func New(options Options) *Stepper { return &Stepper{Options: options, tries: map[string]int{}} }

// Scene is where a step runs: in which release, with which variables, and whether to take something back.
type Scene struct {
	Release deploy.ReleaseID
	Vars    map[string]string
	Undo    bool
	// TakesBack says that an earlier command may have kept the step in a journal, with the names of its secrets and no values.
	TakesBack bool
	Phase     deploy.Phase // in which people see it; "" is the step's
	Span      string       // that the step belongs to, in the trace; "" is the step's own
	Along     *step.Along  // what the command that starts a try carries out besides; nil is nothing
}

// Step brings a step of the plan to its end on a host. begin is called where there is anything to do.
func (r *Stepper) Step(ctx context.Context, host string, s deploy.Step, at Scene, begin func()) deploy.Span {
	start := time.Now()
	span := deploy.Span{Host: host, Phase: s.Phase, Step: s.Name, Start: start, Outcome: deploy.Failed}
	d := decide(s, r.Earlier(host))
	if d.verb == keepIt {
		span.Outcome, span.Kept = deploy.Succeeded, max(1, d.Attempt)
		return span
	}
	begin()
	if d.verb == joinIt {
		began := s
		began.Number = d.Number()
		span = r.resolved(ctx, host, began, d.Try, at, r.execute(ctx, host, began, d.Try, at, true))
		span.Joined = d.Attempt
		span = r.retried(ctx, host, s, at, span)
	} else {
		span = r.Run(ctx, host, s, at)
	}
	span.Start, span.Duration = start, time.Since(start)
	return span
}

// Run runs a step anew, with its retries.
func (r *Stepper) Run(ctx context.Context, host string, s deploy.Step, at Scene) deploy.Span {
	start := time.Now()
	span := r.retried(ctx, host, s, at, r.Try(ctx, host, s, at))
	span.Start, span.Duration = start, time.Since(start)
	return span
}

// retried tries a step again that failed, as often as it says.
func (r *Stepper) retried(ctx context.Context, host string, s deploy.Step, at Scene, span deploy.Span) deploy.Span {
	for retry := 1; span.Outcome == deploy.Failed && retry <= s.Retries && ctx.Err() == nil; retry++ {
		if _, ok := lackingIn(span.Err); ok {
			return span // no wait mends that
		}
		wait := time.Duration(retry) * retryPause
		r.output(s, at, host, fmt.Sprintf("%s; try %d of %d in %s", span.Status, retry+1, s.Retries+1, wait))
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return span
		}
		joined := span.Joined
		span = r.Try(ctx, host, s, at)
		span.Joined = joined
	}
	return span
}

// Try runs a step once, as a new try, and resolves its end.
func (r *Stepper) Try(ctx context.Context, host string, s deploy.Step, at Scene) deploy.Span {
	number := r.nextTry(host, s, at.Undo)
	return r.resolved(ctx, host, s, number, at, r.execute(ctx, host, s, number, at, false))
}

// NewTry is a new try of a step that is done by other means than running it.
func (r *Stepper) NewTry(host string, s deploy.Step, at Scene) step.Instance {
	return r.instance(host, s, r.nextTry(host, s, at.Undo), at)
}

func (r *Stepper) instance(host string, s deploy.Step, number int, at Scene) step.Instance {
	vars := maps.Clone(at.Vars)
	maps.Copy(vars, s.Vars)
	r.traced(vars, host, s, at)
	secrets := make(map[string]secret.Secret, len(s.Secrets))
	for _, name := range s.Secrets {
		secrets[name] = r.Secrets[name]
	}
	return step.Instance{
		Deployment: r.Deployment, Release: at.Release, Step: s, Undo: at.Undo, Try: number, Attempt: max(1, r.Attempt), Lock: r.Lock(host),
		Vars: vars, Secrets: secrets,
	}
}

func (r *Stepper) output(s deploy.Step, at Scene, host, line string) {
	r.Emit(deploy.Output{Phase: cmp.Or(at.Phase, s.Phase), Step: s.Name, Host: host, Line: line})
}
