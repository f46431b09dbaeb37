package rollout

import (
	"slices"

	"slipway/internal/activation"
	"slipway/internal/deploy"
)

// What to do now, by whose fault it was. Where the content was at fault, a re-run fails in the same way. Where a host
// was, a re-run is all it takes.
var (
	nextContent = deploy.Next{Text: "fix forward; re-running repeats the same content"}
	nextHost    = deploy.Next{Text: `mend the host, then "Re-run failed jobs"`}
	nextUnknown = deploy.Next{Text: `where the host was at fault, mend it and "Re-run failed jobs"; else fix forward: re-running repeats the same content`}
	nextAgain   = deploy.Next{Text: "run the job again"}
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

// byHand is what to do about a host that could not be brought back.
func (r *run) byHand(name string) deploy.Next {
	next := deploy.Next{Text: "bring " + name + " back by hand, see its error; then deploy again"}
	if i := slices.IndexFunc(r.schedule.Targets, func(h deploy.Host) bool { return h.Name == name }); i >= 0 {
		next.Text += ". To get there:"
		next.Command = activation.SSHTo(r.schedule.Targets[i])
	}
	return next
}
