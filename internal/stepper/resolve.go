package stepper

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release/step"
)

// resolved is how a try ended. A try that never began is started anew. One whose end is unknown is resolved as the step declares.
func (r *Stepper) resolved(ctx context.Context, host string, s deploy.Step, number int, at Scene, span deploy.Span) deploy.Span {
	switch {
	case span.Err == nil || ctx.Err() != nil:
		return span
	case errors.Is(span.Err, step.ErrNeverStarted):
		return r.execute(ctx, host, s, r.nextTry(host, s, at.Undo), at, false)
	case errors.Is(span.Err, step.ErrUnknown):
		return r.resolveUnknown(ctx, host, s, number, at)
	}
	return span
}

// resolveUnknown decides about a try whose end is unknown: its check finds it done, or it may run again, or a person has to say.
func (r *Stepper) resolveUnknown(ctx context.Context, host string, s deploy.Step, number int, at Scene) deploy.Span {
	span := deploy.Span{Host: host, Phase: s.Phase, Step: s.Name, Start: time.Now(), Outcome: deploy.Unknown, Status: unseen}
	if s.Check != "" {
		check := s
		check.Name, check.Run, check.Check, check.Timeout = s.Name+" check", s.Check, "", min(s.Timeout, checkTimeout)
		r.output(s, at, host, "its end was not seen; asking its check")
		result := r.execute(ctx, host, check, r.nextTry(host, check, at.Undo), at, false)
		switch {
		case result.Outcome == deploy.Succeeded:
			if span.Err = r.resolve(ctx, host, s, number, at, "done"); span.Err == nil {
				span.Outcome, span.Status, span.Note = deploy.Succeeded, "", deploy.NoteOf("done, says its check")
			}
			return span
		case answered(result.Err):
			r.output(s, at, host, "not done, says its check; running it again")
			return r.rerun(ctx, host, s, number, at)
		case ctx.Err() != nil:
			span.Err = result.Err
			return span
		}
		r.output(s, at, host, "its check could not tell: "+result.Status)
	}
	if s.Idempotent || repeatable(s) {
		r.output(s, at, host, "its end was not seen; it may run again, and does")
		return r.rerun(ctx, host, s, number, at)
	}
	command := r.resolveCommand(host, s, at.Undo)
	span.Err = &deploy.Error{
		Host: host, Phase: s.Phase, Step: s.Name, At: s.At, Cause: &Undecided{Command: command},
		Hint: fmt.Sprintf("look at what it did, then `%s done` or `... rerun`, and re-run the job", command),
	}
	return span
}

// Undecided says that a person has to decide about a step whose end nobody saw, or about an undo that failed.
type Undecided struct {
	Command string // by which the person says so, less the word at its end: "done" or "rerun"
	Ended   string // of an undo that failed: how; "" where nobody saw the end
}

func (u *Undecided) Error() string {
	if u.Ended != "" {
		return "it failed (" + u.Ended + "), and is not run again unless a person says so"
	}
	return "it was started, and nobody saw how it ended"
}

// checkTimeout is how long a step's check may take.
const checkTimeout = time.Minute

// answered reports whether a check ran to its end. One that was killed, or could not be started, says nothing about the step.
func answered(err error) bool {
	var end ended
	return errors.As(err, &end) && end.Signal == "" && !end.TimedOut
}

// repeatable reports whether a step may run again because of its phase: it restarts, or checks what is restarted.
func repeatable(s deploy.Step) bool { return s.Phase == deploy.Activate }

// rerun voids a try and makes the next one. The step of a try whose wrapper died may still run: it is ended
// first, so that there are never two.
func (r *Stepper) rerun(ctx context.Context, host string, s deploy.Step, number int, at Scene) deploy.Span {
	there := r.Fleet.On(host)
	err := there.Do(ctx, step.Stop(there.Site(), r.instance(host, s, number, at)))
	failure := deploy.OnHost(host, s.Phase, s.Name, err)
	if failure == nil {
		failure = r.resolve(ctx, host, s, number, at, "rerun")
	}
	if failure != nil {
		return deploy.Span{Host: host, Phase: s.Phase, Step: s.Name, Outcome: deploy.Unknown, Status: unseen, Err: failure}
	}
	return r.execute(ctx, host, s, r.nextTry(host, s, at.Undo), at, false)
}

// resolve records how a try whose end is unknown counts.
func (r *Stepper) resolve(ctx context.Context, host string, s deploy.Step, number int, at Scene, word string) *deploy.Error {
	there := r.Fleet.On(host)
	err := there.Do(ctx, step.Resolve(there.Site(), r.instance(host, s, number, at), word))
	return deploy.OnHost(host, s.Phase, s.Name, err)
}
