package stepper

import (
	"errors"
	"fmt"

	"slipway/internal/deploy"
	"slipway/internal/transport"
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

// resolveCommand is what a person types to say what became of a step, less the word.
func (r *Stepper) resolveCommand(host string, s deploy.Step) string {
	return fmt.Sprintf("slipway resolve --deployment %s --host %s --step %q", r.Deployment, host, s.Name)
}
