package activation

import (
	"context"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/plan"
	"github.com/slipway/slipway/internal/release/activate"
	"github.com/slipway/slipway/internal/release/journal"
)

// Adopt makes what another tool left live a release that the host can go back to, before it is switched away from it. Its line of the
// history comes first: whoever finds the release knows when it was live.
func (a *Host) Adopt(ctx context.Context, adopted plan.Adoption) *deploy.Error {
	entry := deploy.HistoryEntry{
		At: time.Now().UTC(), Release: adopted.Release, Deployment: a.deployment.History.Deployment, Command: "adopt",
		Actor: a.deployment.History.Actor, RunURL: a.deployment.History.RunURL, Order: lastOrder(a.host.Facts), Outcome: "activated",
	}
	if err := a.do(ctx, journal.Append(a.there.Site(), entry)); err != nil {
		return a.failed("adopt", err)
	}
	block := activate.Block{Activation: adopted.Activation, Vars: adopted.Vars}
	if err := a.do(ctx, activate.Adopt(a.there.Site(), adopted.Release, block)); err != nil {
		return a.failed("adopt", err)
	}
	return nil
}

// lastOrder is the order of the newest run that the host knows of.
func lastOrder(f deploy.Facts) deploy.Order {
	if len(f.History) == 0 {
		return ""
	}
	return f.History[len(f.History)-1].Order
}

// askForeign asks the checks of this deploy file when another tool's release is live again. Nobody promised that it passes them: what
// they find is reported, and fails nothing.
func (a *Host) askForeign(ctx context.Context, checks []deploy.Check, vars map[string]string) {
	spans := len(a.Done.Spans)
	if err := a.Verify(ctx, checks, vars); err != nil {
		a.Done.Spans = a.Done.Spans[:spans]
		a.deployment.Warn("what another tool deployed is live again, and does not pass a check of this deploy file: " + err.Error())
	}
}
