package plan

import (
	"fmt"
	"slices"
	"time"

	"github.com/slipway/slipway/internal/deploy"
)

// Joining reports whether the plan brings the release that the fleet runs to the hosts that lack it.
func (p *Plan) Joining() bool { return p.Command == "join" }

// fleetRelease is what the fleet runs: the verified release that went live last on any host. It must be of the artifact that
// the plan is for.
func fleetRelease(p *Plan, facts map[string]deploy.Facts) (deploy.ReleaseID, *deploy.Error) {
	var live deploy.ReleaseID
	var since time.Time
	for _, target := range deploy.WithRelease(p.Targets) {
		f := facts[target.Name]
		entry, ok := liveEntry(f)
		known, _ := f.Release(f.CurrentID)
		if ok && entry.Release == f.CurrentID && known.Good() && entry.At.After(since) {
			live, since = f.CurrentID, entry.At
		}
	}
	fail := func(hint, format string, args ...any) (deploy.ReleaseID, *deploy.Error) {
		return "", &deploy.Error{Op: "join", Phase: deploy.Preflight, Cause: fmt.Errorf(format, args...), Hint: hint}
	}
	switch {
	case live == "":
		return fail("deploy one", "no host runs a verified release that others could join")
	case live.Content() != p.ContentSHA.Short():
		return fail("give the artifact of that release, or deploy this one", "the fleet runs %s, and the artifact is another one (%s)", live, p.ContentSHA.Short())
	}
	return live, nil
}

// leaveAlone takes the hosts that run the release out of every step, and the steps that are for the whole fleet: they ran when
// it went live.
func (s *Schedule) leaveAlone() {
	s.Migrate, s.Ensure = nil, nil
	s.without(&s.Prepare, s.runs)
	s.without(&s.Finish, s.runs)
	s.Finish = slices.DeleteFunc(s.Finish, func(step deploy.Step) bool { return step.Runner })
}

// without takes hosts that are settled out of steps.
func (s *Schedule) without(steps *[]deploy.Step, settled func(host string) bool) {
	*steps = slices.Clone(*steps)
	for i := range *steps {
		step := &(*steps)[i]
		giveFrom(step, settled)
		step.Hosts = slices.DeleteFunc(slices.Clone(step.Hosts), settled)
	}
}

// giveFrom has the hosts that are not settled get what a step produces from one that is.
func giveFrom(step *deploy.Step, settled func(host string) bool) {
	all := slices.Concat(step.Hosts, step.Receivers)
	at := slices.IndexFunc(all, settled)
	if len(step.Produces) == 0 || at < 0 {
		return
	}
	step.Source, step.Hosts = all[at], nil
	step.Receivers = slices.DeleteFunc(all, settled)
}

func (s *Schedule) runs(host string) bool {
	return slices.ContainsFunc(s.Hosts, func(h Host) bool { return h.Name == host && h.Activated(s.Release) })
}
