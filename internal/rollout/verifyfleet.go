package rollout

import (
	"context"
	"slices"

	"github.com/slipway/slipway/internal/activation"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/fanout"
	"github.com/slipway/slipway/internal/plan"
)

// verifyFleet asks the checks of the fleet as a whole, and watches its metrics. Before it watches that is written down on the hosts:
// where this run dies meanwhile, whoever comes next brings them back, and a re-run watches from the beginning.
func (r *run) verifyFleet(ctx context.Context) deploy.Errors {
	if len(r.schedule.Fleet) == 0 {
		return nil
	}
	r.opts.Emit(deploy.StepStarted{Phase: deploy.Activate, Hosts: []string{deploy.FleetName}})
	hosts := r.schedule.Serving()
	watches := slices.ContainsFunc(r.schedule.Fleet, deploy.Check.Watched)
	if watches {
		if errs := r.noteFleet(ctx, hosts, deploy.RecordIntent); len(errs) > 0 {
			return errs
		}
	}
	h := hosts[max(0, slices.IndexFunc(hosts, func(h plan.Host) bool { return h.Primary }))]
	a := activation.Fleet(r.activations(), h, r.fleet.On(h.Name))
	err := a.VerifyFleet(ctx, r.schedule.Fleet, r.schedule.Vars[h.Name])
	r.rec.HostDone(a.Done)
	switch {
	case err != nil:
		return deploy.Errors{err}
	case watches:
		return r.noteFleet(ctx, hosts, deploy.RecordOK)
	}
	return nil
}

// noteFleet writes down how far it is to watch the fleet. One host that knows is enough: the others may be away.
func (r *run) noteFleet(ctx context.Context, hosts []plan.Host, state deploy.RecordState) deploy.Errors {
	errs := fanout.Failures(hosts, func(h plan.Host) *deploy.Error {
		defer r.fleet.On(h.Name).Lease(ctx)()
		return r.newActivation(h).NoteFleet(ctx, state)
	})
	if len(errs) < len(hosts) && ctx.Err() == nil {
		return nil
	}
	return errs
}
