package inspect

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/plan"
	"github.com/slipway/slipway/internal/release/survey"
)

// list is the deployments, newest first.
func (m *merger) list() []Deployment {
	var list []Deployment
	for _, d := range m.byID {
		list = append(list, d.finished())
	}
	slices.SortFunc(list, func(a, b Deployment) int { return cmp.Or(b.Begun.Compare(a.Begun), cmp.Compare(b.ID, a.ID)) })
	return list
}

// finished is the deployment with what follows from the rest.
func (d *merged) finished() Deployment {
	d.Activated, d.Unwound = slices.Compact(d.Activated), slices.Compact(d.Unwound)
	d.Hosts = max(d.Hosts, len(d.Activated), len(d.Unwound))
	d.Revision = cmp.Or(d.Revision, d.Release.Revision())
	switch {
	case d.running && d.unfinishedEnd():
		d.Outcome = OutcomeRunning
	case d.unfinished, d.Outcome == "" && d.journal:
		d.Outcome = OutcomeUnfinished
	case d.Outcome == "" && d.UnwoundAt.After(d.LiveAt):
		d.Outcome = deploy.OutcomeUnwound
	case d.Outcome == "":
		d.Outcome = deploy.OutcomeActivated
	}
	if d.Outcome != OutcomeRunning && d.Outcome != OutcomeUnfinished && d.journal && !d.outcomeAt.Before(d.Begun) {
		d.Ended = d.outcomeAt
		d.Seconds = max(d.Ended.Sub(d.Begun).Seconds(), 1) // times are whole seconds
	}
	if d.Outcome == deploy.OutcomeActivated {
		d.Failures = slices.DeleteFunc(d.Failures, func(f Failure) bool {
			return f.Phase == deploy.Activate && slices.Contains(d.Activated, f.Host) // of an earlier attempt
		})
	}
	return d.Deployment
}

// unfinishedEnd reports whether no outcome of this attempt is written yet.
func (d *merged) unfinishedEnd() bool {
	return d.outcomeAt.Before(d.Begun) || d.Outcome == "" || d.unfinished
}

// failuresOf are the steps of a journal whose last try went wrong, and the parts of its activation that failed last.
func failuresOf(host string, j survey.Journal, record plan.Record) []Failure {
	var failures []Failure
	last := map[string]deploy.StepFacts{}
	var order []string
	for _, try := range j.Steps {
		if try.Undo {
			continue
		}
		known, again := last[try.Folder]
		if !again {
			order = append(order, try.Folder)
		}
		if !again || try.Try > known.Try {
			last[try.Folder] = try
		}
	}
	restart := false
	for _, folder := range order {
		try := last[folder]
		if try.Status == "exit 0" || try.Running || try.Void {
			continue
		}
		restart = restart || try.Phase() == deploy.Activate
		failures = append(failures, Failure{host, try.Phase(), stepName(try, record), cmp.Or(try.Status, "outcome unknown")})
	}
	for _, entry := range j.Failed {
		if entry.What == deploy.LiveRestart && restart { // its step says how
			continue
		}
		step := string(entry.What)
		if entry.Toggle != nil {
			step = fmt.Sprintf("%s %s", entry.What, entry.Toggle.Name)
		}
		failure := Failure{host, deploy.Activate, step, "failed"}
		if !slices.Contains(failures, failure) {
			failures = append(failures, failure)
		}
	}
	return failures
}

// stepName is the name of a step as the plan has it; else what the journal makes of it.
func stepName(try deploy.StepFacts, record plan.Record) string {
	for _, step := range record.Steps {
		if step.Phase == try.Phase() && try.Slug() == (deploy.Step{Name: step.Name}).Slug() {
			return step.Name
		}
	}
	return try.Slug()
}
