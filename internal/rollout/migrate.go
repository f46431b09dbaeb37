package rollout

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release/lock"
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
		r.tellFailed(deploy.Migrate, errs)
		left := r.undo(ctx, r.mayNotUndo(ctx, errs))
		if ran := staying(r.schedule.Migrate[:i]); ran != "" {
			r.rec.Warn(ran + " ran and stays as it is; the live code was not switched")
		}
		r.onFailure(ctx)
		return leftDone(r.stopped(ctx, deploy.Migrate, s.Name, deploy.ExitMigrate, errs,
			deploy.Next{Text: `see what the step left behind, fix it, then "Re-run failed jobs"`}), left)
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

// mayNotUndo is why nothing may be taken back after a failure in migrate: the lock is another deployment's, the re-run of a cancelled run
// goes on with what is done, and so does the new code where an earlier attempt switched to it.
func (r *run) mayNotUndo(ctx context.Context, errs deploy.Errors) string {
	var live []string
	for _, h := range r.schedule.Serving() {
		if r.ranBefore(h) {
			live = append(live, h.Name)
		}
	}
	switch lost := lockLost(ctx, errs); {
	case lost != "":
		return lost
	case cancelled(ctx):
		return "the run was cancelled, and its re-run goes on from here"
	case len(live) > 0:
		return "an earlier attempt switched " + strings.Join(live, ", ") + " to the new code"
	}
	return ""
}

// lockLost says that hosts are another deployment's by now, and left alone; "" where they are not.
func lockLost(ctx context.Context, errs deploy.Errors) string {
	if errors.Is(context.Cause(ctx), lock.ErrFenced) || errors.Is(errs, lock.ErrFenced) {
		return "another deployment has the lock"
	}
	return ""
}

// staying names those of some steps that nobody takes back.
func staying(steps []deploy.Step) string {
	var names []string
	for _, s := range steps {
		if !s.UndoneOnFailure {
			names = append(names, s.Name)
		}
	}
	return strings.Join(names, ", ")
}
