package activation

import (
	"cmp"
	"context"

	"slipway/internal/deploy"
	"slipway/internal/plan"
	"slipway/internal/release/activate"
)

// WayBack is how one host goes back.
type WayBack struct {
	From        deploy.ReleaseID // what it is taken from
	To          plan.Link
	Mark        string // what From proved to be: "bad", or "" where nobody knows
	StayDrained bool   // once it is back
}

// GoBack drains, goes back, undrains and records. Where that fails, back reports whether current is what it was before all the same.
func (a *Host) GoBack(ctx context.Context, way WayBack) (back bool, err *deploy.Error) {
	if !a.deployment.Balancers.Drained(a.host.Name) {
		// A host behind its balancer that serves the release of before is better than one that serves the failed one.
		if err := a.Drain(ctx); err != nil {
			a.deployment.Warn("brought back without being drained: " + err.Error())
		}
	}
	var running *deploy.Error // a program of the release that is left
	if way.To.None() {
		running = a.stopPrograms(ctx, way.From)
	}
	if err := a.switchBack(ctx, way); err != nil || running != nil {
		return err == nil, cmp.Or(err, running)
	}
	if !way.StayDrained {
		if err := a.Undrain(ctx); err != nil {
			return true, err
		}
	}
	return false, a.Record(ctx, "unwound", way.From)
}

// switchBack marks what is left, switches, restarts and verifies.
func (a *Host) switchBack(ctx context.Context, way WayBack) *deploy.Error {
	defer a.there.Lease(ctx)()
	if way.Mark != "" {
		if err := a.do(ctx, activate.Mark(a.there.Site(), way.From, way.Mark)); err != nil {
			return a.failed("record", err)
		}
	}
	if err := a.Switch(ctx, way.To, plan.To(way.From)); err != nil || way.To.None() {
		return err
	}
	block, err := a.Block(ctx)
	if err != nil {
		return err
	}
	return a.RestartAndVerify(ctx, block)
}
