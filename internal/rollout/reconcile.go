package rollout

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"slipway/internal/deploy"
	"slipway/internal/plan"
	"slipway/internal/release/journal"
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
	for _, h := range r.Hosts {
		for _, facts := range h.Facts.Unfinished {
			dead[facts.ID] = append(dead[facts.ID], leftover{h, facts})
		}
		if own && h.Facts.Own != nil && len(h.Facts.Own.Live) > 0 && h.Facts.Own.Outcome == "" {
			dead[r.Deployment] = append(dead[r.Deployment], leftover{h, *h.Facts.Own})
		}
	}
	for _, id := range slices.Sorted(maps.Keys(dead)) {
		mended = true
		errs = append(errs, r.mend(ctx, id, dead[id])...)
	}
	return mended, errs
}

// mend brings back the hosts on which a dead deployment's release is live, unless it had gone through: live and verified
// on every host that it was for.
func (r *run) mend(ctx context.Context, id deploy.DeploymentID, left []leftover) deploy.Errors {
	through := r.wentThrough(left)
	var errs deploy.Errors
	var names []string
	for _, l := range left {
		if live, ok := liveRelease(l); !through && ok {
			names = append(names, l.host.Name)
			to := plan.UnwindTarget(live, plan.LinkTo(before(l.facts, live)), l.host.Facts)
			if err := r.bringBack(ctx, l.host, unwinding{from: live, to: to}); err != nil {
				errs = append(errs, err)
				continue
			}
		}
		if err := r.end(ctx, l.host.Name, id, "reconciled"); err != nil {
			errs = append(errs, err)
		}
	}
	if len(names) > 0 {
		r.rec.warn(fmt.Sprintf("deployment %s died half way through the switch: %v brought back", id, names))
	}
	return errs
}

// wentThrough tells whether a dead deployment had activated and verified its release on every host of its plan that is
// asked here.
func (r *run) wentThrough(left []leftover) bool {
	touched := map[string]bool{}
	for _, l := range left {
		live, ok := liveRelease(l)
		if !ok || !l.host.Activated(live) {
			return false
		}
		touched[l.host.Name] = true
	}
	for _, name := range plan.Read(left[0].facts.Plan).Hosts {
		if r.host(name).Name != "" && !touched[name] {
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
		if entry.What == "switch" && entry.State == "intent" && entry.Release == id {
			return entry.Before
		}
	}
	return ""
}

// end writes down on a host that a deployment is over.
func (r *run) end(ctx context.Context, host string, id deploy.DeploymentID, outcome string) *deploy.Error {
	err := again(ctx, func() error { return journal.End(ctx, r.fleet.conn(host), r.fleet.site(host), id, outcome) })
	return hostError(host, deploy.Finish, "", err)
}
