package rollout

import (
	"errors"
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/activation"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/stepper"
	"github.com/slipway/slipway/internal/transport/retry"
)

// What to do now, by whose fault it was. Where the content was at fault, a re-run fails in the same way. Where a host
// was, a re-run is all it takes.
var (
	nextContent = deploy.Next{Text: "fix forward; re-running repeats the same content"}
	nextHost    = deploy.Next{Text: `mend the host, then "Re-run failed jobs"`}
	nextUnknown = deploy.Next{Text: `where the host was at fault, mend it and "Re-run failed jobs"; else fix forward: a re-run repeats the same content`}
	// The same where what succeeded is kept.
	nextHostKept    = deploy.Next{Text: nextHost.Text + ": what succeeded is kept"}
	nextUnknownKept = deploy.Next{Text: `where the host was at fault, mend it and "Re-run failed jobs": what succeeded is kept; else fix forward: a re-run repeats the same content`}

	nextFixed  = deploy.Next{Text: `fix the cause, then "Re-run failed jobs"`} // where nothing was changed
	nextChosen = deploy.Next{Text: "fix the cause or choose another release, then run the job again"}
	nextAgain  = deploy.Next{Text: "run the job again"}
	nextLonger = deploy.Next{Text: "raise the deployment's `timeout` where the work needs longer, then \"Re-run failed jobs\": what succeeded is kept"}
	nextUndone = deploy.Next{Text: "see what is not undone, as the hints say: the next command goes on with it before anything else"}
	// Of a step that failed the re-run tries once more, and undoes all of it where it fails again.
	nextNotKept = deploy.Next{Text: `mend the named hosts, then "Re-run failed jobs": it goes on where this run failed, and undoes what is named above if it fails again. A new run undoes none of it; or undo it by hand`}
	// Whether a host wrote it down before its link was lost, nobody knows.
	nextMaybeKept = deploy.Next{Text: `once the named hosts answer, "Re-run failed jobs": it undoes what is named above where a host has that written down after all, or else goes on where this run failed, and undoes it if it fails again. Undo nothing by hand before: it could be undone twice`}
	nextOther     = deploy.Next{Text: `when the other deployment has ended, "Re-run failed jobs"`}
)

// next is what to do about failures. others says that the same went well on other hosts.
func next(errs deploy.Errors, others bool) deploy.Next {
	switch errs.Fault() {
	case deploy.FaultContent:
		return nextContent
	case deploy.FaultHost:
		return nextHost
	}
	decided := func(e *deploy.Error) bool { return e.Fault != "" || e.Host == deploy.FleetName }
	if others && !slices.ContainsFunc(errs, decided) {
		return nextHost
	}
	return nextUnknown
}

// undecided is what to do where a person has to say what became of a step. Where it is one step, its command moves from the hint to
// what to do now.
func undecided(errs deploy.Errors) (deploy.Errors, deploy.Next) {
	next := deploy.Next{Text: `find out what the step did and say so as the hint has it, then "Re-run failed jobs"`}
	var decide *stepper.Undecided
	if len(errs) != 1 || !errors.As(errs[0], &decide) {
		return errs, next
	}
	told := *errs[0]
	told.Hint = "`done` says that it did its work; with `rerun` in its place it runs again"
	return deploy.Errors{&told}, deploy.Next{
		Text: `find out what the step did, say so, then "Re-run failed jobs":`, Command: decide.Command + " done",
	}
}

// stuck is what to do about hosts that could not be brought back. Those that were only lost the next deployment brings back.
func (r *run) stuck(errs deploy.Errors) deploy.Next {
	var lost []string
	for _, err := range errs {
		if !retry.LinkFailed(err) {
			return r.byHand(err.Host)
		}
		lost = append(lost, err.Host)
	}
	return deploy.Next{Text: "once " + strings.Join(lost, ", ") + " can be reached again, deploy again: what is half done is brought back before anything else; " +
		"or bring it back by hand, as the hints say"}
}

// byHand is what to do about a host that could not be brought back.
func (r *run) byHand(name string) deploy.Next {
	next := deploy.Next{Text: "bring " + name + " back by hand, see its error; then deploy again"}
	if i := slices.IndexFunc(r.schedule.Targets, func(h deploy.Host) bool { return h.Name == name }); i >= 0 {
		next.Text += ". To get there:"
		next.Command = activation.SSHTo(r.schedule.Targets[i])
	}
	return next
}
