package rollout

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/activation"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/fanout"
	"github.com/slipway/slipway/internal/plan"
	"github.com/slipway/slipway/internal/transport/retry"
)

// owedTimeout bounds what a failed or cancelled deployment still has to do: the way back of a batch, for instance.
const owedTimeout = 10 * time.Minute

// owed is the context of work that a failed or cancelled deployment still owes its hosts.
func (r *run) owed(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), owedTimeout)
}

// unwind brings every switched host back to its unwind target, the newest batch first.
func (r *run) unwind(ctx context.Context, batches [][]activated, errs deploy.Errors) *stop {
	if cancelled(ctx) && !r.opts.UnwindOnCancel {
		s := r.stopped(ctx, deploy.Activate, "", deploy.ExitInterrupted, errs, nextFixed)
		s.next = deploy.Next{Text: "hosts may be half switched: the action's post step, or the next deployment, brings them back before anything else"}
		return s
	}
	done := r.rec.Phase(deploy.Unwind)
	batches = append(batches, r.switchedBefore(batches))
	var stuck deploy.Errors
	mark := r.proved(errs)
	for _, batch := range backwards(batches) {
		stuck = append(stuck, r.unwindBatch(ctx, batch, mark)...)
	}
	owed, cancel := r.owed(ctx)
	defer cancel()
	stuck = append(stuck, r.undrainAll(owed, stuck)...)
	done(len(stuck) == 0)
	recall := func(span deploy.Span) deploy.Note { return r.noteOf(owed, span) }
	exit := deploy.ExitFailed
	if r.rec.Applied(recall) != "" {
		exit = deploy.ExitMigrate
	}
	r.tellFailed(deploy.Activate, errs)
	left := r.undo(ctx, cmp.Or(lockLost(ctx, errs), r.bothRun(stuck)))
	if applied := r.rec.Applied(recall); applied != "" {
		old := func(h plan.Host) bool { return !h.Unwind.None() }
		if slices.ContainsFunc(r.schedule.Serving(), old) {
			applied += " applied; old code runs on the new schema"
		} else {
			applied += " applied; no release runs on it yet"
		}
		r.rec.Warn(applied)
	}
	r.onFailure(ctx)
	s := &stop{
		outcome: deploy.OutcomeUnwound, exit: deploy.ExitUnwound, phase: deploy.Activate, step: errs[0].Step, errs: errs,
		next: next(errs, len(errs) < touched(batches)),
	}
	if !r.anySwitched(batches) {
		s.outcome, s.exit = deploy.OutcomeFailed, exit
		if errors.Is(context.Cause(ctx), deploy.ErrTimeout) {
			s.next = nextLonger
		}
	}
	if len(stuck) > 0 {
		s.outcome, s.exit = deploy.OutcomePerson, deploy.ExitPerson
		s.errs = append(s.errs, stuck...)
		s.next = r.stuck(stuck)
	}
	return leftDone(s, left)
}

// bothRun says that a host may run the new code after the others went back; "" where none does.
func (r *run) bothRun(stuck deploy.Errors) string {
	failed := r.rec.Result().HostsWith(deploy.HostFailed)
	for _, err := range stuck {
		if !slices.Contains(failed, err.Host) {
			failed = append(failed, err.Host)
		}
	}
	if len(failed) == 0 {
		return ""
	}
	return "old and new code may both run: " + strings.Join(failed, ", ") + " could not be brought back; undo it by hand once all hosts run one release"
}

// touched is how many hosts were switched, or about to be.
func touched(batches [][]activated) int {
	n := 0
	for _, batch := range batches {
		n += len(batch)
	}
	return n
}

// anySwitched reports whether a host runs the release, or may run it, or did so until it was brought back.
func (r *run) anySwitched(batches [][]activated) bool {
	for _, batch := range batches {
		if slices.ContainsFunc(batch, func(host activated) bool { return host.switched || host.kept || r.ranBefore(host.host) }) {
			return true
		}
	}
	return false
}

// switchedBefore are the hosts that an earlier attempt switched, and that this one failed before it came to.
func (r *run) switchedBefore(batches [][]activated) (left []activated) {
	for _, h := range r.schedule.Serving() {
		isHost := func(one activated) bool { return one.host.Name == h.Name }
		begun := slices.ContainsFunc(batches, func(batch []activated) bool { return slices.ContainsFunc(batch, isHost) })
		if !begun && r.ranBefore(h) && h.Facts.Own != nil && h.Facts.Own.Touched() {
			left = append(left, activated{host: h, kept: true})
		}
	}
	return left
}

// ranBefore reports whether an earlier attempt had switched a host.
func (r *run) ranBefore(h plan.Host) bool { return h.Facts.CurrentID == r.schedule.Release }

// backwards are the batches in the order in which they are brought back: the newest first, and last the hosts that were lost, so
// that no other host waits for them.
func backwards(batches [][]activated) [][]activated {
	var back [][]activated
	var lost []activated
	for _, batch := range slices.Backward(batches) {
		var there []activated
		for _, host := range batch {
			if host.lost() {
				lost = append(lost, host)
			} else {
				there = append(there, host)
			}
		}
		back = append(back, there)
	}
	return append(back, lost)
}

// proved is the mark of a release from which hosts are brought back. That of a join the other hosts run, and it passed its checks there.
// That of a rollback passed them once: it is bad where a check says so now, and not where a drain or a disk failed, for nobody could go
// back to it then.
func (r *run) proved(errs deploy.Errors) string {
	const bad = "bad"
	failedCheck := func(e *deploy.Error) bool {
		return strings.HasPrefix(e.Step, "verify ") && e.Fault != deploy.FaultHost && !retry.LinkFailed(e)
	}
	if r.plan.Joining() || r.plan.Rollback() && !slices.ContainsFunc(errs, failedCheck) {
		return ""
	}
	return bad
}

// unwindBatch brings the switched hosts of a batch back at once, and returns the failures. Hosts that were left behind are
// back already, or cannot be brought back.
func (r *run) unwindBatch(ctx context.Context, batch []activated, mark string) deploy.Errors {
	ctx, cancel := r.owed(ctx)
	defer cancel()
	behind := r.budget.missing()
	stays := func(host activated) bool {
		return slices.Contains(behind, host.host.Name) || !host.switched && (!host.kept || r.plan.Joining())
	}
	return fanout.Failures(slices.DeleteFunc(slices.Clone(batch), stays), func(host activated) *deploy.Error {
		return r.bringBack(ctx, host.host, activation.WayBack{From: r.schedule.Release, To: host.host.Unwind, Mark: mark})
	})
}

// bringBack takes one host back, in the way of the release that it goes back to.
func (r *run) bringBack(ctx context.Context, h plan.Host, way activation.WayBack) *deploy.Error {
	planned := r.planned(h)
	if way.To.Foreign() != "" {
		planned.Activation.Verify = r.schedule.ForeignChecks(h, planned.Vars)
	}
	a := activation.Back(r.activations(), h, r.fleet.On(h.Name), way.To, planned)
	back, err := a.GoBack(ctx, way)
	r.rec.HostDone(a.Done)
	if err != nil {
		err.Hint = cmp.Or(err.Hint, "it runs the release of before; put it back behind its balancer by hand")
		if !back {
			err.Hint = activation.ByHand(h.Host, way.To)
		}
		r.rec.Host(h.Name, deploy.HostFailed, "")
		return err
	}
	r.rec.Host(h.Name, deploy.HostUnwound, way.To.Release)
	return nil
}
