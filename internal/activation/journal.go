package activation

import (
	"context"
	"slices"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/activate"
	"github.com/slipway/slipway/internal/release/journal"
)

// leading is journaled for a part that another one follows at once: the intent of that brings along that this one succeeded.
func (a *Host) leading(ctx context.Context, what deploy.LiveAct, do func() *deploy.Error) *deploy.Error {
	return a.inJournal(ctx, what, release.Operation{}, true, func(bool) *deploy.Error { return do() })
}

// journaled writes the intent of a part into the journal before it, and its outcome after it.
func (a *Host) journaled(ctx context.Context, what deploy.LiveAct, do func() *deploy.Error) *deploy.Error {
	return a.inJournal(ctx, what, release.Operation{}, false, func(bool) *deploy.Error { return do() })
}

// inJournal looks whether current still leads to the release in the command that writes the intent; do hears whether it does.
func (a *Host) inJournal(
	ctx context.Context, what deploy.LiveAct, look release.Operation, leads bool, do func(looked bool) *deploy.Error,
) *deploy.Error {
	looked := look.Script != "" && a.intended != what
	if a.intended != what {
		if err := a.note(ctx, what, deploy.RecordIntent, look); activate.Elsewhere(err) {
			looked = false
		} else if err != nil {
			return a.failed(deploy.Part(what), err)
		}
	}
	a.intended = ""
	failure := do(looked)
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
	if err := a.note(ctx, what, state, release.Operation{}); err != nil && failure == nil {
		return a.failed(deploy.Part(what), err)
	}
	return failure
}

func (a *Host) note(ctx context.Context, what deploy.LiveAct, state deploy.RecordState, also release.Operation) error {
	ctx, cancel := context.WithTimeout(ctx, noteTimeout)
	defer cancel()
	err := a.do(ctx, release.Then(a.lines(a.entry(what, state)), also))
	if err == nil || activate.Elsewhere(err) {
		a.owed = nil
	}
	return err
}

// lines writes what the journal is owed, and more.
func (a *Host) lines(more ...activate.Entry) release.Operation {
	all := slices.Concat(a.owed, more)
	if len(all) == 0 {
		return release.Operation{}
	}
	return activate.Note(a.there.Site(), a.deployment.History.Deployment, all...)
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
	if err := a.do(ctx, release.Then(a.lines(), record)); err != nil {
		return a.failed("record", err)
	}
	a.owed = nil
	return nil
}
