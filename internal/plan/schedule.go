package plan

import (
	"path"
	"slices"

	"github.com/slipway/slipway/internal/deploy"
)

// Schedule is a plan that the hosts can carry out.
type Schedule struct {
	*Plan
	Hosts   []Host        // as Plan.Targets, in order
	Skipped []string      // of a rollback to the release before: newer ones that it may not go to, and why
	Removed []string      // hosts of an earlier attempt that are not among the targets any more
	Orphans deploy.Errors // steps that an earlier attempt may have run where nobody can be asked
}

// Host is what is to be done on one host.
type Host struct {
	deploy.Host
	Facts    deploy.Facts
	Encoding string  // of the payload: "zstd" or "gzip"
	Staged   bool    // the release lies there already, complete and verified
	Near     *Nearby // where the members can be copied from on the host itself; nil: they are sent
	Anew     bool    // it lies there, and goes: an earlier attempt filled the disk, and this one begins anew
	Like     string  // of a rollback that brings the release here: the host whose record of how it is restarted and verified holds here, too
	Before   Link    // what current named before this deployment
	Unwind   Link    // where current goes when the deployment fails; fixed here, before any switch

	Earlier *Earlier // what an earlier attempt wrote here; nil when there was none
}

// live is what current names now.
func (h Host) live() Link {
	switch f := h.Facts; f.Current {
	case deploy.CurrentRelease:
		return Link{Target: f.CurrentTarget, Release: f.CurrentID}
	case deploy.CurrentForeign:
		return Link{Target: f.CurrentTarget}
	case deploy.CurrentNone, deploy.CurrentDirectory, deploy.CurrentFile, deploy.CurrentLost:
	}
	return Link{}
}

// Activated reports whether an earlier attempt took the release into service here, and verified it.
func (h Host) Activated(id deploy.ReleaseID) bool {
	known, ok := h.Facts.Release(id)
	return ok && known.Good() && h.Facts.CurrentID == id
}

// Serving are the hosts that get releases.
func (s *Schedule) Serving() []Host {
	return slices.DeleteFunc(slices.Clone(s.Hosts), func(h Host) bool { return h.NoRelease })
}

// Link is something that `current` can name.
type Link struct {
	Target  string           // the link's text; "" is no link at all
	Release deploy.ReleaseID // "" when the target is no release of Slipway's
}

// None reports whether current did not exist.
func (l Link) None() bool { return l.Target == "" }

// Foreign is the link's text where it names another tool's release, else "".
func (l Link) Foreign() string {
	if l.Release != "" {
		return ""
	}
	return l.Target
}

// String names the link for people.
func (l Link) String() string {
	switch {
	case l.Release != "":
		return string(l.Release)
	case l.None():
		return "nothing"
	}
	return l.Target
}

// To is the link that names a release.
func To(id deploy.ReleaseID) Link {
	return Link{Target: path.Join("releases", string(id)), Release: id}
}

// Resolve holds a plan against the facts of every host. Its errors are deploy.Errors, all of them, in the plan's order;
// nothing has been changed on any host when there is one.
func Resolve(p *Plan, facts map[string]deploy.Facts) (*Schedule, error) {
	var errs deploy.Errors
	id, err := adopt(p, facts)
	if err != nil {
		return nil, deploy.Errors{err}
	}
	if id != p.Release {
		if p, err = p.named(id, facts); err != nil {
			return nil, deploy.Errors{err}
		}
	}
	own := *p // pinning and the header are the schedule's own
	own.Prepare, own.Migrate = slices.Clone(p.Prepare), slices.Clone(p.Migrate)
	s := &Schedule{Plan: &own}
	if p.Rollback() {
		own.Folder = adoptedAs(own.Release, serving(p, facts))
	}
	if p.Rollback() && p.anyTarget() {
		s.Skipped = p.passedOver(serving(p, facts))
	}
	paths := deploy.Paths{}
	for _, target := range p.Targets {
		f := facts[target.Name]
		errs = append(errs, refusals(target, judge(p, target, f))...)
		errs = append(errs, refusals(target, judgePath(paths, target, f))...)
		s.Hosts = append(s.Hosts, schedule(p, target, f))
	}
	for _, h := range s.Hosts {
		errs = append(errs, refusals(h.Host, s.judgeRoom(h))...)
	}
	if keeper, ok := p.Keeper(); ok && !contains(p.Targets, keeper.Name) {
		errs = append(errs, refusals(keeper, judge(p, keeper, facts[keeper.Name]))...)
	}
	if len(errs) > 0 {
		return nil, errs
	}
	switch {
	case s.Joining():
		s.leaveAlone()
	case s.Rollback() && !s.Reconcile:
		if errs := s.onlyLacking(facts); len(errs) > 0 {
			return nil, errs
		}
	}
	s.Header.Replaced = s.replaced(facts)
	s.Orphans = s.pin()
	if !p.Reconcile {
		s.Header.Earlier = s.attempt()
	}
	return s, nil
}

func schedule(p *Plan, target deploy.Host, f deploy.Facts) Host {
	known, _ := f.Release(p.Release)
	h := Host{Host: target, Facts: f, Encoding: "gzip", Earlier: earlier(f)}
	h.Anew = known.Staged && p.full(target, f) && f.CurrentID != p.Release && !known.Good() && h.Earlier != nil && !h.Earlier.Facts.Touched()
	if p.Rollback() && known.Staged && !whole(known) && h.Earlier == nil && f.CurrentID != p.Release {
		h.Anew = true // what another rollback brought, and did not come to its end with
	}
	h.Staged = known.Staged && !h.Anew
	if !h.Staged {
		h.Near = p.Artifact.near(f)
	}
	if _, ok := f.Tools["zstd"]; ok {
		h.Encoding = "zstd"
	}
	h.Before = h.live()
	if h.Earlier != nil && h.Before.Release == p.Release {
		if before, ok := firstSwitch(h.Earlier.Facts.Live, p.Release); ok {
			h.Before = before
		}
	}
	h.Unwind = UnwindTarget(p.Deployment, p.Release, h.Before, f)
	return h
}
