package activation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/healthcheck"
	"github.com/slipway/slipway/internal/plan"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/activate"
	"github.com/slipway/slipway/internal/release/step"
	"github.com/slipway/slipway/internal/stepper"
)

// Drain takes the host out of its balancers; nothing where it has none.
func (a *Host) Drain(ctx context.Context) *deploy.Error {
	if !a.deployment.Balancers.Has(a.host.Name) {
		return nil
	}
	return a.part(deploy.PartDrain, "", func(span *deploy.Span) (err *deploy.Error) {
		span.Note, err = a.deployment.Balancers.Drain(ctx, a.host.Host)
		return err
	})
}

// Undrain puts the host back that is drained.
func (a *Host) Undrain(ctx context.Context) *deploy.Error {
	if !a.deployment.Balancers.Drained(a.host.Name) {
		return nil
	}
	return a.part(deploy.PartUndrain, "", func(*deploy.Span) *deploy.Error { return a.deployment.Balancers.Undrain(ctx, a.host.Host) })
}

// Switch makes current lead where link does, instead of where now does. Where link is none, it removes current. It brings along the
// intent of next, which follows at once; "" is none.
func (a *Host) Switch(ctx context.Context, link, now plan.Link, next deploy.LiveAct) *deploy.Error {
	return a.part(deploy.PartSwitch, "", func(*deploy.Span) *deploy.Error {
		change := activate.Change{Deployment: a.deployment.History.Deployment, Release: link.Release, Target: link.Target, Previous: now.Target}
		to := activate.Switch
		if next != "" {
			change.Then = a.entry(next, deploy.RecordIntent)
		}
		if link.None() {
			change.Release, change.Target, change.Previous = now.Release, now.Target, ""
			to = activate.Unlink
		}
		err := a.do(ctx, to(a.there.Site(), change))
		if err == nil {
			a.intended = next
		}
		return deploy.OnHost(a.host.Name, a.Done.Phase, "switch", err)
	})
}

// RestartAndVerify restarts the host as the block says, asks its checks, and lets them soak. A host that goes back does not soak:
// its release did so when it was activated, and other hosts still serve the failed one meanwhile.
func (a *Host) RestartAndVerify(ctx context.Context, block activate.Block) *deploy.Error {
	restarts := block.Activation.Restart
	look := a.live(len(restarts) > 0)
	var behind *step.Along // the last restart, which verify follows at once
	for i, s := range restarts {
		name := ""
		if len(restarts) > 1 {
			name = s.Name
		}
		err := a.leading(ctx, deploy.LiveRestart, func() *deploy.Error {
			if i == len(restarts)-1 {
				behind = a.behind(deploy.LiveRestart, deploy.LiveVerify, look)
			}
			return a.restart(ctx, name, s, block.Vars, behind)
		})
		if err != nil {
			return a.withLog(ctx, err, block.Vars, s)
		}
	}
	came := behind != nil && behind.Done
	if came {
		a.owed, a.intended = nil, deploy.LiveVerify
	}
	leads := !a.undo && !a.deployment.Balancers.Drained(a.host.Name) // else Record may not follow at once
	err := a.inJournal(ctx, deploy.LiveVerify, look, leads, func(looked bool) *deploy.Error {
		start := time.Now()
		if !looked && !came {
			if err := a.stillLive(ctx, deploy.PartRestart, look); err != nil {
				return err
			}
		}
		script := func(c deploy.Check) bool { return c.Run != nil }
		last := a.live(slices.ContainsFunc(block.Activation.Verify, script))
		recordNext := leads && !soaks(block)
		var along *step.Along
		var behind func() *step.Along
		if recordNext {
			behind = func() *step.Along {
				along = a.recorded(last)
				return along
			}
		}
		if err := a.verify(ctx, block.Activation.Verify, block.Vars, behind); err != nil {
			return err
		}
		if recordNext {
			a.last = &lastLook{last, block, along != nil && along.Done}
			return nil
		}
		if err := a.stillLive(ctx, deploy.PartVerify, last); err != nil || a.undo {
			return err
		}
		return a.soak(ctx, block, time.Since(start))
	})
	return a.withLog(ctx, err, block.Vars, restarts...)
}

// First is what follows a switch at once.
func First(block activate.Block) deploy.LiveAct {
	if len(block.Activation.Restart) > 0 {
		return deploy.LiveRestart
	}
	return deploy.LiveVerify
}

// live looks, behind a part that ran scripts on the host, whether they left current where it was switched to.
func (a *Host) live(scripts bool) release.Operation {
	if !scripts || a.release == "" {
		return release.Operation{}
	}
	return activate.Live(a.there.Site(), a.release)
}

// stillLive does that, and says in which part current was changed.
func (a *Host) stillLive(ctx context.Context, part deploy.Part, look release.Operation) *deploy.Error {
	if err := a.do(ctx, look); err != nil {
		return a.failed(part, err)
	}
	return nil
}

func (a *Host) restart(ctx context.Context, name string, s deploy.Step, vars map[string]string, behind *step.Along) *deploy.Error {
	a.deployment.Programs.began(a.host.Name, a.release)
	return a.part(deploy.PartRestart, name, func(span *deploy.Span) *deploy.Error {
		scene := a.scene(vars, deploy.PartRestart, name)
		scene.Along = behind
		result := a.deployment.Steps.Run(ctx, a.host.Name, s, scene)
		span.Outcome, span.Status, span.Note = result.Outcome, result.Status, result.Note
		return result.Err
	})
}

// Verify asks every check; all must pass. One span says how many did, or which one did not.
func (a *Host) Verify(ctx context.Context, checks []deploy.Check, vars map[string]string) *deploy.Error {
	return a.verify(ctx, checks, vars, nil)
}

// verify has the last check take along what behind gives, where it is a script that has to pass once: a new one for each try of it. nil
// is nothing.
func (a *Host) verify(ctx context.Context, checks []deploy.Check, vars map[string]string, behind func() *step.Along) *deploy.Error {
	if len(checks) == 0 {
		return nil
	}
	name := checks[0].Name
	if len(checks) > 1 {
		name = fmt.Sprintf("%d/%d", len(checks), len(checks))
	}
	return a.part(deploy.PartVerify, name, func(span *deploy.Span) *deploy.Error {
		scene := a.scene(vars, deploy.PartVerify, "")
		checked := a.checked(scene)
		for i, check := range healthcheck.All(checks) {
			if behind != nil && i == len(checks)-1 && check.Run != nil && check.Successes <= 1 {
				checked.Run = func(ctx context.Context, s deploy.Step) deploy.Span {
					scene.Along = behind()
					return a.deployment.Steps.Try(ctx, a.host.Name, s, scene)
				}
			}
			if err := checked.Pass(ctx, check); err != nil {
				span.Step, span.Status = deploy.PartVerify.Of(check.Name), causeOf(err)
				return err
			}
		}
		return nil
	})
}

// soaks reports whether a block's checks are asked for a while once they passed.
func soaks(block activate.Block) bool {
	return block.Activation.StableFor > 0 && len(block.Activation.Verify) > 0
}

// soak goes on asking the checks of a host that passed until the block's StableFor is over. took is how long they took to pass.
func (a *Host) soak(ctx context.Context, block activate.Block, took time.Duration) *deploy.Error {
	if !soaks(block) {
		return nil
	}
	return a.part(deploy.PartSoak, "", func(span *deploy.Span) *deploy.Error {
		failure := a.checked(a.scene(block.Vars, deploy.PartSoak, "")).Soak(ctx, healthcheck.All(block.Activation.Verify), healthcheck.Soak{
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

// checked is the host as its checks see it, whose scripts run in a scene.
func (a *Host) checked(scene stepper.Scene) *healthcheck.Host {
	others := []deploy.ReleaseID{a.host.Before.Release, a.deployment.Release}
	for _, known := range a.host.Facts.Releases {
		others = append(others, known.ID)
	}
	return &healthcheck.Host{
		Name: a.Done.Host, Phase: a.Done.Phase, Release: a.release, Others: others, Back: a.undo || a.deployment.Rollback,
		Dial: a.there.Conn().Dial, Redactor: a.deployment.Redactor,
		Run: func(ctx context.Context, s deploy.Step) deploy.Span {
			return a.deployment.Steps.Try(ctx, a.host.Name, s, scene)
		},
		Reach: a.there.Reach, Tell: a.deployment.Watched, Warn: a.deployment.Warn,
	}
}
