package toggle

import (
	"context"
	"slices"

	"slipway/internal/deploy"
	"slipway/internal/fanout"
	"slipway/internal/stepper"
)

// IntendUndos writes down which steps of migrate are to be taken back, in order, and all that is needed for it: the whole on one host,
// then on each what is to be taken back there. From the whole on, whoever finds the journals open takes them back.
func (t *Toggles) IntendUndos(ctx context.Context, undos deploy.Undos) deploy.Errors {
	hosts := undos.Hosts()
	if errs := t.noteWhole(ctx, hosts[0], undos, deploy.RecordIntent); len(errs) > 0 {
		return errs
	}
	return t.CompleteUndos(ctx, hosts[0], undos, hosts, nil)
}

// CompleteUndos writes down on hosts what is to be taken back there, but for what their journals say already, and then on the keeper of
// the whole that every host has its part. Nothing may be taken back before.
func (t *Toggles) CompleteUndos(ctx context.Context, keeper string, undos deploy.Undos, hosts []string, live map[string][]deploy.LiveEntry) deploy.Errors {
	errs := fanout.Failures(hosts, func(host string) *deploy.Error {
		written := deploy.OpenUndos(live[host])
		for _, undo := range undos.On(host) {
			if slices.ContainsFunc(written, func(t deploy.Toggle) bool { return t.Name == undo.Name }) {
				continue
			}
			if err := t.note(ctx, host, deploy.LiveUndo, deploy.RecordIntent, undo); err != nil {
				return deploy.OnHost(host, deploy.Undo, undo.Name, err)
			}
		}
		return nil
	})
	if len(errs) > 0 {
		return errs
	}
	return t.noteWhole(ctx, keeper, undos, deploy.RecordOK)
}

// noteWhole writes a line about the whole into the journal of its keeper.
func (t *Toggles) noteWhole(ctx context.Context, keeper string, undos deploy.Undos, state deploy.RecordState) deploy.Errors {
	entry := deploy.LiveEntry{What: deploy.LiveUndos, State: state}
	if state == deploy.RecordIntent {
		entry.Undos = &undos
	}
	if err := t.noteEntry(ctx, keeper, entry); err != nil {
		return deploy.Errors{deploy.OnHost(keeper, deploy.Undo, undos.Steps[0].Step.Name, err)}
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
