package rollout

import (
	"context"
	"strings"

	"slipway/internal/deploy"
)

// migrate runs the steps that touch what releases have in common, one after another, once every host is prepared.
func (r *run) migrate(ctx context.Context) *stop {
	if len(r.schedule.Migrate) == 0 {
		return nil
	}
	done := r.rec.phase(deploy.Migrate)
	for i, s := range r.schedule.Migrate {
		errs := r.everywhere(ctx, s)
		if len(errs) == 0 {
			continue
		}
		done(false)
		if ran := stepNames(r.schedule.Migrate[:i]); ran != "" {
			r.rec.warn(ran + " ran and stays as it is; the live code was not switched")
		}
		r.onFailure(ctx)
		stop := r.stopped(ctx, deploy.Migrate, s.Name, deploy.ExitMigrate, errs)
		if stop.outcome == deploy.OutcomeFailed {
			stop.next = "see what the step left behind, fix it, then \"Re-run failed jobs\""
		}
		return stop
	}
	done(true)
	return nil
}

// everywhere runs a step on all its hosts at once and gives its failures.
func (r *run) everywhere(ctx context.Context, s deploy.Step) deploy.Errors {
	v := r.rec.newVerdict(s.Phase, s.Name, s.At, commandLine(s), s.Hosts)
	return v.over(func(host string) deploy.Span {
		defer r.fleet.On(host).Lease(ctx)()
		return r.step(ctx, host, s, v.begin)
	})
}

// onFailure runs the steps that put right what earlier ones changed; their own failures are said and change nothing more.
func (r *run) onFailure(ctx context.Context) {
	if len(r.schedule.OnFailure) == 0 {
		return
	}
	ctx, cancel := r.cleanUp(ctx)
	defer cancel()
	for _, s := range r.schedule.OnFailure {
		for _, err := range r.everywhere(ctx, s) {
			r.rec.warn("on_failure step did not succeed: " + err.Error())
		}
	}
}

func stepNames(steps []deploy.Step) string {
	names := make([]string, len(steps))
	for i, s := range steps {
		names[i] = s.Name
	}
	return strings.Join(names, ", ")
}
