package report

import (
	"fmt"
	"slices"
	"strings"

	"slipway/internal/ci"
	"slipway/internal/deploy"
)

// annotation is a remark that CI shows beside a line of a file and on the page of the run.
type annotation struct {
	kind    string // "error", "warning", "notice"
	at      deploy.Position
	title   string
	message string
}

// annotations are one for each failed step however many hosts failed it, the notes, and a notice for a good run.
func (r *Reporter) annotations(res deploy.Result, failures []failure) []annotation {
	var list []annotation
	for _, f := range merged(failures) {
		list = append(list, annotation{"error", f.at, f.title(), f.message(res)})
	}
	if res.Outcome == deploy.OutcomeCancelled {
		list = append(list, annotation{"warning", deploy.Position{}, "Cancelled" + in(res), strings.TrimSpace(live(res) + "\n" + next(res))})
	}
	for _, n := range r.notes {
		list = append(list, annotation{string(n.Level), n.At, "", n.Text})
	}
	if len(failures) == 0 && (res.Outcome == deploy.OutcomeActivated || res.Outcome == deploy.OutcomeUnchanged) {
		list = append(list, annotation{"notice", deploy.Position{}, "", fmt.Sprintf("%s runs %s on %s (release %s, %s)",
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

// annotate gives annotations to the CI. Where there are more than it shows of a kind, the last one says so.
func annotate(commands *ci.Commands, list []annotation) {
	if commands == nil {
		return
	}
	for _, kind := range []string{"error", "warning", "notice"} {
		var some []annotation
		for _, a := range list {
			if a.kind == kind {
				some = append(some, a)
			}
		}
		if more := len(some) - ci.MaxAnnotations; more > 0 {
			some = some[:ci.MaxAnnotations]
			some[ci.MaxAnnotations-1].message += fmt.Sprintf("\nand %d more, see the log", more)
		}
		for _, a := range some {
			switch kind {
			case "error":
				commands.Error(a.at, a.title, a.message)
			case "warning":
				commands.Warning(a.at, a.title, a.message)
			case "notice":
				commands.Notice(a.at, a.title, a.message)
			}
		}
	}
}
