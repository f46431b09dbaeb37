package rollout

import (
	"slices"

	"slipway/internal/deploy"
)

// What to do now, by whose fault it was. Where the content was at fault, to run the job again gives the same; where a host was,
// nothing else is needed.
const (
	nextContent = "fix forward; re-running repeats the same content"
	nextHost    = `mend the host, then "Re-run failed jobs"`
	nextUnknown = `where the host was at fault, mend it and "Re-run failed jobs"; else fix forward: re-running repeats the same content`
)

// next is what to do about failures. others says that the same went well on other hosts.
func next(errs deploy.Errors, others bool) string {
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
