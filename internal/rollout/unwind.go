package rollout

import (
	"context"
	"fmt"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/plan"
	"slipway/internal/release/activate"
)

// unwindTimeout is how long unwinding may take in all once a deployment failed or was cancelled.
const unwindTimeout = 10 * time.Minute

// cleanUp is the context of work that a cancelled deployment still owes its hosts.
func (r *run) cleanUp(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), unwindTimeout)
}

// unwind brings every switched host back to its unwind target. The hosts go at once: each serves the failed release.
func (r *run) unwind(ctx context.Context, results []activation, errs deploy.Errors) *stop {
	clean, cancel := r.cleanUp(ctx)
	defer cancel()
	done := r.rec.phase(deploy.Unwind)
	switched := map[string]bool{}
	for _, result := range results {
		switched[result.host.Name] = result.switched
	}
	stuck := r.onEvery(func(h plan.Host) *deploy.Error {
		if !switched[h.Name] {
			return nil
		}
		return r.unwindHost(clean, h)
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
		s.next = "bring " + stuck[0].Host + " back by hand, see its error below; then deploy again"
	}
	return s
}

// unwindHost takes one host back, in the way of the release that it goes back to.
func (r *run) unwindHost(ctx context.Context, h plan.Host) *deploy.Error {
	t := r.newTurn(deploy.Unwind, h, h.Unwind.Release, true)
	err := r.back(ctx, t)
	r.rec.hostDone(t.done)
	if err != nil {
		err.Hint = fmt.Sprintf("by hand: ssh %s 'cd %s && ln -s %s .slipway/back && mv -fT .slipway/back current', then restart and check it",
			h.Address, h.DeployPath, h.Unwind.Target)
		r.rec.host(h.Name, deploy.HostFailed, "")
		return err
	}
	r.rec.host(h.Name, deploy.HostUnwound, h.Unwind.Release)
	return nil
}

func (r *run) back(ctx context.Context, t *turn) *deploy.Error {
	h := t.host
	if err := activate.Mark(ctx, t.conn, t.site, r.Release, "bad"); err != nil {
		return t.failed("record", err)
	}
	if err := t.point(ctx, h.Unwind, plan.To(r.Release)); err != nil {
		return err
	}
	if h.Unwind.None() {
		return t.settle(ctx, "unwound", r.Release)
	}
	block, err := r.blockOf(ctx, t)
	if err != nil {
		return t.failed("load", err)
	}
	if failure := t.serve(ctx, block); failure != nil {
		return failure
	}
	return t.settle(ctx, "unwound", r.Release)
}

// blockOf is how the unwind target is restarted and verified: in its own way where it has one; what another tool
// deployed, in the way of the release that failed.
func (r *run) blockOf(ctx context.Context, t *turn) (activate.Block, error) {
	if t.release != "" {
		return activate.Load(ctx, t.conn, t.site, t.release)
	}
	return activate.Block{
		Activation: deploy.Activation{Restart: r.Activations[t.host.Name].Restart},
		Vars:       r.Vars[t.host.Name],
	}, nil
}
