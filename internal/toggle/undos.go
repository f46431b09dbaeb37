package toggle

import (
	"context"

	"slipway/internal/deploy"
	"slipway/internal/stepper"
)

// IntendUndos writes down on a host which steps of migrate are to be taken back there, in order, and all that is needed for it. From
// then on whoever finds the journal open takes them back.
func (t *Toggles) IntendUndos(ctx context.Context, host string, undos []deploy.Toggle) *deploy.Error {
	for _, undo := range undos {
		if err := t.note(ctx, host, deploy.LiveUndo, deploy.RecordIntent, undo); err != nil {
			return deploy.OnHost(host, deploy.Undo, undo.Name, err)
		}
	}
	return nil
}

// Undo takes back what a step of migrate did on a host in a release, and writes down that it is done. What fails stays to be done.
func (t *Toggles) Undo(ctx context.Context, host string, undo deploy.Toggle, release deploy.ReleaseID) deploy.Span {
	span := t.Steps.Undo(ctx, host, *undo.Step, stepper.Scene{Release: release, Vars: undo.Vars})
	if span.Err != nil {
		return span
	}
	if err := t.note(context.WithoutCancel(ctx), host, deploy.LiveUndo, deploy.RecordOK, named(undo)); err != nil {
		span.Outcome, span.Err = deploy.Failed, deploy.OnHost(host, deploy.Undo, undo.Name, err)
		span.Err.Hint = "it is undone, which could not be written down: the next command finds it so"
	}
	return span
}
