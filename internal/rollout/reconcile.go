package rollout

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"slipway/internal/deploy"
	"slipway/internal/plan"
	"slipway/internal/release/journal"
	"slipway/internal/release/step"
)

// leftover is what a dead deployment left on one host.
type leftover struct {
	host  plan.Host
	facts deploy.JournalFacts
}

// reconcile mends what dead deployments left half done, oldest first, and says so. Nothing else is changed before it.
// mended tells whether anything was: the facts are old then.
func (r *run) reconcile(ctx context.Context, own bool) (mended bool, errs deploy.Errors) {
	dead := map[deploy.DeploymentID][]leftover{}
	for _, h := range r.schedule.Hosts {
		for _, facts := range h.Facts.Unfinished {
			dead[facts.ID] = append(dead[facts.ID], leftover{h, facts})
		}
		if own && h.Facts.Own != nil && len(h.Facts.Own.Live) > 0 && h.Facts.Own.Outcome == "" {
			dead[r.plan.Deployment] = append(dead[r.plan.Deployment], leftover{h, *h.Facts.Own})
		}
	}
	for _, id := range slices.Sorted(maps.Keys(dead)) {
		mended = true
		errs = append(errs, r.mend(ctx, id, dead[id])...)
	}
	return mended, errs
}

// mend brings back the hosts on which a dead deployment's release is live, all at once, unless it had gone through: live and
// verified on every host that it was for. A host that was on its way back goes the rest of it. Then it takes back what that
// left on: hosts that are out of their balancers, a maintenance page.
func (r *run) mend(ctx context.Context, id deploy.DeploymentID, left []leftover) deploy.Errors {
	through := r.wentThrough(left)
	ways := map[string]unwinding{}
	for _, l := range left {
		if way, ok := wayBack(l, through); ok {
			ways[l.host.Name] = way
		}
	}
	if len(ways) > 0 {
		done := r.rec.phase(deploy.Unwind)
		defer func() { done(ctx.Err() == nil) }()
	}
	stuck := eachLeft(left, func(l leftover) *deploy.Error {
		if way, ok := ways[l.host.Name]; ok {
			return r.bringBack(ctx, l.host, way)
		}
		return nil
	})
	isStuck := func(host string) bool {
		return slices.ContainsFunc(stuck, func(err *deploy.Error) bool { return err.Host == host })
	}
	// What is ensured stays so while a migration goes on that was left to finish.
	migrates := slices.ContainsFunc(left, func(l leftover) bool { return slices.ContainsFunc(l.facts.Steps, migrating) })
	undone, errs := r.takeBackAll(ctx, left, func(p deploy.Toggle) bool { return isStuck(p.For) || p.For == "" && migrates })
	stuck = append(stuck, errs...)
	unwritten := eachLeft(left, func(l leftover) *deploy.Error {
		if isStuck(l.host.Name) || migrates {
			return nil
		}
		return r.end(ctx, l.host.Name, id, "reconciled")
	})
	var brought []string
	for _, l := range left {
		if _, ok := ways[l.host.Name]; ok && !isStuck(l.host.Name) {
			brought = append(brought, l.host.Name)
		}
	}
	switch did := mended(brought, undone); {
	case r.plan.Reconcile && len(undone) > 0: // the verdict says what was brought back
		r.rec.notice(mended(nil, undone))
	case !r.plan.Reconcile && did != "":
		r.rec.warn(fmt.Sprintf("deployment %s died half way through the switch: %s", id, did))
	}
	return append(stuck, unwritten...)
}

// takeBackAll undoes what a dead deployment left on, the last one of each host first, but what stays.
func (r *run) takeBackAll(ctx context.Context, left []leftover, stays func(deploy.Toggle) bool) (undone []string, errs deploy.Errors) {
	names, failures := make([][]string, len(left)), make([]deploy.Errors, len(left))
	var wait sync.WaitGroup
	for i, l := range left {
		wait.Go(func() {
			pairs := slices.DeleteFunc(deploy.OpenToggles(l.facts.Live), stays)
			slices.Reverse(pairs)
			names[i], failures[i] = r.takeBack(ctx, l.host.Name, pairs)
		})
	}
	wait.Wait()
	return slices.Concat(names...), slices.Concat(failures...)
}

// mended says what was done about a dead deployment; nothing where there was nothing to do.
func mended(brought, undone []string) string {
	var did []string
	if len(brought) > 0 {
		slices.Sort(brought)
		did = append(did, strings.Join(brought, ", ")+" brought back")
	}
	if len(undone) > 0 {
		slices.Sort(undone)
		did = append(did, "undone: "+strings.Join(slices.Compact(undone), ", "))
	}
	return strings.Join(did, "; ")
}

func eachLeft(left []leftover, do func(leftover) *deploy.Error) deploy.Errors {
	hosts := make([]plan.Host, len(left))
	byHost := map[string]leftover{}
	for i, l := range left {
		hosts[i], byHost[l.host.Name] = l.host, l
	}
	return each(hosts, func(h plan.Host) *deploy.Error { return do(byHost[h.Name]) })
}

// mendOwn mends what an earlier attempt of this deployment left and this one did not come to: hosts that are half switched, where
// it failed before it came to switch them itself, and what is on still.
func (r *run) mendOwn(ctx context.Context, s *stop) *stop {
	left := r.ownLeft()
	if len(left) == 0 || cancelled(ctx) {
		return s
	}
	ctx, cancel := r.cleanUp(ctx)
	defer cancel()
	var errs deploy.Errors
	if s == nil || s.phase == deploy.Activate {
		_, errs = r.takeBackAll(ctx, left, func(deploy.Toggle) bool { return false })
	} else if r.isHalfSwitched(left) {
		errs = r.mend(ctx, r.plan.Deployment, left)
	}
	if len(errs) > 0 {
		person := &stop{outcome: deploy.OutcomePerson, exit: deploy.ExitPerson, phase: errs[0].Phase, step: errs[0].Step}
		if s != nil {
			person.phase, person.step, person.errs = s.phase, s.step, s.errs
		}
		person.errs = append(person.errs, errs...)
		person.next = "bring the named hosts back by hand; then deploy again"
		return person
	}
	return s
}

// ownLeft is what an earlier attempt of this deployment left on its hosts, less what this one did or took back itself.
func (r *run) ownLeft() []leftover {
	var left []leftover
	for _, h := range r.schedule.Hosts {
		if h.Facts.Own != nil && len(h.Facts.Own.Live) > 0 {
			facts := *h.Facts.Own
			facts.Live = slices.DeleteFunc(slices.Clone(facts.Live), func(entry deploy.LiveEntry) bool {
				return entry.Toggle != nil && r.dealtWith(h.Name, *entry.Toggle)
			})
			left = append(left, leftover{h, facts})
		}
	}
	return left
}

// isHalfSwitched tells whether a dead attempt is neither through nor back, or left something on.
func (r *run) isHalfSwitched(left []leftover) bool {
	through := r.wentThrough(left)
	return slices.ContainsFunc(left, func(l leftover) bool {
		_, ok := wayBack(l, through)
		return ok || len(deploy.OpenToggles(l.facts.Live)) > 0
	})
}

// dealtWith tells whether this run did a pair itself on a host, or took it back.
func (r *run) dealtWith(host string, p deploy.Toggle) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p.For != "" {
		_, known := r.drained[p.For]
		return known
	}
	return slices.ContainsFunc(r.ensured[host], func(own deploy.Toggle) bool { return own.Name == p.Name })
}

// wayBack is how a host comes back from what a dead deployment left there; ok is false when there is nothing to do.
func wayBack(l leftover, through bool) (way unwinding, ok bool) {
	id := plan.Read(l.facts.Plan).Release
	switch {
	case id == "":
		return unwinding{}, false
	case id == l.host.Facts.CurrentID:
		to := plan.UnwindTarget(id, plan.LinkTo(before(l.facts, id)), l.host.Facts)
		return unwinding{from: id, to: to}, !through
	}
	return unwinding{from: id, to: plan.LinkTo(l.host.Facts.CurrentTarget)}, halfBack(l)
}

// halfBack tells whether a host was switched last to what current names now, and was not seen to work since: it may still
// run what current named before.
func halfBack(l leftover) bool {
	half := false
	for _, entry := range l.facts.Live {
		switch {
		case entry.What == deploy.LiveSwitch && entry.State != deploy.RecordFailed:
			half = entry.Target == l.host.Facts.CurrentTarget
		case entry.What == deploy.LiveVerify && entry.State == deploy.RecordOK:
			half = false
		}
	}
	return half
}

// endStrays ends what an earlier attempt of this deployment still runs for the live site: a restart goes to its end by itself
// when its runner dies, and would meet the one that comes now.
func (r *run) endStrays(ctx context.Context) deploy.Errors {
	return r.onEvery(func(h plan.Host) *deploy.Error {
		if h.Facts.Own == nil {
			return nil
		}
		for _, try := range h.Facts.Own.Steps {
			if try.Status != "" || try.Void || try.Phase() != deploy.Activate {
				continue
			}
			there := r.fleet.On(h.Name)
			if err := there.Do(ctx, step.Stop(there.Site(), step.Recorded(r.plan.Deployment, try))); err != nil {
				return deploy.OnHost(h.Name, deploy.Preflight, "", err)
			}
		}
		return nil
	})
}

// wentThrough tells whether a dead deployment had activated and verified its release on every host of its plan that is
// asked here.
func (r *run) wentThrough(left []leftover) bool {
	touched := map[string]bool{}
	for _, l := range left {
		if l.host.NoRelease {
			continue
		}
		live, ok := liveRelease(l)
		if !ok || !l.host.Activated(live) {
			return false
		}
		touched[l.host.Name] = true
	}
	for _, name := range plan.Read(left[0].facts.Plan).Hosts {
		if h := r.host(name); h.Name != "" && !h.NoRelease && !touched[name] {
			return false
		}
	}
	return true
}

// liveRelease is the deployment's release, when current names it on the host. A deployment that only brought hosts back has
// none live.
func liveRelease(l leftover) (deploy.ReleaseID, bool) {
	id := plan.Read(l.facts.Plan).Release
	return id, id != "" && id == l.host.Facts.CurrentID
}

// before is what current named when the deployment first switched it to a release.
func before(facts deploy.JournalFacts, id deploy.ReleaseID) string {
	for _, entry := range facts.Live {
		if entry.What == deploy.LiveSwitch && entry.State == deploy.RecordIntent && entry.Release == id {
			return entry.Before
		}
	}
	return ""
}

// end writes down on a host that a deployment is over.
func (r *run) end(ctx context.Context, host string, id deploy.DeploymentID, outcome string) *deploy.Error {
	there := r.fleet.On(host)
	return deploy.OnHost(host, deploy.Finish, "", there.Do(ctx, journal.End(there.Site(), id, outcome)))
}
