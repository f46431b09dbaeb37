package rollout

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/plan"
	"slipway/internal/release/activate"
)

// unwindTimeout is how long the way back of a batch, and other work that a failed or cancelled deployment owes, may take.
const unwindTimeout = 10 * time.Minute

// cleanUp is the context of work that a failed or cancelled deployment still owes its hosts.
func (r *run) cleanUp(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), unwindTimeout)
}

// unwind brings every switched host back to its unwind target, the newest batch first.
func (r *run) unwind(ctx context.Context, turns [][]activation, errs deploy.Errors) *stop {
	if cancelled(ctx) && !r.opts.UnwindOnCancel {
		s := r.stopped(ctx, deploy.Activate, "", deploy.ExitInterrupted, errs)
		s.next = "hosts may be half switched: the job's clean-up, or the next deployment, brings them back before anything else"
		return s
	}
	done := r.rec.phase(deploy.Unwind)
	var stuck deploy.Errors
	for _, turn := range backwards(turns) {
		stuck = append(stuck, r.unwindBatch(ctx, turn)...)
	}
	clean, cancel := r.cleanUp(ctx)
	defer cancel()
	stuck = append(stuck, r.undrainAll(clean, stuck)...)
	done(len(stuck) == 0)
	if applied := r.rec.applied(); applied != "" {
		r.rec.warn(applied + " applied; old code runs on the new schema")
	}
	r.onFailure(ctx)
	s := &stop{
		outcome: deploy.OutcomeUnwound, exit: deploy.ExitUnwound, phase: deploy.Activate, step: errs[0].Step, errs: errs,
		next: "fix forward; re-running repeats the same content",
	}
	if len(stuck) > 0 {
		s.outcome, s.exit = deploy.OutcomePerson, deploy.ExitPerson
		s.errs = append(s.errs, stuck...)
		s.next = "bring " + stuck[0].Host + " back by hand, see its error; then deploy again"
	}
	return s
}

// backwards are the batches in the order in which they are brought back: the newest first, and at last the hosts that were
// lost in their turn, for which nobody else waits.
func backwards(turns [][]activation) [][]activation {
	var back [][]activation
	var lost []activation
	for _, turn := range slices.Backward(turns) {
		var there []activation
		for _, a := range turn {
			if a.lost() {
				lost = append(lost, a)
			} else {
				there = append(there, a)
			}
		}
		back = append(back, there)
	}
	return append(back, lost)
}

// unwindBatch brings the switched hosts of a batch back at once, and gives the failures. Hosts that were left behind are back
// already, or cannot be brought.
func (r *run) unwindBatch(ctx context.Context, turn []activation) deploy.Errors {
	ctx, cancel := r.cleanUp(ctx)
	defer cancel()
	failures := make(deploy.Errors, len(turn))
	behind, mark := r.missing(), "bad"
	if r.plan.Joining() { // the others run it, and passed their checks
		mark = ""
	}
	var wait sync.WaitGroup
	for i, a := range turn {
		if slices.Contains(behind, a.host.Name) || !a.switched && (!a.kept || r.plan.Joining()) {
			continue
		}
		wait.Go(func() {
			failures[i] = r.bringBack(ctx, a.host, unwinding{from: r.schedule.Release, to: a.host.Unwind, mark: mark})
		})
	}
	wait.Wait()
	return slices.DeleteFunc(failures, func(err *deploy.Error) bool { return err == nil })
}

// unwinding is the way back of one host.
type unwinding struct {
	from deploy.ReleaseID // what it is taken from
	to   plan.Link
	mark string // what `from` proved to be: "bad", or "" where nobody knows
	stay bool   // drained, once it is back
}

// bringBack takes one host back, in the way of the release that it goes back to.
func (r *run) bringBack(ctx context.Context, h plan.Host, u unwinding) *deploy.Error {
	t := r.newTurn(deploy.Unwind, h, u.to.Release, true)
	err := r.back(ctx, t, u)
	r.rec.hostDone(t.done)
	if err != nil {
		err.Hint = cmp.Or(err.Hint, "it runs the release of before; put it back behind its balancer by hand")
		if !t.back {
			err.Hint = byHand(h.Host, u.to)
		}
		r.rec.host(h.Name, deploy.HostFailed, "")
		return err
	}
	r.rec.host(h.Name, deploy.HostUnwound, u.to.Release)
	return nil
}

func (r *run) back(ctx context.Context, t *turn, u unwinding) *deploy.Error {
	if !r.isDrained(t.host.Name) {
		// A host behind its balancer that serves the release of before is better than one that serves the failed one.
		if err := t.drain(ctx); err != nil {
			r.rec.warn("brought back without being drained: " + err.Error())
		}
	}
	if err := t.goBack(ctx, u); err != nil {
		return err
	}
	if !u.stay {
		if err := t.undrain(ctx); err != nil {
			t.back = true
			return err
		}
	}
	return t.settle(ctx, "unwound", u.from)
}

// goBack marks what is left, switches, restarts and verifies.
func (t *turn) goBack(ctx context.Context, u unwinding) *deploy.Error {
	defer t.run.fleet.On(t.host.Name).Lease(ctx)()
	if u.mark != "" {
		if err := t.do(ctx, activate.Mark(t.site, u.from, u.mark)); err != nil {
			return t.failed("record", err)
		}
	}
	if err := t.point(ctx, u.to, plan.To(u.from)); err != nil || u.to.None() {
		return err
	}
	block, err := t.run.blockOf(ctx, t)
	if err != nil {
		return t.failed("load", err)
	}
	return t.serve(ctx, block)
}

// blockOf is how the unwind target is restarted and verified: in its own way where it has one; what another tool
// deployed, in the way of the release that failed.
func (r *run) blockOf(ctx context.Context, t *turn) (block activate.Block, err error) {
	if t.release == "" {
		return activate.Block{
			Activation: deploy.Activation{Restart: r.schedule.Activations[t.host.Name].Restart},
			Vars:       r.schedule.Vars[t.host.Name],
		}, nil
	}
	err = t.do(ctx, activate.Load(t.site, t.release, &block))
	return block, err
}
