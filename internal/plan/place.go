package plan

import (
	"fmt"
	"slices"

	"github.com/slipway/slipway/internal/deploy"
)

// selection is the hosts that a plan is for, and all from which `limit` selected them.
type selection struct{ hosts, all []deploy.Host }

// place fills in the hosts of each step: those with its roles, or of those the primary alone when it runs once. The primary is that
// of all hosts: a limit that leaves it out is refused, so that the step neither moves to another host nor is passed over in silence.
// Another step for roles that the limit leaves out is not in the plan.
func place(steps []deploy.Step, among selection, problems *deploy.Problems) []deploy.Step {
	var placed []deploy.Step
	for _, step := range steps {
		if step.Runner {
			step.Hosts = []string{deploy.RunnerName}
			placed = append(placed, step)
			continue
		}
		withRole := func(hosts []deploy.Host) []deploy.Host {
			return slices.DeleteFunc(slices.Clone(hosts), func(h deploy.Host) bool { return !h.HasRole(step.Roles) })
		}
		chosen, all := withRole(among.hosts), withRole(among.all)
		if len(all) == 0 {
			*problems = append(*problems, deploy.Problem{At: step.At, Message: fmt.Sprintf("no host runs step %q: none has its role", step.Name)})
			continue
		}
		step.Hosts = deploy.HostNames(chosen)
		needed := "" // a host without which the step would not do what it is for
		switch {
		case step.Once:
			needed = primary(all).Name
			runOn(&step, needed)
		case step.Via != "" && len(chosen) == 0:
			needed = all[0].Name
		case len(chosen) == 0:
			continue
		}
		if needed != "" && !slices.ContainsFunc(chosen, func(h deploy.Host) bool { return h.Name == needed }) {
			*problems = append(*problems, deploy.Problem{
				At: step.At, Message: fmt.Sprintf("step %q runs on %s, which `limit` leaves out", step.Name, needed),
				Hint: "add " + needed + " to `limit`; where it is gone for good, take it out of `hosts`",
			})
		}
		placed = append(placed, step)
	}
	return placed
}

// placeEnsured is place for steps that hosts without releases may run, too, where they are delegated.
func placeEnsured(steps []deploy.Step, every, among selection, problems *deploy.Problems) []deploy.Step {
	var placed []deploy.Step
	for _, step := range steps {
		of := among
		if step.Via != "" {
			step.Roles, of = []string{step.Via}, every
		}
		placed = append(placed, place([]deploy.Step{step}, of, problems)...)
	}
	return placed
}

// runOn makes one host the only one that runs the step. All its other hosts become receivers of what it produces.
func runOn(step *deploy.Step, primary string) {
	others := slices.Concat(step.Hosts, step.Receivers)
	step.Hosts, step.Receivers = []string{primary}, nil
	if len(step.Produces) > 0 {
		step.Source = primary
		step.Receivers = slices.DeleteFunc(others, func(name string) bool { return name == primary })
	}
}

// primary is the host named as such, else the first.
func primary(hosts []deploy.Host) deploy.Host {
	if i := slices.IndexFunc(hosts, func(h deploy.Host) bool { return h.Primary }); i >= 0 {
		return hosts[i]
	}
	return hosts[0]
}
