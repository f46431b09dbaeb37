package stepper

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release/lock"
	"github.com/slipway/slipway/internal/release/step"
)

// tailLines is how much of a failing step's output is kept for the report.
const tailLines = 20

// ended is the end of a step that did not succeed, as an error.
type ended struct{ step.Status }

func (e ended) Error() string { return e.String() }

// errUnseen is the error when a host was lost for good while its step ran.
var errUnseen = errors.New("it was begun, and its end was not seen")

// unseen is the status of a step whose end is unknown.
const unseen = "end not seen"

// NotStarted is the status of a try that did not begin.
const NotStarted = "not started"

// execute runs a try, or joins it, to its end, over as many connections as it takes.
func (r *Stepper) execute(ctx context.Context, host string, s deploy.Step, number int, at Scene, join bool) deploy.Span {
	span := deploy.Span{Host: host, Phase: s.Phase, Step: s.Name, Start: time.Now(), Outcome: deploy.Succeeded}
	if secrets := r.lacks(s); at.TakesBack && !join && secrets != nil {
		return secrets.refuse(host, s)
	}
	var tail []string
	out := func(line string) {
		if note, ok := deploy.ReadNote(line); ok {
			span.Note = note
			return
		}
		tail = append(tail, line)
		tail = tail[max(0, len(tail)-tailLines):]
		r.output(s, at, host, line)
	}
	instance := r.instance(host, s, number, at)
	status, begun, err := r.watch(ctx, host, instance, join, at.Along, out)
	span.Duration = time.Since(span.Start)
	hint, fault, printed := "", deploy.FaultHost, false
	switch {
	case err == nil && status.OK():
		return span
	case err == nil:
		span.Outcome, span.Status = deploy.Failed, status.String()
		hint, fault = explain(s, r.Fleet.On(host).Facts, func() string { return r.Removable(host, s.Phase) }, tail)
		err, printed = ended{status}, true
	case ctx.Err() != nil:
		span.Outcome, span.Status, hint = deploy.Unknown, unseen, hintOver(ctx, s)
		err = context.Cause(ctx) // the host may have been waited for, which is not what ended it
		r.stopStep(ctx, host, instance, at)
	case errors.Is(err, step.ErrUnknown): // its caller decides what that means
		span.Outcome, span.Status, hint = deploy.Unknown, unseen, hintUnseen(host, nil)
	case errors.Is(err, lock.ErrFenced) && begun:
		span.Outcome, span.Status = deploy.Unknown, unseen
	case begun && !errors.Is(err, step.ErrNeverStarted):
		span.Outcome, span.Status = deploy.Unknown, unseen
		hint = hintUnseen(host, err)
		err = fmt.Errorf("%w: %w", errUnseen, deploy.CauseIn(err))
	default:
		span.Outcome, span.Status = deploy.Failed, NotStarted
	}
	span.Err = deploy.OnHost(host, s.Phase, s.Name, err)
	span.Err.Op = "" // it is the step
	span.Err.At, span.Err.Tail = s.At, slices.Clone(tail)
	span.Err.Hint, span.Err.Printed, span.Err.Fault = cmp.Or(span.Err.Hint, hint), printed, cmp.Or(span.Err.Fault, fault)
	if span.Outcome == deploy.Unknown && hint != "" {
		span.Err.Hint = hint
	}
	return span
}

// watch starts a try, or joins it, and follows it to its end; begun says that it may have begun. A link that drops is
// dialed again for as long as a host may be away, and the log goes on at the byte where it stopped.
func (r *Stepper) watch(
	ctx context.Context, host string, instance step.Instance, join bool, along *step.Along, out func(string),
) (status step.Status, begun bool, err error) {
	there := r.Fleet.On(host)
	watch := step.NewWatch(there.Site(), instance, out)
	if join {
		err = there.Do(ctx, watch.Join())
	} else {
		watch.Along = along
		err = there.Do(ctx, watch.Start())
	}
	return watch.Status, join || watch.Begun, err
}

// stopStep ends a step whose deployment was cancelled. A step with
// `on_cancel: finish` is left to finish: half a migration is worse.
func (r *Stepper) stopStep(ctx context.Context, host string, instance step.Instance, at Scene) {
	if instance.Step.FinishFirst {
		r.Leave(host)
		return
	}
	ctx, cancel := r.Parting(ctx)
	defer cancel()
	there := r.Fleet.On(host)
	if err := there.Do(ctx, step.Stop(there.Site(), instance)); err != nil {
		r.output(instance.Step, at, host, "could not be stopped: "+err.Error())
	}
}
