package plan

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"al.essio.dev/pkg/shellescape"

	"slipway/internal/deploy"
	"slipway/internal/release"
)

// Schedule is a plan that the hosts can carry out.
type Schedule struct {
	*Plan
	Hosts   []Host        // as Plan.Targets, in order
	Removed []string      // hosts of an earlier attempt that are not among the targets any more
	Orphans deploy.Errors // steps that an earlier attempt may have run where nobody can be asked
}

// Host is what is to be done on one host.
type Host struct {
	deploy.Host
	Facts    deploy.Facts
	Encoding string // of the payload: "zstd" or "gzip"
	Staged   bool   // the release lies there already, complete and verified
	Anew     bool   // it lies there, and goes: an earlier attempt filled the disk, and this one begins anew
	Before   Link   // what current named before this deployment
	Unwind   Link   // where current goes when the deployment fails; fixed here, before any switch

	Earlier *Earlier // what an earlier attempt wrote here; nil when there was none
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
	paths := deploy.Paths{}
	for _, target := range p.Targets {
		f := facts[target.Name]
		errs = append(errs, judge(p, target, f)...)
		if err := paths.Add(target.Name, f.PathID(target.DeployPath)); err != nil {
			errs = append(errs, refuse(target.Name, err.Cause.Error(), err.Hint))
		}
		s.Hosts = append(s.Hosts, schedule(p, target, f))
	}
	for _, h := range s.Hosts {
		errs = append(errs, s.judgeRoom(h)...)
	}
	if len(errs) > 0 {
		return nil, errs
	}
	if s.Joining() {
		s.leaveAlone()
	}
	s.Orphans = s.pin()
	if !p.Reconcile {
		s.Header.Earlier = s.attempt()
	}
	return s, nil
}

func schedule(p *Plan, target deploy.Host, f deploy.Facts) Host {
	known, _ := f.Release(p.Release)
	h := Host{Host: target, Facts: f, Encoding: "gzip", Earlier: earlier(f)}
	h.Anew = known.Staged && p.full(target, f) && f.CurrentID != p.Release && !known.Good() && h.Earlier != nil && len(h.Earlier.Facts.Live) == 0
	h.Staged = known.Staged && !h.Anew
	if _, ok := f.Tools["zstd"]; ok {
		h.Encoding = "zstd"
	}
	switch f.Current {
	case deploy.CurrentRelease:
		h.Before = Link{Target: f.CurrentTarget, Release: f.CurrentID}
	case deploy.CurrentForeign:
		h.Before = Link{Target: f.CurrentTarget}
	case deploy.CurrentNone, deploy.CurrentDirectory, deploy.CurrentFile, deploy.CurrentLost:
	}
	if h.Earlier != nil && h.Before.Release == p.Release {
		if before, ok := firstSwitch(h.Earlier.Facts.Live, p.Release); ok {
			h.Before = before
		}
	}
	h.Unwind = UnwindTarget(p.Deployment, p.Release, h.Before, f)
	return h
}

// judge finds everything that keeps a host from taking part.
func judge(p *Plan, target deploy.Host, f deploy.Facts) deploy.Errors {
	var errs deploy.Errors
	add := func(cause, hint string) {
		err := refuse(target.Name, cause, hint)
		err.Own = []string{target.DeployPath}
		errs = append(errs, err)
	}
	if f.LayoutFormat > release.Format {
		add(fmt.Sprintf("the layout in %s/.slipway is of format %d, newer than this Slipway knows (%d)", target.DeployPath, f.LayoutFormat, release.Format),
			"deploy with the newer Slipway that wrote it")
	}
	missing := func(tool string) bool { _, ok := f.Tools[tool]; return !ok }
	if tools := slices.DeleteFunc(slices.Clone(release.Required), func(tool string) bool { return !missing(tool) }); len(tools) > 0 {
		add(strings.Join(tools, ", ")+" missing", "install coreutils, findutils, sed, grep and tar, or BusyBox with these applets")
	}
	if missing("zstd") && missing("gzip") && !target.NoRelease {
		add("neither zstd nor gzip is there to unpack the artifact", "install one of them")
	}
	if f.ReadOnly && len(f.Unwritable) > 0 {
		add(f.Unwritable[0]+" is mounted read-only", "find out why (`dmesg`: the kernel does so after a disk error), then `mount -o remount,rw` it")
		f.Unwritable = nil
	}
	for _, folder := range f.Unwritable {
		add(fmt.Sprintf("%s may not write to %s", f.User, folder), "give the deploy path to the deploy user: docs/secure-hosts.md")
	}
	if target.NoRelease {
		return errs
	}
	if f.Current == deploy.CurrentDirectory {
		current := path.Join(target.DeployPath, "current")
		add(current+" is a real directory, not a link", fmt.Sprintf("convert it once: `cd %s && mkdir -p releases && mv current releases/before-slipway && ln -s releases/before-slipway current`",
			shellescape.Quote(target.DeployPath)))
	}
	if f.Current == deploy.CurrentFile {
		add(path.Join(target.DeployPath, "current")+" is a file, not a link", "look who made it, and move it away: Slipway makes the link")
	}
	if p.Reconcile {
		return errs // no more is needed to bring a host back
	}
	if err := f.Owner.Refuse(target.DeployPath, p.Owner(), p.ReplaceApp); err != nil {
		add(err.Cause.Error(), err.Hint)
	}
	for _, file := range f.SharedFolders {
		add(path.Join(target.DeployPath, "shared", file)+" is a folder, and a file belongs there", "put the file there in its place, or list it under `shared.dirs`")
	}
	for _, file := range f.MissingShared {
		add(fmt.Sprintf("shared file %s is missing", path.Join(target.DeployPath, "shared", file)), "put it there once, or drop it from `shared.files`")
	}
	if p.Rollback() {
		if r, ok := f.Release(p.Release); !ok || !r.Staged {
			own := map[string]deploy.Facts{target.Name: f}
			add(fmt.Sprintf("release %s is not there", p.Release), "choose one that every host keeps; here: "+describe(common(own), own))
		}
		return errs
	}
	return errs
}

func refuse(host, cause, hint string) *deploy.Error {
	return &deploy.Error{Op: "preflight", Host: host, Phase: deploy.Preflight, Cause: fmt.Errorf("%s", cause), Hint: hint}
}
