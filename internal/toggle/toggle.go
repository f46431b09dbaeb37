// Package toggle does what is done for a while and then taken back: a host is out of its balancers while it is activated, a maintenance
// page is up while the schema changes.
//
// Terms: see deploy.Toggle. The host that runs one writes its journal, so that whoever finds it left on can take it back. The
// package must not know when in a deployment something is toggled, nor what a failure means.
package toggle

import (
	"context"
	"errors"
	"path"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/fleet"
	"github.com/slipway/slipway/internal/release/activate"
	"github.com/slipway/slipway/internal/stepper"
)

// noteTimeout bounds the writing of one journal line.
const noteTimeout = 30 * time.Second

// Toggles are what one deployment toggles on its hosts.
type Toggles struct {
	Deployment deploy.DeploymentID
	Fleet      *fleet.Fleet
	Steps      *stepper.Stepper
}

// On does a toggle on a host. The journal there gets the intent first, with everything that is needed to take it back, and the outcome
// afterwards.
func (t *Toggles) On(ctx context.Context, host string, toggle deploy.Toggle) deploy.Span {
	return t.half(ctx, host, deploy.ToggleOn, toggle, toggle)
}

// Off takes a toggle back on a host.
func (t *Toggles) Off(ctx context.Context, host string, toggle deploy.Toggle) deploy.Span {
	undo := *toggle.Step
	undo.Name, undo.Run, undo.Undo, undo.Check = "undo "+undo.Name, undo.Undo, "", ""
	off := toggle
	off.Step = &undo
	return t.half(ctx, host, deploy.ToggleOff, off, named(toggle))
}

// TakeBack takes back what a journal on a host says was left on.
func (t *Toggles) TakeBack(ctx context.Context, host string, left []deploy.Toggle) (undone []string, errs deploy.Errors) {
	for _, toggle := range left {
		if toggle.Step == nil || toggle.Step.Undo == "" {
			errs = append(errs, deploy.OnHost(host, deploy.Preflight, toggle.Name,
				errors.New("it is left on, and the journal does not say how to take it back")))
			continue
		}
		if span := t.Off(ctx, host, toggle); span.Err != nil {
			errs = append(errs, span.Err)
			continue
		}
		undone = append(undone, toggle.Name)
	}
	return undone, errs
}

// half runs one half of a toggle; intent is what the journal keeps of it before.
func (t *Toggles) half(ctx context.Context, host string, what deploy.LiveAct, toggle, intent deploy.Toggle) deploy.Span {
	s := *toggle.Step
	if !path.IsAbs(s.Dir) {
		s.Dir = path.Join(t.Fleet.On(host).DeployPath, s.Dir)
	}
	start := time.Now()
	if err := t.note(ctx, host, what, deploy.RecordIntent, intent); err != nil {
		return deploy.Span{
			Host: host, Phase: s.Phase, Step: s.Name, Start: start, Duration: time.Since(start),
			Outcome: deploy.Failed, Status: stepper.NotStarted, Err: deploy.OnHost(host, s.Phase, s.Name, err),
		}
	}
	span := t.Steps.Run(ctx, host, s, stepper.Scene{Vars: toggle.Vars, TakesBack: what == deploy.ToggleOff})
	state := deploy.RecordOK
	if span.Err != nil {
		state = deploy.RecordFailed
	}
	err := t.note(context.WithoutCancel(ctx), host, what, state, named(toggle))
	if err != nil && span.Err == nil {
		span.Outcome, span.Err = deploy.Failed, deploy.OnHost(host, s.Phase, s.Name, err)
	}
	return span
}

// note writes a line about a toggle into the journal of the host.
func (t *Toggles) note(ctx context.Context, host string, what deploy.LiveAct, state deploy.RecordState, toggle deploy.Toggle) error {
	return t.noteEntry(ctx, host, deploy.LiveEntry{What: what, State: state, Toggle: &toggle})
}

func (t *Toggles) noteEntry(ctx context.Context, host string, entry deploy.LiveEntry) error {
	ctx, cancel := context.WithTimeout(ctx, noteTimeout)
	defer cancel()
	there := t.Fleet.On(host)
	return there.Do(ctx, activate.Note(there.Site(), t.Deployment, entry))
}

// named is a toggle without the step that does it.
func named(toggle deploy.Toggle) deploy.Toggle {
	return deploy.Toggle{Name: toggle.Name, For: toggle.For}
}
