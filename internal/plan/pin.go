package plan

import (
	"fmt"
	"slices"

	"github.com/slipway/slipway/internal/deploy"
)

// pin holds the plan to what the deployment's first attempt chose: the primary of each step that runs once, and the hosts.
// Hosts that are not among the targets any more are named. Where one of them is the primary of a step, that is an error: nobody can
// be asked whether the step ran.
func (s *Schedule) pin() deploy.Errors {
	first := s.firstRecord()
	if first == nil {
		return nil
	}
	for _, name := range first.Hosts {
		if !slices.Contains(s.everyone(), name) {
			s.Removed = append(s.Removed, name)
		}
	}
	errs := s.pinSteps(s.Prepare, first)
	return append(errs, s.pinSteps(s.Migrate, first)...)
}

func (s *Schedule) pinSteps(steps []deploy.Step, first *Record) deploy.Errors {
	var errs deploy.Errors
	for i := range steps {
		step := &steps[i]
		at := slices.IndexFunc(first.Steps, func(r RecordStep) bool { return r.Phase == step.Phase && r.Name == step.Name && r.Once })
		if !step.Once || at < 0 || len(first.Steps[at].Hosts) == 0 {
			continue
		}
		primary := first.Steps[at].Hosts[0]
		if !slices.Contains(s.everyone(), primary) {
			errs = append(errs, &deploy.Error{
				Host: primary, Phase: step.Phase, Step: step.Name, At: step.At,
				Cause: fmt.Errorf("attempt %d chose this host for it, and it is not among the hosts any more", max(1, first.Attempt)),
				Hint:  "nobody can tell whether it ran there: find out, then deploy in a new run",
			})
			continue
		}
		runOn(step, primary)
	}
	return errs
}

// firstRecord is the plan of an earlier attempt, of the first host that has one.
func (s *Schedule) firstRecord() *Record {
	for _, h := range s.Hosts {
		if h.Earlier != nil {
			return &h.Earlier.Record
		}
	}
	return nil
}
