package rollout

import (
	"context"

	"github.com/slipway/slipway/internal/deploy"
)

// inPlace runs a step where it belongs, on its hosts or from the runner, and gives the failures that count.
func (r *run) inPlace(ctx context.Context, s deploy.Step) deploy.Errors {
	if s.Runner {
		return r.fromRunner(ctx, s)
	}
	return r.onItsHosts(ctx, s)
}

// fromRunner carries out a step of the runner. Unless the step is required, its failure is a warning.
func (r *run) fromRunner(ctx context.Context, s deploy.Step) deploy.Errors {
	step := r.rec.Step(s.Name, s, s.Hosts)
	var hosts []string
	for _, h := range r.schedule.Serving() {
		hosts = append(hosts, h.Name)
	}
	s = r.schedule.On(deploy.RunnerName, s)
	var warning *deploy.Error
	errs := step.OnHosts(func(host string) deploy.Span {
		span := r.steps.Call(ctx, hosts, s, r.schedule.Vars[host], step.Begin)
		if span.Excused = !s.Required && span.Err != nil; span.Excused {
			warning = span.Err
		}
		return span
	})
	if warning == nil {
		return errs
	}
	if echo(ctx, warning) {
		return nil
	}
	text := "the release is live, and a step that is not required did not succeed: "
	if s.Phase == deploy.OnFailure {
		text = "on_failure step did not succeed: "
	}
	r.rec.WarnAt(s.At, text+warning.Error())
	return nil
}
