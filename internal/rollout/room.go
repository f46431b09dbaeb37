package rollout

import (
	"context"
	"errors"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/fanout"
	"github.com/slipway/slipway/internal/plan"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/survey"
)

// measure asks the hosts that lack room for the release how much their releases take. A host that cannot say counts as if they took
// nothing.
func (r *run) measure(ctx context.Context) {
	var tight []deploy.Host
	for _, host := range r.plan.Targets {
		if there := r.fleet.On(host.Name); there.Span.Err == nil && r.plan.Lacks(host, there.Facts) {
			tight = append(tight, host)
		}
	}
	fanout.Each(tight, func(host deploy.Host) {
		there := r.fleet.On(host.Name)
		defer there.Lease(ctx)()
		if err := there.Do(ctx, survey.Measure(there.Site(), &there.Facts)); err != nil && ctx.Err() == nil {
			r.rec.Warn("the room that its releases take could not be measured: " + err.Error())
		}
	})
}

// makeRoom deletes the releases that the fleet does not keep before the new one is brought: a disk that failed deployments have
// filled has room for the next one then.
func (r *run) makeRoom(ctx context.Context) {
	var tight []plan.Host
	for _, h := range r.schedule.Serving() {
		if len(r.schedule.Surplus(h)) > 0 || h.Facts.Left.Bytes > 0 {
			tight = append(tight, h)
		}
	}
	if len(tight) > 0 && ctx.Err() == nil {
		r.prune(ctx, tight, pruning{phase: deploy.Prepare, keep: r.schedule.KeepOn, do: r.do})
	}
}

// withRemovable adds what may be deleted there to the hint of a host whose disk is full.
func (r *run) withRemovable(host string, err *deploy.Error) *deploy.Error {
	if err == nil || !errors.Is(err, release.ErrNoSpace) {
		return err
	}
	err.Hint += r.removable(host, deploy.Prepare)
	return err
}

// removable names what may be deleted on a host whose disk is full; "" where nothing may.
func (r *run) removable(host string, phase deploy.Phase) string {
	const most = 3
	var names []string
	for _, known := range r.schedule.Removable(r.host(host)) {
		name := "releases/" + string(known.ID)
		if known.Size.Bytes > 0 {
			name += " (" + deploy.Size(known.Size.Bytes) + ")"
		}
		names = append(names, name)
	}
	switch {
	case len(names) > 0:
	case phase == deploy.Finish || r.plan.Rollback():
		return ""
	default:
		return "; what this release took is deleted first when it, or another, is deployed again"
	}
	return "; " + deploy.List(names, ", ", most) + " may be deleted"
}
