package toggle

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/fanout"
	"github.com/slipway/slipway/internal/stepper"
)

// mostKeepers is how many hosts are tried until one keeps the whole: each that is away costs the time of a note.
const mostKeepers = 3

// ErrNotKept says that no host keeps what is to be taken back: no later command knows of it.
var ErrNotKept = errors.New("what is to be undone is written down nowhere")

// IntendUndos writes down which steps of migrate are to be taken back, in order, and all that is needed for it: the whole on the first host
// that takes it, then on each what is to be taken back there. From the whole on, whoever finds the journals open takes them back: so a host
// that is lost, or whose disk is full, must not be why none knows. Where none takes it, the errors are ErrNotKept.
//
// others are the deployment's hosts where nothing is taken back. They are told first on which hosts something is, so that no later
// command goes to them alone as if nothing were open; one that cannot be told holds nothing up.
func (t *Toggles) IntendUndos(ctx context.Context, undos deploy.Undos, others []string) (errs deploy.Errors) {
	hosts := undos.Hosts()
	_ = fanout.Failures(others, func(host string) *deploy.Error { return t.noteWhole(ctx, host, undos, confirmed(undos)) })
	whole := deploy.LiveEntry{What: deploy.LiveUndos, State: deploy.RecordIntent, Undos: &undos}
	for _, keeper := range hosts[:min(len(hosts), mostKeepers)] {
		err := t.noteWhole(ctx, keeper, undos, whole)
		if err == nil {
			return t.CompleteUndos(ctx, keeper, undos, hosts, nil)
		}
		err.Cause = fmt.Errorf("%w: %w", ErrNotKept, err.Cause)
		errs = append(errs, err)
	}
	return errs
}

// confirmed is the line that says that every host has its part.
func confirmed(undos deploy.Undos) deploy.LiveEntry {
	return deploy.LiveEntry{What: deploy.LiveUndos, State: deploy.RecordOK, Hosts: undos.Hosts()}
}

// CompleteUndos writes down on hosts what is to be taken back there, but for what their journals say already, and then on all, last on the
// keeper of the whole, that every host has its part. Nothing may be taken back before.
func (t *Toggles) CompleteUndos(ctx context.Context, keeper string, undos deploy.Undos, hosts []string, live map[string][]deploy.LiveEntry) deploy.Errors {
	errs := fanout.Failures(hosts, func(host string) *deploy.Error {
		written := deploy.OpenUndos(live[host])
		for _, undo := range undos.On(host) {
			if slices.ContainsFunc(written, func(t deploy.Toggle) bool { return t.Name == undo.Name }) {
				continue
			}
			entry := deploy.LiveEntry{What: deploy.LiveUndo, State: deploy.RecordIntent, Toggle: &undo, Keeper: keeper}
			if err := t.noteEntry(ctx, host, entry); err != nil {
				return deploy.OnHost(host, deploy.Undo, undo.Name, err)
			}
		}
		return nil
	})
	if len(errs) > 0 {
		return errs
	}
	others := slices.DeleteFunc(slices.Clone(hosts), func(host string) bool { return host == keeper })
	confirm := func(host string) *deploy.Error { return t.noteWhole(ctx, host, undos, confirmed(undos)) }
	if errs = fanout.Failures(others, confirm); len(errs) > 0 {
		return errs
	}
	return fanout.Failures([]string{keeper}, confirm)
}

// noteWhole writes a line about the whole into the journal of a host.
func (t *Toggles) noteWhole(ctx context.Context, host string, undos deploy.Undos, entry deploy.LiveEntry) *deploy.Error {
	return deploy.OnHost(host, deploy.Undo, undos.Steps[0].Step.Name, t.noteEntry(ctx, host, entry))
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
