package rollout

import (
	"context"
	"errors"
	"fmt"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/healthcheck"
	"slipway/internal/plan"
	"slipway/internal/release"
	"slipway/internal/release/activate"
	"slipway/internal/release/journal"
	"slipway/internal/stepper"
)

// hostActivation takes one host through the parts of an activation, or of the way back: drain, switch, restart, verify, undrain. It
// keeps the span of each, and writes the intent and the outcome of each into the host's journal.
type hostActivation struct {
	run     *run
	host    plan.Host
	site    release.Site
	release deploy.ReleaseID // the release that goes live; "" when it is another tool's
	undo    bool             // it is the way back
	done    deploy.HostDone
}

func (r *run) newHostActivation(phase deploy.Phase, h plan.Host, id deploy.ReleaseID, undo bool) *hostActivation {
	return &hostActivation{
		run: r, host: h, site: r.fleet.On(h.Name).Site(), release: id, undo: undo,
		done: deploy.HostDone{Phase: phase, Host: h.Name, Release: id},
	}
}

// part runs one part and keeps its span. Where a host has several of a part, name tells them apart.
func (a *hostActivation) part(part deploy.Part, name string, do func(span *deploy.Span) *deploy.Error) *deploy.Error {
	span := deploy.Span{Host: a.done.Host, Phase: a.done.Phase, Part: part, Step: part.Of(name), Start: time.Now(), Outcome: deploy.Succeeded}
	if err := do(&span); err != nil {
		err.Phase = a.done.Phase
		span.Err = err
		if span.Outcome == deploy.Succeeded {
			span.Outcome = deploy.Failed
		}
	}
	a.run.rec.Excuse(&span)
	span.Duration = time.Since(span.Start)
	a.done.Spans = append(a.done.Spans, span)
	return span.Err
}

// do carries an operation out on the host.
func (a *hostActivation) do(ctx context.Context, op release.Operation) error {
	return a.run.fleet.On(a.host.Name).Do(ctx, op)
}

// failed is a failure of Slipway's own work on the host, with its span.
func (a *hostActivation) failed(part deploy.Part, err error) *deploy.Error {
	return a.part(part, "", func(*deploy.Span) *deploy.Error { return deploy.OnHost(a.host.Name, a.done.Phase, string(part), err) })
}

// drain takes the host out of its balancers; nothing where it has none.
func (a *hostActivation) drain(ctx context.Context) *deploy.Error {
	if !a.run.balancers.Has(a.host.Name) {
		return nil
	}
	return a.part(deploy.PartDrain, "", func(span *deploy.Span) (err *deploy.Error) {
		span.Note, err = a.run.balancers.Drain(ctx, a.host.Host)
		return err
	})
}

// undrain puts the host back that is drained.
func (a *hostActivation) undrain(ctx context.Context) *deploy.Error {
	if !a.run.balancers.Drained(a.host.Name) {
		return nil
	}
	return a.part(deploy.PartUndrain, "", func(*deploy.Span) *deploy.Error { return a.run.balancers.Undrain(ctx, a.host.Host) })
}

// switchTo makes current name a link instead of the one that it names now; nothing, when the link is none.
func (a *hostActivation) switchTo(ctx context.Context, link, now plan.Link) *deploy.Error {
	return a.part(deploy.PartSwitch, "", func(*deploy.Span) *deploy.Error {
		change := activate.Change{Deployment: a.run.plan.Deployment, Release: link.Release, Target: link.Target, Previous: now.Target}
		to := activate.Switch
		if link.None() {
			change.Release, change.Target, change.Previous = now.Release, now.Target, ""
			to = activate.Unlink
		}
		err := a.do(ctx, to(a.site, change))
		return deploy.OnHost(a.host.Name, a.done.Phase, "switch", err)
	})
}

// restartAndVerify restarts the host as the block says, asks its checks, and lets them soak. What goes back to a release does not
// soak: that one did when it was activated, and each second more is one of the failed release elsewhere.
func (a *hostActivation) restartAndVerify(ctx context.Context, block activate.Block) *deploy.Error {
	for _, s := range block.Activation.Restart {
		name := ""
		if len(block.Activation.Restart) > 1 {
			name = s.Name
		}
		if err := a.journaled(ctx, deploy.LiveRestart, func() *deploy.Error { return a.restart(ctx, name, s, block.Vars) }); err != nil {
			return a.withLog(ctx, err, block.Vars, s)
		}
	}
	err := a.journaled(ctx, deploy.LiveVerify, func() *deploy.Error {
		start := time.Now()
		if err := a.verify(ctx, block.Activation.Verify, block.Vars); err != nil || a.undo {
			return err
		}
		return a.soak(ctx, block, time.Since(start))
	})
	return a.withLog(ctx, err, block.Vars, block.Activation.Restart...)
}

func (a *hostActivation) restart(ctx context.Context, name string, s deploy.Step, vars map[string]string) *deploy.Error {
	a.run.restarts.Store(restart{a.host.Name, a.release}, true)
	return a.part(deploy.PartRestart, name, func(span *deploy.Span) *deploy.Error {
		result := a.run.steps.Run(ctx, a.host.Name, s, a.scene(vars))
		span.Outcome, span.Status, span.Note = result.Outcome, result.Status, result.Note
		return result.Err
	})
}

// verify asks every check; all must pass. One span says how many did, or which one did not.
func (a *hostActivation) verify(ctx context.Context, checks []deploy.Check, vars map[string]string) *deploy.Error {
	if len(checks) == 0 {
		return nil
	}
	name := checks[0].Name
	if len(checks) > 1 {
		name = fmt.Sprintf("%d/%d", len(checks), len(checks))
	}
	return a.part(deploy.PartVerify, name, func(span *deploy.Span) *deploy.Error {
		checked := a.checked(vars)
		for _, check := range healthcheck.All(checks) {
			if err := checked.Pass(ctx, check); err != nil {
				span.Step, span.Status = deploy.PartVerify.Of(check.Name), causeOf(err)
				return err
			}
		}
		return nil
	})
}

// soak goes on asking the checks of a host that passed until the block's StableFor is over. took is how long they took to pass.
func (a *hostActivation) soak(ctx context.Context, block activate.Block, took time.Duration) *deploy.Error {
	if block.Activation.StableFor == 0 || len(block.Activation.Verify) == 0 {
		return nil
	}
	return a.part(deploy.PartSoak, "", func(span *deploy.Span) *deploy.Error {
		failure := a.checked(block.Vars).Soak(ctx, healthcheck.All(block.Activation.Verify), healthcheck.Soak{
			Until: span.Start.Add(block.Activation.StableFor),
			How: func() (how string, moments []string) {
				up, down := tenths(took), tenths(took+time.Since(span.Start))
				return fmt.Sprintf("was up after %s and down again after %s", up, down), []string{up, down}
			},
		})
		if failure != nil {
			span.Step, span.Status = failure.Step, causeOf(failure)
		}
		return failure
	})
}

func tenths(d time.Duration) string { return d.Round(100 * time.Millisecond).String() }

func causeOf(err *deploy.Error) string {
	if cause := errors.Unwrap(err); cause != nil {
		return cause.Error()
	}
	return err.Error()
}

// checked is the host as its checks see it.
func (a *hostActivation) checked(vars map[string]string) *healthcheck.Host {
	others := []deploy.ReleaseID{a.host.Before.Release, a.run.schedule.Release}
	for _, known := range a.host.Facts.Releases {
		others = append(others, known.ID)
	}
	there := a.run.fleet.On(a.host.Name)
	return &healthcheck.Host{
		Name: a.done.Host, Phase: a.done.Phase, Release: a.release, Others: others, Back: a.undo || a.run.plan.Rollback(),
		Dial: there.Conn().Dial, Redactor: a.run.opts.Redactor,
		Run: func(ctx context.Context, s deploy.Step) deploy.Span {
			return a.run.steps.Try(ctx, a.host.Name, s, a.scene(vars))
		},
		Reach: there.Reach,
	}
}

// scene is where the steps of this activation run.
func (a *hostActivation) scene(vars map[string]string) stepper.Scene {
	return stepper.Scene{Release: a.release, Vars: vars, Undo: a.undo}
}

// journaled writes the intent of a part into the journal before it, and its outcome after it.
func (a *hostActivation) journaled(ctx context.Context, what deploy.LiveAct, do func() *deploy.Error) *deploy.Error {
	if err := a.note(ctx, what, deploy.RecordIntent); err != nil {
		return a.failed(deploy.Part(what), err)
	}
	failure := do()
	state := deploy.RecordOK
	if failure != nil {
		state = deploy.RecordFailed
	}
	if ctx.Err() != nil {
		parting, cancel := a.run.parting(ctx)
		defer cancel()
		ctx = parting
	}
	if err := a.note(ctx, what, state); err != nil && failure == nil {
		return a.failed(deploy.Part(what), err)
	}
	return failure
}

func (a *hostActivation) note(ctx context.Context, what deploy.LiveAct, state deploy.RecordState) error {
	ctx, cancel := context.WithTimeout(ctx, noteTimeout)
	defer cancel()
	entry := activate.Entry{What: what, State: state, Release: a.release}
	return a.do(ctx, activate.Note(a.site, a.run.plan.Deployment, entry))
}

// noteTimeout bounds the writing of one journal line.
const noteTimeout = 30 * time.Second

// record writes down that the host serves a release and verified it. The mark comes last: whoever finds it finds the line of the
// history too.
func (a *hostActivation) record(ctx context.Context, outcome string, before deploy.ReleaseID) *deploy.Error {
	entry := a.run.historyEntry(a.release, before, outcome)
	if err := a.do(ctx, journal.Append(a.site, entry)); err != nil {
		return a.failed("record", err)
	}
	if a.release == "" {
		return nil
	}
	if err := a.do(ctx, activate.Mark(a.site, a.release, "verified")); err != nil {
		return a.failed("record", err)
	}
	return nil
}

// historyEntry is the line that a change of current leaves on a host.
func (r *run) historyEntry(now, before deploy.ReleaseID, outcome string) deploy.HistoryEntry {
	revision := ""
	if now == r.schedule.Release {
		revision = r.schedule.Revision
	}
	return deploy.HistoryEntry{
		At: time.Now().UTC(), Release: now, Before: before, Deployment: r.plan.Deployment, Command: r.plan.Command,
		Actor: r.plan.Actor, RunURL: r.plan.RunURL, Order: r.schedule.Stamp(), Outcome: outcome, Revision: revision,
	}
}
