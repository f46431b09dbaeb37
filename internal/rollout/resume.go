package rollout

import (
	"context"
	"fmt"
	"slices"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/plan"
	"github.com/slipway/slipway/internal/stepper"
)

// step brings a step of the plan to its end on a host: see Stepper.Step.
func (r *run) step(ctx context.Context, host string, s deploy.Step, begin func()) deploy.Span {
	return r.steps.Step(ctx, host, r.schedule.On(host, s), r.scene(host), begin)
}

// scene is where the plan's own steps run.
func (r *run) scene(host string) stepper.Scene {
	return stepper.Scene{Release: r.schedule.Release, Vars: r.schedule.Vars[host]}
}

// earlierSteps are the tries of an earlier attempt. Where the release is gone in which it prepared something, its tries of prepare
// count for nothing.
func (r *run) earlierSteps(host string) []deploy.StepFacts {
	h := r.host(host)
	if h.Earlier == nil {
		return nil
	}
	if h.Staged {
		return h.Earlier.Facts.Steps
	}
	tries := slices.Clone(h.Earlier.Facts.Steps)
	for i := range tries {
		if tries[i].Phase() == deploy.Prepare && tries[i].Status != "" {
			tries[i].Void = true
		}
	}
	return tries
}

// host is the plan of one host, also of one that the others go on without. It is zero for one that could not be asked.
func (r *run) host(name string) plan.Host { return r.asked[name] }

// refusals are the steps that succeeded, may run only once, and have changed since. A person decides whether to run them again or to
// leave them out.
func (r *run) refusals() deploy.Errors {
	var errs deploy.Errors
	for _, steps := range [][]deploy.Step{r.schedule.Prepare, r.schedule.Migrate} {
		for _, s := range steps {
			for _, host := range s.Hosts {
				attempt, refused := stepper.Refused(r.schedule.On(host, s), r.earlierSteps(host))
				if !refused {
					continue
				}
				errs = append(errs, &deploy.Error{
					Host: host, Phase: s.Phase, Step: s.Name, At: s.At,
					Cause: fmt.Errorf("it succeeded in attempt %d and has changed since: the step, its variables, or the artifact", attempt),
				})
			}
		}
	}
	return errs
}
