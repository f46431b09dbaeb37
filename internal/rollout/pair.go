package rollout

import (
	"context"
	"errors"
	"path"
	"slices"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/plan"
	"slipway/internal/release/activate"
	"slipway/internal/stepper"
)

// on does a pair's step on a host, and off takes it back. The journal there has the intent before, with all that whoever comes
// after needs to take it back, and the outcome after.
func (r *run) on(ctx context.Context, host string, p deploy.Toggle) deploy.Span {
	return r.half(ctx, host, deploy.ToggleOn, p, p)
}

func (r *run) off(ctx context.Context, host string, p deploy.Toggle) deploy.Span {
	back := *p.Step
	back.Name, back.Run, back.Undo, back.Check = "undo "+back.Name, back.Undo, "", ""
	undo := p
	undo.Step = &back
	return r.half(ctx, host, deploy.ToggleOff, undo, deploy.Toggle{Name: p.Name, For: p.For})
}

// half runs one half of a pair; noted is what the journal keeps of it.
func (r *run) half(ctx context.Context, host string, what deploy.LiveAct, p, noted deploy.Toggle) deploy.Span {
	s := *p.Step
	if !path.IsAbs(s.Dir) {
		s.Dir = path.Join(r.fleet.On(host).DeployPath, s.Dir)
	}
	start := time.Now()
	note := func(ctx context.Context, state deploy.RecordState, pair deploy.Toggle) error {
		ctx, cancel := context.WithTimeout(ctx, noteTimeout)
		defer cancel()
		entry := activate.Entry{What: what, State: state, Toggle: &pair}
		there := r.fleet.On(host)
		return there.Do(ctx, activate.Note(there.Site(), r.plan.Deployment, entry))
	}
	span := deploy.Span{Host: host, Phase: s.Phase, Step: s.Name, Start: start, Outcome: deploy.Failed, Status: "not started"}
	if err := note(ctx, deploy.RecordIntent, noted); err != nil {
		span.Err, span.Duration = deploy.OnHost(host, s.Phase, s.Name, err), time.Since(start)
		return span
	}
	span = r.steps.Run(ctx, host, s, stepper.Scene{Vars: p.Vars})
	state := deploy.RecordOK
	if span.Err != nil {
		state = deploy.RecordFailed
	}
	err := note(context.WithoutCancel(ctx), state, deploy.Toggle{Name: p.Name, For: p.For})
	if err != nil && span.Err == nil {
		span.Outcome, span.Err = deploy.Failed, deploy.OnHost(host, s.Phase, s.Name, err)
	}
	return span
}

// takeBack undoes the pairs that a journal on a host says are left on.
func (r *run) takeBack(ctx context.Context, host string, pairs []deploy.Toggle) (undone []string, errs deploy.Errors) {
	for _, p := range pairs {
		if p.Step == nil || p.Step.Undo == "" {
			errs = append(errs, deploy.OnHost(host, deploy.Preflight, p.Name, errors.New("it is left on, and the journal does not say how to take it back")))
			continue
		}
		span := r.off(ctx, host, p)
		if span.Err != nil {
			errs = append(errs, span.Err)
			continue
		}
		undone = append(undone, p.Name)
	}
	return undone, errs
}

// serving are the hosts that get releases.
func (r *run) serving() []plan.Host {
	return slices.DeleteFunc(slices.Clone(r.schedule.Hosts), func(h plan.Host) bool { return h.NoRelease })
}
