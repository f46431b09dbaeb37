package rollout

import (
	"context"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/plan"
	"slipway/internal/release/activate"
)

// unwindTimeout is how long unwinding may take in all once a deployment failed or was cancelled.
const unwindTimeout = 10 * time.Minute

// cleanUp is the context of work that a failed or cancelled deployment still owes its hosts.
func (r *run) cleanUp(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), unwindTimeout)
}

// unwind brings every switched host back to its unwind target. The hosts go at once: each serves the failed release.
func (r *run) unwind(ctx context.Context, results []activation, errs deploy.Errors) *stop {
	if cancelled(ctx) && !r.opts.UnwindOnCancel {
		s := r.stopped(ctx, deploy.Activate, "", deploy.ExitInterrupted, errs)
		s.next = "hosts may be half switched: the job's clean-up, or the next deployment, brings them back before anything else"
		return s
	}
	clean, cancel := r.cleanUp(ctx)
	defer cancel()
	done := r.rec.phase(deploy.Unwind)
	switched := map[string]bool{}
	for _, result := range results {
		switched[result.host.Name] = result.switched || result.kept
	}
	stuck := r.onEvery(func(h plan.Host) *deploy.Error {
		if !switched[h.Name] {
			return nil
		}
		return r.bringBack(clean, h, unwinding{from: r.Release, to: h.Unwind, mark: "bad"})
	})
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

// unwinding is the way back of one host.
type unwinding struct {
	from deploy.ReleaseID // what it is taken from
	to   plan.Link
	mark string // what `from` proved to be: "bad", or "" where nobody knows
}

// bringBack takes one host back, in the way of the release that it goes back to.
func (r *run) bringBack(ctx context.Context, h plan.Host, u unwinding) *deploy.Error {
	t := r.newTurn(deploy.Unwind, h, u.to.Release, true)
	err := r.back(ctx, t, u)
	r.rec.hostDone(t.done)
	if err != nil {
		err.Hint = byHand(h.Host, u.to)
		r.rec.host(h.Name, deploy.HostFailed, "")
		return err
	}
	r.rec.host(h.Name, deploy.HostUnwound, u.to.Release)
	return nil
}

func (r *run) back(ctx context.Context, t *turn, u unwinding) *deploy.Error {
	if u.mark != "" {
		if err := t.again(ctx, func() error { return activate.Mark(ctx, t.conn, t.site, u.from, u.mark) }); err != nil {
			return t.failed("record", err)
		}
	}
	if err := t.point(ctx, u.to, plan.To(u.from)); err != nil {
		return err
	}
	if u.to.None() {
		return t.settle(ctx, "unwound", u.from)
	}
	block, err := r.blockOf(ctx, t)
	if err != nil {
		return t.failed("load", err)
	}
	if failure := t.serve(ctx, block); failure != nil {
		return failure
	}
	return t.settle(ctx, "unwound", u.from)
}

// blockOf is how the unwind target is restarted and verified: in its own way where it has one; what another tool
// deployed, in the way of the release that failed.
func (r *run) blockOf(ctx context.Context, t *turn) (block activate.Block, err error) {
	if t.release == "" {
		return activate.Block{
			Activation: deploy.Activation{Restart: r.Activations[t.host.Name].Restart},
			Vars:       r.Vars[t.host.Name],
		}, nil
	}
	err = t.again(ctx, func() (err error) {
		block, err = activate.Load(ctx, t.conn, t.site, t.release)
		return err
	})
	return block, err
}
