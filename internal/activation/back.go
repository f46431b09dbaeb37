package activation

import (
	"cmp"
	"context"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/plan"
	"github.com/slipway/slipway/internal/release/activate"
)

// WayBack is how one host goes back.
type WayBack struct {
	From        deploy.ReleaseID // what it is taken from
	To          plan.Link
	Mark        string // what From proved to be: "bad", or "" where nobody knows
	StayDrained bool   // once it is back
}

// GoBack drains, goes back, undrains and records. When it fails, back reports whether the host runs the release of before nevertheless.
func (a *Host) GoBack(ctx context.Context, way WayBack) (back bool, err *deploy.Error) {
	if !a.deployment.Balancers.Drained(a.host.Name) {
		// When the drain fails the host goes back all the same: requests for the failed release are worse.
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
			return a.failed(deploy.PartSwitch, err)
		}
	}
	if err := a.Switch(ctx, way.To, plan.To(way.From), ""); err != nil || way.To.None() {
		return err
	}
	block, err := a.Block(ctx)
	if err != nil {
		return err
	}
	if a.release != "" {
		return a.RestartAndVerify(ctx, block)
	}
	checks := block.Activation.Verify
	block.Activation.Verify = nil
	if err := a.RestartAndVerify(ctx, block); err != nil {
		return err
	}
	a.askForeign(ctx, checks, block.Vars)
	return nil
}
