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
	done := r.rec.Phase(deploy.Migrate)
	for i, s := range r.schedule.Migrate {
		errs := r.onItsHosts(ctx, s)
		if len(errs) == 0 {
			continue
		}
		done(false)
		if ran := stepNames(r.schedule.Migrate[:i]); ran != "" {
			r.rec.Warn(ran + " ran and stays as it is; the live code was not switched")
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

// onItsHosts runs a step on all its hosts at once and gives its failures.
func (r *run) onItsHosts(ctx context.Context, s deploy.Step) deploy.Errors {
	step := r.rec.Step(s.Name, s, s.Hosts)
	return step.OnHosts(func(host string) deploy.Span {
		defer r.fleet.On(host).Lease(ctx)()
		return r.step(ctx, host, s, step.Begin)
	})
}

// onFailure runs the steps that put right what earlier ones changed; their own failures are said and change nothing more.
func (r *run) onFailure(ctx context.Context) {
	if len(r.schedule.OnFailure) == 0 {
		return
	}
	ctx, cancel := r.owed(ctx)
	defer cancel()
	for _, s := range r.schedule.OnFailure {
		for _, err := range r.onItsHosts(ctx, s) {
			r.rec.Warn("on_failure step did not succeed: " + err.Error())
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
