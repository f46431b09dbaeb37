package rollout

import (
	"context"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/plan"
	"slipway/internal/release"
	"slipway/internal/release/activate"
	"slipway/internal/stepper"
)

// turn takes one host through the parts of an activation or an unwinding: switch, restart, verify. It keeps the span of each
// for the verdict, and writes the intent and the outcome of each into the host's journal.
type turn struct {
	run     *run
	host    plan.Host
	site    release.Site
	release deploy.ReleaseID // the release that goes live in this turn; "" when it is another tool's
	undo    bool
	back    bool // it serves the release, and is drained still
	done    deploy.HostDone
}

func (r *run) newTurn(phase deploy.Phase, h plan.Host, id deploy.ReleaseID, undo bool) *turn {
	return &turn{
		run: r, host: h, site: r.fleet.On(h.Name).Site(), release: id, undo: undo,
		done: deploy.HostDone{Phase: phase, Host: h.Name, Release: id},
	}
}

// part runs one part and keeps its span. Where a host has several of a part, name tells them apart.
func (t *turn) part(part deploy.Part, name string, do func(span *deploy.Span) *deploy.Error) *deploy.Error {
	span := deploy.Span{Host: t.host.Name, Phase: t.done.Phase, Part: part, Step: part.Of(name), Start: time.Now(), Outcome: deploy.Succeeded}
	if err := do(&span); err != nil {
		err.Phase = t.done.Phase
		span.Err = err
		if span.Outcome == deploy.Succeeded {
			span.Outcome = deploy.Failed
		}
	}
	t.run.rec.excuse(&span)
	span.Duration = time.Since(span.Start)
	t.done.Spans = append(t.done.Spans, span)
	return span.Err
}

// do carries an operation out on the host.
func (t *turn) do(ctx context.Context, op release.Operation) error {
	return t.run.fleet.On(t.host.Name).Do(ctx, op)
}

// failed is a failure of Slipway's own work on the host, with its span.
func (t *turn) failed(part deploy.Part, err error) *deploy.Error {
	return t.part(part, "", func(*deploy.Span) *deploy.Error { return deploy.OnHost(t.host.Name, t.done.Phase, string(part), err) })
}

// point makes current name a link instead of the one that it names now; nothing, when the link is none.
func (t *turn) point(ctx context.Context, link, now plan.Link) *deploy.Error {
	return t.part(deploy.PartSwitch, "", func(*deploy.Span) *deploy.Error {
		change := activate.Change{Deployment: t.run.plan.Deployment, Release: link.Release, Target: link.Target, Previous: now.Target}
		to := activate.Switch
		if link.None() {
			change.Release, change.Target, change.Previous = now.Release, now.Target, ""
			to = activate.Unlink
		}
		err := t.do(ctx, to(t.site, change))
		return deploy.OnHost(t.host.Name, t.done.Phase, "switch", err)
	})
}

// serve restarts the host as the block says and verifies it.
func (t *turn) serve(ctx context.Context, block activate.Block) *deploy.Error {
	for _, s := range block.Activation.Restart {
		name := ""
		if len(block.Activation.Restart) > 1 {
			name = s.Name
		}
		err := t.noted(ctx, deploy.LiveRestart, func() *deploy.Error {
			return t.part(deploy.PartRestart, name, func(span *deploy.Span) *deploy.Error {
				result := t.run.steps.Run(ctx, t.host.Name, s, t.scene(block.Vars))
				span.Outcome, span.Status, span.Note = result.Outcome, result.Status, result.Note
				return result.Err
			})
		})
		if err != nil {
			return err
		}
	}
	return t.noted(ctx, deploy.LiveVerify, func() *deploy.Error { return t.prove(ctx, block) })
}

// scene is where the steps of this part run.
func (t *turn) scene(vars map[string]string) stepper.Scene {
	return stepper.Scene{Release: t.release, Vars: vars, Undo: t.undo}
}

// noted writes the intent of a part before it, and its outcome after it.
func (t *turn) noted(ctx context.Context, what deploy.LiveAct, do func() *deploy.Error) *deploy.Error {
	if err := t.note(ctx, what, deploy.RecordIntent); err != nil {
		return t.failed(deploy.Part(what), err)
	}
	failure := do()
	state := deploy.RecordOK
	if failure != nil {
		state = deploy.RecordFailed
	}
	if ctx.Err() != nil {
		parting, cancel := t.run.parting(ctx)
		defer cancel()
		ctx = parting
	}
	if err := t.note(ctx, what, state); err != nil && failure == nil {
		return t.failed(deploy.Part(what), err)
	}
	return failure
}

func (t *turn) note(ctx context.Context, what deploy.LiveAct, state deploy.RecordState) error {
	ctx, cancel := context.WithTimeout(ctx, noteTimeout)
	defer cancel()
	entry := activate.Entry{What: what, State: state, Release: t.release}
	return t.do(ctx, activate.Note(t.site, t.run.plan.Deployment, entry))
}

// noteTimeout bounds the writing of one journal line.
const noteTimeout = 30 * time.Second
