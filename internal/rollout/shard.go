package rollout

import (
	"context"
	"fmt"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/fanout"
	"github.com/slipway/slipway/internal/plan"
	"github.com/slipway/slipway/internal/release/activate"
	"github.com/slipway/slipway/internal/release/journal"
)

// claim names the release for all jobs of the deployment, where this is a shard and none has done so. It is done under the lock of the
// shard's hosts: who goes on with all hosts has that lock after this job, and sees the claim.
func (r *run) claim(ctx context.Context) *stop {
	keeper, ok := r.plan.Keeper()
	if !ok {
		return nil
	}
	there, mine := r.fleet.On(keeper.Name), r.schedule.Release
	claim, ok := r.schedule.Claim(there.Facts)
	if !ok {
		return nil
	}
	var named deploy.Claim
	if err := there.Do(ctx, journal.Claim(there.Site(), r.plan.Deployment, claim, &named)); err != nil {
		return r.refused(ctx, deploy.Errors{deploy.OnHost(keeper.Name, deploy.Preflight, "", err)})
	}
	if there.Facts.Claim = named; named == claim {
		return nil
	}
	if errs := r.judge(ctx); len(errs) > 0 {
		return r.refused(ctx, errs)
	}
	r.rec.Notice(fmt.Sprintf("another shard was first: the release is %s, not %s", r.schedule.Release, mine))
	return nil
}

// keeperMissing is why the host cannot be asked that keeps the claim. No failure budget covers that.
func (r *run) keeperMissing() *deploy.Error {
	keeper, ok := r.plan.Keeper()
	if !ok || r.fleet.On(keeper.Name).Span.Err == nil {
		return nil
	}
	missing := *r.fleet.On(keeper.Name).Span.Err
	missing.Hint = deploy.Joined("; ", missing.Hint, "every shard has to reach "+keeper.Name+", where the first one names the release for all")
	return &missing
}

// shard is the end of a job that prepares a part of the hosts. s is how its prepare ended, nil being well. Nothing that comes after prepare
// is begun, and what an earlier attempt began stays as it is.
func (r *run) shard(ctx context.Context, s *stop) *stop {
	r.keepMigrating()
	if s != nil {
		return s
	}
	missing := r.budget.missing()
	for _, name := range missing {
		r.rec.Missed(name)
	}
	if len(missing) > 0 {
		r.rec.Warn(strings.Join(missing, ", ") + " not prepared, within the failure budget: the job that goes on tries again")
	}
	errs := fanout.Failures(r.schedule.Serving(), func(h plan.Host) *deploy.Error {
		if h.Activated(r.schedule.Release) {
			return nil
		}
		there := r.fleet.On(h.Name)
		return deploy.OnHost(h.Name, deploy.Prepare, "", there.Do(ctx, activate.Mark(there.Site(), r.schedule.Release, "waiting")))
	})
	if len(errs) > 0 {
		return r.stopped(ctx, deploy.Prepare, "", deploy.ExitFailed, errs, nextHostKept)
	}
	return prepared(r.plan.Shard)
}

// wentFurther reports whether an earlier attempt has left nothing to do for a shard. It touches no host then, so that a migration which
// still runs is joined by the job that goes on.
func (r *run) wentFurther() bool {
	keeper, ok := r.plan.Keeper()
	return ok && r.schedule.WentFurther(r.fleet.On(keeper.Name).Facts)
}

// leftToRest is the end of a shard that has nothing to do any more.
func (r *run) leftToRest() *stop {
	r.keepMigrating()
	r.rec.Notice("an earlier attempt came further than prepare: nothing is left for a shard")
	return prepared(r.plan.Shard)
}

// prepared is how a shard ends well.
func prepared(shard deploy.Shard) *stop {
	return &stop{outcome: deploy.OutcomePrepared, exit: deploy.ExitDone, next: deploy.Next{
		Text: fmt.Sprintf("once every shard has ended, the job with `shard: rest/%d` goes on with all hosts", shard.Of),
	}}
}

// emptyShard is a shard for which there is no host.
func (r *run) emptyShard() *stop {
	r.rec.Open()(true)
	r.rec.Notice(fmt.Sprintf("no host is left for shard %s: there are %d", r.plan.Shard, len(r.plan.Others)))
	return prepared(r.plan.Shard)
}

// ownOutcome is what is written down on a host as the end of the deployment; ok is false where that stays open. A shard prepares, and
// where an earlier attempt came further it leaves the end of that as it was written down.
func (r *run) ownOutcome(h plan.Host, outcome deploy.Outcome) (own deploy.Outcome, ok bool) {
	if earlier := h.Facts.Own; r.plan.Shard.IsPart() && earlier != nil && plan.BehindPrepare(*earlier) {
		return deploy.Outcome(earlier.Outcome), earlier.Outcome != ""
	}
	return outcome, true
}

// sayUnprepared names the hosts that the shards have left to the job that goes on.
func (r *run) sayUnprepared() {
	names := r.schedule.Unprepared()
	if len(names) == 0 {
		return
	}
	const most = 5
	text := fmt.Sprintf("no shard has prepared %s: they are prepared now", deploy.List(names, ", ", most))
	if len(names) == 1 {
		text = "no shard has prepared " + names[0] + ": it is prepared now"
	}
	if len(names) == len(r.schedule.Serving()) {
		text = "no shard has prepared any host: all are prepared now. Shards and this job are one deployment where they have the same `deployment_key`, `environment` and artifact"
	}
	r.rec.Notice(text)
}
