package stepper

import (
	"context"
	"fmt"

	"github.com/slipway/slipway/internal/deploy"
)

// Print runs a step once and returns the last lines of its output, and an error if the step failed. Nothing is reported while it
// runs.
func (r *Stepper) Print(ctx context.Context, host string, s deploy.Step, at Scene) []string {
	var tail []string
	add := func(line string) {
		tail = append(tail, line)
		tail = tail[max(0, len(tail)-tailLines):]
	}
	status, _, err := r.watch(ctx, host, r.NewTry(host, s, at), false, nil, add)
	switch {
	case err != nil:
		add(fmt.Sprintf("(%s: %v)", s.Name, deploy.CauseIn(err)))
	case !status.OK():
		add(fmt.Sprintf("(%s: %s)", s.Name, status))
	}
	return tail
}
