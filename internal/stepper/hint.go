package stepper

import (
	"fmt"

	"slipway/internal/deploy"
)

// hintUnseen says what to do about a step whose host was lost for good. It is one way: whoever looks at three in the morning has
// nothing to choose.
func hintUnseen(host string) string {
	return fmt.Sprintf("once %s can be reached, run the job again: it goes on with what became of the step", host)
}

// resolveCommand is what a person types to say what became of a step, less the word.
func (r *Stepper) resolveCommand(host string, s deploy.Step) string {
	return fmt.Sprintf("slipway resolve --deployment %s --host %s --step %q", r.Deployment, host, s.Name)
}
