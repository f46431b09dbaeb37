package activation

import (
	"context"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/release"
	"slipway/internal/release/activate"
	"slipway/internal/release/journal"
)

// leading is journaled for a part that another one follows at once: the intent of that brings along that this one succeeded.
func (a *Host) leading(ctx context.Context, what deploy.LiveAct, do func() *deploy.Error) *deploy.Error {
	return a.inJournal(ctx, what, true, do)
}

// journaled writes the intent of a part into the journal before it, and its outcome after it.
func (a *Host) journaled(ctx context.Context, what deploy.LiveAct, do func() *deploy.Error) *deploy.Error {
	return a.inJournal(ctx, what, false, do)
}

func (a *Host) inJournal(ctx context.Context, what deploy.LiveAct, leads bool, do func() *deploy.Error) *deploy.Error {
	if err := a.note(ctx, what, deploy.RecordIntent); err != nil {
		return a.failed(deploy.Part(what), err)
	}
	failure := do()
	state := deploy.RecordOK
	if failure != nil {
		state = deploy.RecordFailed
	}
	if leads && failure == nil && ctx.Err() == nil {
		a.owed = append(a.owed, a.entry(what, state))
		return nil
	}
	if ctx.Err() != nil {
		parting, cancel := a.deployment.Parting(ctx)
		defer cancel()
		ctx = parting
	}
	if err := a.note(ctx, what, state); err != nil && failure == nil {
		return a.failed(deploy.Part(what), err)
	}
	return failure
}

func (a *Host) note(ctx context.Context, what deploy.LiveAct, state deploy.RecordState) error {
	ctx, cancel := context.WithTimeout(ctx, noteTimeout)
	defer cancel()
	err := a.do(ctx, activate.Note(a.there.Site(), a.deployment.History.Deployment, append(a.owed, a.entry(what, state))...))
	if err == nil {
		a.owed = nil
	}
	return err
}

func (a *Host) entry(what deploy.LiveAct, state deploy.RecordState) activate.Entry {
	return activate.Entry{What: what, State: state, Release: a.release}
}

// noteTimeout bounds the writing of one journal line.
const noteTimeout = 30 * time.Second

// Record writes down that the host serves a release and verified it. The mark is written last, so that wherever it is, the
// line in the history is too.
func (a *Host) Record(ctx context.Context, outcome string, before deploy.ReleaseID) *deploy.Error {
	entry := a.deployment.History
	entry.At, entry.Release, entry.Before, entry.Outcome = time.Now().UTC(), a.release, before, outcome
	if a.release != a.deployment.Release {
		entry.Revision = ""
	}
	record := journal.Append(a.there.Site(), entry)
	if a.release != "" {
		record = release.Then(record, activate.Mark(a.there.Site(), a.release, "verified"))
	}
	if err := a.do(ctx, record); err != nil {
		return a.failed("record", err)
	}
	return nil
}
