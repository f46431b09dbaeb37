package rollout

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/activation"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/fanout"
	"github.com/slipway/slipway/internal/plan"
	"github.com/slipway/slipway/internal/release/journal"
	"github.com/slipway/slipway/internal/release/step"
)

// reconcileTimeout bounds a run that only reconciles: the CI ends a cancelled job five minutes after the cancel, whatever it does
// (docs.github.com, workflow cancellation). What is not done by then stays open in the journals, for the next command.
const reconcileTimeout = 4 * time.Minute

// reconcile puts right what dead deployments left half done, oldest first, and says so. Nothing else is changed before it. changed
// says that something was put right: the facts are out of date then.
func (r *run) reconcile(ctx context.Context) (changed bool, errs deploy.Errors) {
	for _, dead := range r.schedule.Dead(r.plan.Reconcile) {
		changed = true
		r.warnOfOwners(dead)
		errs = append(errs, r.reconcileDead(ctx, dead)...)
	}
	if own := r.schedule.OwnUndos(); len(own.Left) > 0 && !r.plan.Reconcile {
		changed = true
		errs = append(errs, r.followUndos(ctx, own)...)
	}
	return changed, errs
}

// warnOfOwners names the hosts that are another application's by now. A run that only reconciles brings them back all the same: no
// other deployment's journal says what this one left half done there.
func (r *run) warnOfOwners(dead plan.Dead) {
	if !r.plan.Reconcile {
		return // preflight refuses such a host
	}
	for _, l := range dead.Left {
		if err := l.Host.Facts.Owner.Refuse(l.Host.DeployPath, r.plan.Owner(), r.plan.ReplaceApp); err != nil && !l.Host.NoRelease {
			r.rec.Warn(fmt.Sprintf("%s: %s; what this deployment left half done there is brought back all the same", l.Host.Name, err.Cause))
		}
	}
}

// reconcileDead brings back the hosts on which a dead deployment's release may not stay, all at once. Then it goes on with what the
// deployment had begun to undo, and takes back the toggles that were left on: hosts that are out of their balancers, a maintenance page.
func (r *run) reconcileDead(ctx context.Context, dead plan.Dead) deploy.Errors {
	ways := dead.WaysBack()
	if len(ways) > 0 {
		done := r.rec.Phase(deploy.Unwind)
		defer func() { done(ctx.Err() == nil) }()
	}
	stuck := fanout.Failures(dead.Left, func(l plan.Leftover) *deploy.Error {
		if way, ok := ways[l.Host.Name]; ok {
			return r.bringBack(ctx, l.Host, activation.WayBack{From: way.From, To: way.To})
		}
		return nil
	})
	isStuck := func(host string) bool {
		return slices.ContainsFunc(stuck, func(err *deploy.Error) bool { return err.Host == host })
	}
	undone, left, open := r.undoDead(ctx, dead, len(stuck) > 0) // while it is open, what is ensured stays on
	takenBack, errs := r.takeBack(ctx, dead, func(t deploy.Toggle) bool { return isStuck(t.For) || t.For == "" && open })
	undone, left = append(undone, takenBack...), append(left, errs...)
	unwritten := fanout.Failures(dead.Left, func(l plan.Leftover) *deploy.Error {
		failed := func(err *deploy.Error) bool { return err.Host == l.Host.Name }
		if open || slices.ContainsFunc(stuck, failed) || slices.ContainsFunc(left, failed) {
			return nil
		}
		there := r.fleet.On(l.Host.Name)
		return deploy.OnHost(l.Host.Name, deploy.Finish, "", there.Do(ctx, journal.End(there.Site(), dead.ID, string(deploy.OutcomeReconciled), nil)))
	})
	brought := slices.DeleteFunc(slices.Sorted(maps.Keys(ways)), isStuck)
	switch did := reconciledText(brought, undone); {
	case r.plan.Reconcile && len(undone) > 0: // the result says what was brought back
		r.rec.Notice(reconciledText(nil, undone))
	case !r.plan.Reconcile && did != "":
		r.rec.Warn(fmt.Sprintf("deployment %s died half way: %s", dead.ID, did))
	}
	return slices.Concat(stuck, left, unwritten)
}

// takeBack undoes what a dead deployment left on, except the toggles for which stays is true. It names what it undid.
func (r *run) takeBack(ctx context.Context, dead plan.Dead, stays func(deploy.Toggle) bool) (undone []string, errs deploy.Errors) {
	type taken struct {
		undone []string
		errs   deploy.Errors
	}
	for _, host := range fanout.Do(dead.Left, func(l plan.Leftover) (host taken) {
		host.undone, host.errs = r.toggles.TakeBack(ctx, l.Host.Name, slices.DeleteFunc(l.Toggles(), stays))
		return host
	}) {
		undone, errs = append(undone, host.undone...), append(errs, host.errs...)
	}
	return undone, errs
}

var errNoUndo = errors.New("it is to be undone, and the journal does not say how")

// reconciledText says what was done about a dead deployment; "" where there was nothing to do.
func reconciledText(brought, undone []string) string {
	var did []string
	if len(brought) > 0 {
		did = append(did, strings.Join(brought, ", ")+" brought back")
	}
	if len(undone) > 0 {
		did = append(did, "undone: "+strings.Join(slices.Compact(slices.Sorted(slices.Values(undone))), ", "))
	}
	return strings.Join(did, "; ")
}

// reconcileOwn mends what an earlier attempt of this deployment left and this attempt did not reach: toggles that are still on, and,
// where this attempt failed before it switched anything, hosts that are half switched.
func (r *run) reconcileOwn(ctx context.Context, s *stop) *stop {
	own := r.schedule.OwnLeft(r.asked, r.toggled)
	if len(own.Left) == 0 || cancelled(ctx) {
		return s
	}
	ctx, cancel := r.owed(ctx)
	defer cancel()
	var errs deploy.Errors
	if s == nil || s.phase == deploy.Activate || notUndone(s.errs) { // what is still to be undone keeps the journals open
		_, errs = r.takeBack(ctx, own, func(deploy.Toggle) bool { return false })
	} else if own.HalfDone() {
		errs = r.reconcileDead(ctx, own)
	}
	if len(errs) == 0 {
		return s
	}
	person := &stop{
		outcome: deploy.OutcomePerson, exit: deploy.ExitPerson, phase: errs[0].Phase, step: errs[0].Step, errs: errs,
		next: deploy.Next{Text: "bring the named hosts back by hand; then deploy again"},
	}
	if s != nil {
		person.phase, person.step, person.errs = s.phase, s.step, append(slices.Clone(s.errs), errs...)
	}
	return person
}

// toggled reports whether this run did a toggle itself on a host, or took it back.
func (r *run) toggled(host string, t deploy.Toggle) bool {
	if t.For != "" {
		return r.balancers.Touched(t.For)
	}
	return r.ensured.Has(host, t.Name)
}

// reconciled is the end of a run that only reconciles: preflight did it.
func (r *run) reconciled() *stop {
	s := &stop{outcome: deploy.OutcomeReconciled, exit: deploy.ExitDone, next: deploy.Next{Text: `"Re-run failed jobs" goes on where the run stopped`}}
	if hosts := r.keepMigrating(); len(hosts) > 0 {
		s.next.Text = fmt.Sprintf(`a step of migrate still runs on %s, which stays locked until its end; "Re-run failed jobs" joins it`,
			strings.Join(hosts, ", "))
	}
	return s
}

// endStrays ends the restarts of an earlier attempt of this deployment that still run. A restart goes on when its runner dies, and
// would run beside the one of this attempt.
func (r *run) endStrays(ctx context.Context) deploy.Errors {
	return fanout.Failures(r.schedule.Hosts, func(h plan.Host) *deploy.Error {
		if h.Facts.Own == nil {
			return nil
		}
		for _, try := range h.Facts.Own.Steps {
			if try.Status != "" || try.Void || try.Phase() != deploy.Activate {
				continue
			}
			there := r.fleet.On(h.Name)
			if err := there.Do(ctx, step.Stop(there.Site(), step.Recorded(r.plan.Deployment, try))); err != nil {
				return deploy.OnHost(h.Name, deploy.Preflight, "", err)
			}
		}
		return nil
	})
}
