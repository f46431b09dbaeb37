package stepper

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/deploy"
)

// undoPrefix makes of the name of a step the name by which `resolve` knows its undo.
const undoPrefix = "undo "

// Undo takes back what tries of a step did on a host. One that an earlier command began is followed to its end, and never run a second
// time unless the step may run twice, or a person said so. From right before it begins, the tries of the step count for nothing.
func (r *Stepper) Undo(ctx context.Context, host string, s deploy.Step, at Scene) deploy.Span {
	start := time.Now()
	at.Undo, at.TakesBack, at.Phase = true, true, deploy.Undo
	tries := r.triesOf(host, s)
	undo := s
	undo.Run, undo.Undo, undo.Check, undo.Fingerprint = s.Undo, "", "", ""
	undo.FinishFirst = true // half an undo is worse, too
	undo.Number = tries.number
	span := deploy.Span{Host: host, Phase: s.Phase, Step: s.Name, Outcome: deploy.Succeeded}
	switch last := tries.undo; {
	case tries.made || last == nil:
		span = r.Run(ctx, host, undo, at)
	case last.Status == "":
		undo.Number = last.Number()
		span = r.resolved(ctx, host, undo, last.Try, at, r.execute(ctx, host, undo, last.Try, at, true))
		span.Joined = max(1, last.Attempt)
	case last.Succeeded():
		span.Kept = max(1, last.Attempt)
	case s.Idempotent:
		span = r.Run(ctx, host, undo, at)
	default:
		span.Outcome, span.Status = deploy.Failed, last.Status
		span.Err = &deploy.Error{Host: host, Step: s.Name, At: s.At, Cause: &Undecided{r.resolveCommand(host, s, true), last.Status}}
	}
	span.Phase, span.Start, span.Duration = deploy.Undo, start, time.Since(start)
	if span.Err != nil {
		span.Err.Phase = deploy.Undo
	}
	if span.Outcome == deploy.Failed {
		span.Err.Hint = r.undoHint(host, s, span)
	}
	return span
}

// undoHint says what to do about an undo that failed.
func (r *Stepper) undoHint(host string, s deploy.Step, span deploy.Span) string {
	done := fmt.Sprintf("or undo it by hand and say so: `%s done`", r.resolveCommand(host, s, true))
	mend := "mend the cause"
	if secrets, ok := lackingIn(span.Err); ok {
		mend = secrets.hint()
	}
	switch {
	case span.Status == NotStarted, s.Idempotent:
		return mend + ": the next command undoes it before anything else; " + done
	case span.Err.Hint != "":
		done = span.Err.Hint + "; " + done
	}
	return strings.TrimPrefix(done, "or ") + "; with `rerun` in the place of `done` the next command runs it again"
}

// tries is what is known of a step's tries on a host.
type tries struct {
	made   bool              // there is one to take back, of which no undo was begun
	number int               // of the step when its newest try was started
	undo   *deploy.StepFacts // the newest undo; nil where there is none, or it counts for nothing
}

func (r *Stepper) triesOf(host string, s deploy.Step) tries {
	r.mu.Lock()
	_, here := r.tries[tryKey(host, s, false)]
	r.mu.Unlock()
	found, newest := tries{made: here, number: s.Number}, 0
	var undo deploy.StepFacts // the newest
	for _, try := range r.Earlier(host) {
		switch {
		case !try.Of(s):
		case try.Undo:
			if try.Try > undo.Try {
				undo = try
			}
		case !try.Void || !found.made: // of void tries the newest, where there are no others
			if !here && (try.Try > newest || !try.Void && !found.made) {
				newest, found.number = try.Try, try.Number()
			}
			found.made = found.made || !try.Void
		}
	}
	if undo.Try > 0 && !undo.Void { // where a person gave the newest up, those before it are settled, too
		found.undo = &undo
	}
	return found
}
