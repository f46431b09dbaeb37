package stepper

import (
	"context"
	"errors"
	"fmt"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/transport"
)

// hintUnseen says what to do about a step whose host was lost for good. It names one way, so that nobody has to choose at three
// in the morning. Where the loss does not pass by itself, as when the host is another machine now, the remedy comes first.
func hintUnseen(host string, err error) string {
	var told *deploy.Error
	if errors.As(err, &told) && told.Hint != "" && !errors.Is(err, transport.ErrLost) && !errors.Is(err, transport.ErrUnreachable) {
		return told.Hint + "; then re-run the job: it goes on with what became of the step"
	}
	return fmt.Sprintf("once %s can be reached, re-run the job: it goes on with what became of the step", host)
}

// hintOver says what became of a step that ran when the time of its deployment was over.
func hintOver(ctx context.Context, s deploy.Step) string {
	switch {
	case !errors.Is(context.Cause(ctx), deploy.ErrTimeout):
		return ""
	case s.FinishFirst:
		return "it is left to finish on the host: re-run the job, which goes on with what became of it"
	}
	return "it was ended on the host"
}

// resolveCommand is what a person types to say what became of a step, less the word.
func (r *Stepper) resolveCommand(host string, s deploy.Step, undo bool) string {
	name := s.Name
	if undo && s.Phase == deploy.Migrate {
		name = undoPrefix + name
	}
	return fmt.Sprintf("slipway resolve --deployment %s --host %s --step %q", r.Deployment, host, name)
}
