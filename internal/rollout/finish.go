package rollout

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/fanout"
	"github.com/slipway/slipway/internal/plan"
	"github.com/slipway/slipway/internal/recorder"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/prune"
)

// finish runs the finish steps and prunes, which ends the deployment on the hosts: nothing follows there. The deployment stands whatever
// happens here.
func (r *run) finish(ctx context.Context) *stop {
	done := r.rec.Phase(deploy.Finish)
	var errs deploy.Errors
	failed := ""
	for _, s := range r.schedule.Finish {
		if found := r.inPlace(ctx, s); len(found) > 0 {
			errs = append(errs, found...)
			if failed == "" {
				failed = s.Name
			}
		}
	}
	keep := r.schedule.Keep()
	hosts := slices.DeleteFunc(slices.Clone(r.schedule.Hosts), func(h plan.Host) bool { return h.Pruned(keep) })
	prune := pruning{phase: deploy.Finish, keep: func(plan.Host) []deploy.ReleaseID { return keep }, do: r.closing}
	if len(r.budget.missing()) > 0 { // what an earlier attempt left on those may have to stay open
		prune.do = r.do
	}
	r.prune(ctx, hosts, prune)
	done(len(errs) == 0)
	if len(errs) == 0 {
		return nil
	}
	return &stop{
		outcome: deploy.OutcomeActivated, exit: deploy.ExitFinish, phase: deploy.Finish, step: failed, errs: errs,
		next: deploy.Next{Text: "the release is live; run what failed by hand, or \"Re-run failed jobs\""},
	}
}

// pruning is how hosts are pruned.
type pruning struct {
	phase deploy.Phase
	keep  func(h plan.Host) []deploy.ReleaseID
	do    func(ctx context.Context, h plan.Host, op release.Operation) error // carries it out
}

// do carries an operation out on a host.
func (r *run) do(ctx context.Context, h plan.Host, op release.Operation) error {
	return r.fleet.On(h.Name).Do(ctx, op)
}

// prune deletes on hosts what the fleet does not keep. A failure there is a warning, and the deployment stands.
func (r *run) prune(ctx context.Context, hosts []plan.Host, how pruning) {
	results := fanout.Do(hosts, func(h plan.Host) pruned { return r.pruneHost(ctx, h, how) })
	most := 0
	var spans []deploy.Span
	var failures deploy.Errors
	for _, p := range results {
		most, spans = max(most, len(p.removed)), append(spans, p.span)
		if p.err != nil {
			failures = append(failures, p.err)
		}
	}
	if len(failures) > 0 {
		r.rec.Warn("old releases were not all deleted: " + few(failures))
	}
	r.rec.StepDone(deploy.StepDone{Phase: how.phase, Note: fmt.Sprintf("pruned %d", most), Spans: spans})
}

// pruned is what was deleted on a host.
type pruned struct {
	span    deploy.Span // succeeded in any case
	removed []deploy.ReleaseID
	err     *deploy.Error
}

func (r *run) pruneHost(ctx context.Context, h plan.Host, how pruning) (p pruned) {
	there := r.fleet.On(h.Name)
	defer there.Lease(ctx)()
	start := time.Now()
	var result prune.Result
	err := how.do(ctx, h, prune.Prune(there.Site(), how.keep(h), r.plan.PruneCommand, &result))
	if result.Through {
		err = result.Stuck
	}
	p.removed, p.err = result.Removed, deploy.OnHost(h.Name, how.phase, "", err)
	p.span = deploy.Span{Host: h.Name, Phase: how.phase, Step: recorder.Prune, Start: start, Duration: time.Since(start), Outcome: deploy.Succeeded}
	return p
}
