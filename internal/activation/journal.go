package activation

import (
	"context"
	"slices"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/activate"
	"github.com/slipway/slipway/internal/release/journal"
	"github.com/slipway/slipway/internal/release/step"
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

// behind is what the command of a part's last step does once that has succeeded: it writes that the part did, and the intent of the next one,
// and looks. Their own commands do it where that did not come to its end.
func (a *Host) behind(done, next deploy.LiveAct, look release.Operation) *step.Along {
	return &step.Along{Operation: release.Then(a.lines(a.entry(done, deploy.RecordOK), a.entry(next, deploy.RecordIntent)), look)}
}

func (a *Host) entry(what deploy.LiveAct, state deploy.RecordState) activate.Entry {
	return activate.Entry{What: what, State: state, Release: a.release}
}

// noteTimeout bounds the writing of one journal line.
const noteTimeout = 30 * time.Second

// lastLook is whether current leads to the release still, once the checks of a block passed.
type lastLook struct {
	release.Operation
	block    activate.Block
	recorded bool // the last check's command has looked, and did what Record does
}

// record writes down that the host serves a release and verified it, and that a look finds it still live; more are lines of the journal.
// The mark is written last, so that wherever it is, the line in the history is too.
func (a *Host) record(outcome string, before deploy.ReleaseID, look release.Operation, more ...activate.Entry) release.Operation {
	entry := a.deployment.History
	entry.At, entry.Release, entry.Before, entry.Outcome = time.Now().UTC(), a.release, before, outcome
	if a.release != a.deployment.Release {
		entry.Revision = ""
	}
	record := journal.Append(a.there.Site(), entry)
	if a.release != "" {
		record = release.Then(record, activate.Mark(a.there.Site(), a.release, "verified"))
	}
	record = release.Then(look, release.Then(a.lines(more...), record))
	record.Name = "record"
	return record
}

// recorded is record for the command of the check that passes last.
func (a *Host) recorded(look release.Operation) *step.Along {
	return &step.Along{Operation: a.record("activated", a.host.Before.Release, look, a.entry(deploy.LiveVerify, deploy.RecordOK))}
}

// Record writes down that the host serves a release and verified it, where its last check has not done so.
func (a *Host) Record(ctx context.Context, outcome string, before deploy.ReleaseID) *deploy.Error {
	var look release.Operation
	if a.last != nil {
		if a.last.recorded {
			return nil
		}
		look = a.last.Operation
	}
	err := a.do(ctx, a.record(outcome, before, look))
	switch {
	case a.last != nil && activate.Elsewhere(err):
		return a.notVerified(ctx, err)
	case err != nil:
		return a.failed("record", err)
	}
	a.owed = nil
	return nil
}

// notVerified is the failure of a host whose current leads elsewhere once its checks passed.
func (a *Host) notVerified(ctx context.Context, err error) *deploy.Error {
	a.owed = slices.DeleteFunc(a.owed, func(e activate.Entry) bool { return e.What == deploy.LiveVerify })
	failure := a.failed(deploy.PartVerify, err)
	if err := a.note(ctx, deploy.LiveVerify, deploy.RecordFailed, release.Operation{}); err != nil {
		a.deployment.Warn("the journal does not say that it failed: " + err.Error())
	}
	block := a.last.block
	return a.withLog(ctx, failure, block.Vars, block.Activation.Restart...)
}
