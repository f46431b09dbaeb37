package plan

import (
	"slices"

	"github.com/slipway/slipway/internal/deploy"
)

// Dispensable reports whether the others may go on without a host: no step runs once on it, it is no canary, and it is
// not named as primary. A host that runs something for others is not dispensable either.
func (p *Plan) Dispensable(host string) bool {
	i := slices.IndexFunc(p.Targets, func(h deploy.Host) bool { return h.Name == host })
	if i < 0 || p.Targets[i].Primary || p.Targets[i].NoRelease {
		return false
	}
	for _, steps := range [][]deploy.Step{p.Prepare, p.Migrate, p.Ensure, p.Finish} {
		for _, s := range steps {
			if s.Once && slices.Contains(s.Hosts, host) || s.Source == host {
				return false
			}
		}
	}
	for _, drains := range p.Drains {
		for _, d := range drains {
			if slices.Contains(d.Executors, host) {
				return false
			}
		}
	}
	return !slices.ContainsFunc(p.Batches, func(b Batch) bool { return b.Canary && slices.Contains(b.Hosts, host) })
}

// Without is the plan for the hosts that are left when some are missing. Its header names them all still.
func (p *Plan) Without(missing ...string) *Plan {
	gone := func(name string) bool { return slices.Contains(missing, name) }
	left := *p
	left.Targets = slices.DeleteFunc(slices.Clone(p.Targets), func(h deploy.Host) bool { return gone(h.Name) })
	for _, steps := range []*[]deploy.Step{&left.Prepare, &left.Migrate, &left.Ensure, &left.Finish, &left.OnFailure} {
		*steps = slices.Clone(*steps)
		for i := range *steps {
			step := &(*steps)[i]
			step.Hosts = slices.DeleteFunc(slices.Clone(step.Hosts), gone)
			step.Receivers = slices.DeleteFunc(slices.Clone(step.Receivers), gone)
		}
	}
	left.Batches = slices.Clone(p.Batches)
	for i := range left.Batches {
		left.Batches[i].Hosts = slices.DeleteFunc(slices.Clone(left.Batches[i].Hosts), gone)
	}
	return &left
}

// Without is the schedule for the hosts that are left when some are missing.
func (s *Schedule) Without(missing ...string) *Schedule {
	left := *s
	left.Plan = s.Plan.Without(missing...)
	left.Hosts = slices.DeleteFunc(slices.Clone(s.Hosts), func(h Host) bool { return slices.Contains(missing, h.Name) })
	return &left
}
