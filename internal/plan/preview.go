package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
)

// Preview is what the plan would do, as far as that is known without a host.
func (p *Plan) Preview() deploy.Preview {
	view := deploy.Preview{Header: p.Header, Offline: true, Warnings: p.Split()}
	for _, step := range p.Previewed() {
		view.Steps = append(view.Steps, deploy.PreviewStep{
			Phase: step.Phase, Name: step.Name, Uses: step.Uses, Hosts: step.Hosts, Receivers: step.Receivers, Undo: step.UndoneOnFailure,
		})
	}
	for _, batch := range p.Batches {
		if len(batch.Hosts) > 0 {
			view.Batches = append(view.Batches, deploy.PreviewBatch{Hosts: batch.Hosts, Canary: batch.Canary, Wait: batch.Wait})
		}
	}
	for _, check := range p.Fleet {
		view.Fleet = append(view.Fleet, check.Name)
		if check.Watched() {
			view.Watch = max(view.Watch, check.Metric.For)
		}
	}
	return view
}

// Previewed are the steps of a preview, in its order.
func (p *Plan) Previewed() []deploy.Step {
	return slices.Concat(p.Prepare, p.Ensure, p.Migrate, p.Finish)
}

// Preview is what the schedule would do.
func (s *Schedule) Preview() deploy.Preview {
	view := s.Plan.Preview()
	view.Offline = false
	for _, h := range s.Serving() {
		view.Live = append(view.Live, deploy.LiveRelease{Host: h.Name, Release: h.Before.Release, Foreign: h.Before.Foreign()})
	}
	for _, h := range s.ToPrepare() {
		switch {
		case h.Staged:
		case h.Near != nil:
			view.Copy, view.CopyOf = append(view.Copy, h.Name), h.Near.Environment
		default:
			view.Upload = append(view.Upload, h.Name)
		}
	}
	view.Secrets = s.secretChanges()
	view.Refusals = slices.Concat(s.Orphans, s.OnHold())
	var newer *Superseded
	var foreign *Incomparable
	switch err := s.InOrder(); {
	case errors.As(err, &newer):
		view.Refusals = append(view.Refusals, refuse(newer.Host, strings.Join(deploy.CausesOf(newer), ", "), s.AllTheSame().String()))
	case errors.As(err, &foreign):
		view.Refusals = append(view.Refusals, refuse(foreign.Host, strings.Join(deploy.CausesOf(foreign), ", "), "start the workflow by hand, or deploy from a command line"))
	}
	for _, dead := range s.Dead(false) {
		if dead.HalfDone() {
			view.Ahead = append(view.Ahead, fmt.Sprintf("what the deployment %s left half done is reconciled first", dead.ID))
		}
	}
	view.Warnings = slices.Concat(view.Warnings, s.Skipped, s.ClocksOff(), s.NothingLive())
	if text := s.Unverified(); text != "" {
		view.Warnings = append(view.Warnings, text)
	}
	return view
}

// Against is the preview of a plan for hosts that were asked; unreachable are those that could not be. The schedule is nil where
// preflight would stop the deployment for what it found.
func (p *Plan) Against(facts map[string]deploy.Facts, unreachable deploy.Errors) (*Schedule, deploy.Preview) {
	var missing []string
	var refused deploy.Errors
	for _, err := range unreachable {
		if len(missing) < p.Rollout.FailureBudget && p.Dispensable(err.Host) {
			missing = append(missing, err.Host)
		} else {
			refused = append(refused, err)
		}
	}
	var s *Schedule
	if len(refused) == 0 {
		var err error
		if s, err = Resolve(p.Without(missing...), facts); err != nil && !errors.As(err, &refused) {
			refused = deploy.Errors{refuse("", err.Error(), "")}
		}
	}
	if len(refused) > 0 {
		view := p.Preview()
		view.Offline, view.Refusals = false, refused
		return nil, view
	}
	view := s.Preview()
	view.Back = s.Back()
	for _, name := range missing {
		view.Warnings = append(view.Warnings, name+" cannot be reached: the others go on without it, as the failure budget says")
	}
	return s, view
}

// ToPrepare are the hosts that the release is brought to: where hosts join, those that do not run it; of a rollback those that lack it.
func (s *Schedule) ToPrepare() []Host {
	return slices.DeleteFunc(s.Serving(), func(h Host) bool { return s.Rollback() && h.Like == "" || s.Joining() && h.Activated(s.Release) })
}
