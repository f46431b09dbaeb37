package report

import (
	"fmt"
	"slices"
	"strings"

	"slipway/internal/ci"
	"slipway/internal/deploy"
)

// annotations are one for each failed step however many hosts failed it, the notes, and a notice for a good run.
func (r *Reporter) annotations(res deploy.Result, failures []failure) []ci.Annotation {
	var list []ci.Annotation
	for _, f := range merged(failures) {
		list = append(list, ci.Annotation{Level: deploy.LevelError, At: f.at, Title: f.title(), Message: f.message(res)})
	}
	if res.Outcome == deploy.OutcomeCancelled {
		list = append(list, ci.Annotation{Level: deploy.LevelWarning, Title: "Cancelled" + in(res), Message: strings.TrimSpace(live(res) + "\n" + next(res))})
	}
	for _, n := range r.notes {
		list = append(list, ci.Annotation{Level: n.Level, At: n.At, Message: n.Text})
	}
	if len(failures) == 0 && (res.Outcome == deploy.OutcomeActivated || res.Outcome == deploy.OutcomeUnchanged) {
		list = append(list, ci.Annotation{Level: deploy.LevelNotice, Message: fmt.Sprintf("%s runs %s on %s (release %s, %s)",
			where(res.Header), runs(res.Release), plural(taking(res), "host"), res.Release, wholeSeconds(res.Duration))})
	}
	return list
}

// merged makes one failure of those that differ in the hosts' words only.
func merged(failures []failure) []failure {
	var list []failure
	for _, f := range failures {
		i := slices.IndexFunc(list, func(other failure) bool { return other.phase == f.phase && other.step == f.step })
		if i < 0 {
			f.hosts = slices.Clone(f.hosts)
			f.hints = slices.Clone(f.hints)
			list = append(list, f)
			continue
		}
		list[i].hosts = append(list[i].hosts, f.hosts...)
		for _, hint := range f.hints {
			list[i].hints = appendNew(list[i].hints, hint)
		}
	}
	return list
}

// message says how it failed, in the host's last words, what is live now, and what to do.
func (f failure) message(res deploy.Result) string {
	how := f.status
	switch {
	case f.cause != "":
		how = f.cause
	case len(f.tail) > 0:
		how = strings.TrimPrefix(how+": "+strings.TrimSpace(f.words()[len(f.tail)-1]), ": ")
	}
	lines := []string{how, state(res)}
	lines = append(lines, f.hints...)
	lines = append(lines, next(res))
	return strings.Join(slices.DeleteFunc(lines, func(s string) bool { return s == "" }), "\n")
}

func next(res deploy.Result) string {
	if res.Next == "" {
		return ""
	}
	return "Next: " + res.Next
}

// state says what is live after a deployment that failed.
func state(res deploy.Result) string {
	switch res.Outcome {
	case deploy.OutcomeFailed, deploy.OutcomeCancelled, deploy.OutcomeSuperseded:
		if res.Reconcile {
			return "Hosts may be half switched."
		}
		return live(res)
	case deploy.OutcomeActivated, deploy.OutcomeUnchanged:
		return fmt.Sprintf("The release is live on %s.", countedHosts(len(res.HostsWith(deploy.HostActivated)), taking(res)))
	case deploy.OutcomeReconciled:
		return runNow(res.Hosts)
	case deploy.OutcomeUnwound, deploy.OutcomePerson:
		return hostsNow(res) + "."
	}
	return ""
}
