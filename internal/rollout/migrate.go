package rollout

import (
	"context"
	"slices"
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
		r.onFailure(ctx, deploy.Migrate, errs)
		return r.stopped(ctx, deploy.Migrate, s.Name, deploy.ExitMigrate, errs,
			deploy.Next{Text: `see what the step left behind, fix it, then "Re-run failed jobs"`})
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

// noteOf is what a step of migrate noted of itself in an earlier attempt.
func (r *run) noteOf(ctx context.Context, kept deploy.Span) deploy.Note {
	i := slices.IndexFunc(r.schedule.Migrate, func(s deploy.Step) bool { return s.Name == kept.Step })
	if i < 0 {
		return deploy.Note{}
	}
	return r.steps.Note(ctx, kept.Host, r.schedule.On(kept.Host, r.schedule.Migrate[i]))
}

func stepNames(steps []deploy.Step) string {
	names := make([]string, len(steps))
	for i, s := range steps {
		names[i] = s.Name
	}
	return strings.Join(names, ", ")
}
