package stepper

import (
	"cmp"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/trace"
)

// traced tells a step to which span it belongs. That stands in its environment alone: its fingerprint is of what was declared, so a step
// that succeeded stays done, whoever traces which attempt. A variable of that name that was declared is not touched.
func (r *Stepper) traced(vars map[string]string, host string, s deploy.Step, at Scene) {
	if _, own := vars[trace.Variable]; own || r.Trace.IsZero() {
		return
	}
	span := at.Span
	switch phase := cmp.Or(at.Phase, s.Phase); {
	case span != "":
	case phase == deploy.Activate, at.TakesBack && !at.Undo: // for another host, or what another run has left: no span is only its own
		span = r.Trace.Root()
	default:
		span = r.Trace.Step(phase, host, s.Name)
	}
	vars[trace.Variable] = r.Trace.Parent(span)
}
