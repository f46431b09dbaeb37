package stepper

import (
	"errors"
	"fmt"

	"slipway/internal/deploy"
)

// hintUnseen says what to do about a step whose host was lost for good: first what the loss itself asks for.
func (r *Stepper) hintUnseen(host string, s deploy.Step, err error) string {
	hint := fmt.Sprintf("once %s can be reached, re-run the job: it goes on with what became of the step; "+
		"or say it yourself: `%s done` or `... rerun`", host, r.resolveCommand(host, s))
	var told *deploy.Error
	if errors.As(err, &told) && told.Hint != "" {
		return told.Hint + "; " + hint
	}
	return hint
}

// resolveCommand is what a person types to say what became of a step, less the word.
func (r *Stepper) resolveCommand(host string, s deploy.Step) string {
	return fmt.Sprintf("slipway resolve --deployment %s --host %s --step %q", r.Deployment, host, s.Name)
}
