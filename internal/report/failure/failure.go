// Package failure finds out what went wrong in a deployment: which hosts failed in the same way, what they said last, and what
// helps. It decides nothing about how that is shown.
package failure

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/report/layout"
)

// Failure is what went wrong in the same way on one or several hosts.
type Failure struct {
	Phase   deploy.Phase
	Step    string
	Check   string // the health check that did not pass, "" elsewhere
	Hosts   []string
	Status  string        // exit 1
	Causes  deploy.Causes // for people, line by line; none where status says it all
	Tail    []string      // what the hosts printed last
	Log     []string      // the end of the program's own log on the first of the hosts
	Hints   []string
	Command string
	At      deploy.Position
	Of      int  // hosts that took part in the step, or in the phase where each goes its own way; 0 is unknown
	Unknown bool // nobody saw it end: it may have gone well
	Times   int  // how often it was tried in vain, at most; 0 is not told
	Varied  bool // the hosts' words differ, in a port or a moment

	like      string   // equal for failures that differ in nothing but the host, its address and the moment
	likeHints []string // the hints, less the same
}

// Of gathers the failures of a result, in the plan's order; hosts with the same last words stand together.
func Of(res deploy.Result, tails *Tails) []Failure {
	var list []Failure
	places := map[string]int{}
	spans := res.Spans()
	for _, e := range res.Failures() {
		f := of(e, res, spans, tails)
		if i, known := places[f.like]; known {
			list[i].add(f)
			continue
		}
		places[f.like] = len(list)
		list = append(list, f)
	}
	return list
}

// of is the failure of one error.
func of(e *deploy.Error, res deploy.Result, spans []deploy.Span, tails *Tails) Failure {
	f := Failure{
		Phase: e.Phase, Step: cmp.Or(e.Step, e.Op), Check: e.Check, At: e.At, Tail: tails.Of(e), Log: e.Log, Times: e.Times, Status: statusIn(spans, e),
	}
	if e.Host != "" {
		f.Hosts = []string{e.Host}
	}
	if e.Hint != "" {
		f.Hints = []string{layout.OneLine(e.Hint)}
		f.likeHints = []string{e.Alike(f.Hints[0])}
	}
	f.find(res, e.Step)
	f.Unknown = unknownIn(spans, e)
	f.Causes = causesOf(e)
	status := f.Status
	if f.Phase == deploy.Preflight {
		status = f.Causes.Error() // of which the status is the beginning, where there is one
	}
	if f.Causes.Error() == f.Status || len(f.Tail) > 0 && e.Printed {
		f.Causes = nil // the verdict said it, and the host's own words follow
	}
	f.like = e.Alike(strings.Join(append([]string{string(f.Phase), f.Step, status, f.Causes.Error()}, f.Tail...), "\n"))
	return f
}

// causesOf is an error's cause, with what was done where that is not the step itself.
func causesOf(e *deploy.Error) deploy.Causes {
	causes := slices.Clone(deploy.CausesOf(e.Cause))
	for i := range causes {
		causes[i] = layout.OneLine(causes[i])
	}
	if len(causes) > 0 && e.Step != "" && e.Op != "" && !strings.EqualFold(e.Op, e.Step) && e.Op != "run" {
		causes[0] = e.Op + ": " + causes[0]
	}
	return causes
}

// statusIn is how an error's span ended. A part is called restart, its step may have another name: then it is the first that
// failed on the host.
func statusIn(spans []deploy.Span, e *deploy.Error) string {
	status := ""
	for _, span := range spans {
		if span.Phase == e.Phase && span.Host == e.Host && span.Failed() && (status == "" || span.Step == e.Step) {
			status = Status(span)
		}
	}
	return status
}

// unknownIn reports whether nobody saw the step of an error end.
func unknownIn(spans []deploy.Span, e *deploy.Error) bool {
	return slices.ContainsFunc(spans, func(span deploy.Span) bool {
		return span.Phase == e.Phase && span.Host == e.Host && span.Outcome == deploy.Unknown && span.Step == e.Step
	})
}

// find looks up what the step was, and on how many hosts.
func (f *Failure) find(res deploy.Result, step string) {
	for _, s := range res.Steps {
		if s.Phase != f.Phase || s.Step != step {
			continue
		}
		f.Command, f.Of = s.Command, len(s.Spans)
		if f.At.IsZero() {
			f.At = s.At
		}
	}
	if !f.Phase.PerHost() {
		return
	}
	f.Of = 0
	for _, p := range res.Parts {
		if p.Phase == f.Phase && p.Host != deploy.FleetName {
			f.Of++
		}
	}
}

// add takes in a failure of the same kind.
func (f *Failure) add(other Failure) {
	f.Times = max(f.Times, other.Times)
	f.Varied = f.Varied || !slices.Equal(f.Tail, other.Tail) || !slices.Equal(f.Causes, other.Causes) || f.Status != other.Status
	for i, hint := range other.Hints {
		// Of hints that are the same but for the host one is enough, but not of those that bring a host back.
		if slices.Contains(f.Hints, hint) || f.Phase != deploy.Unwind && slices.Contains(f.likeHints, other.likeHints[i]) {
			continue
		}
		f.Hints, f.likeHints = append(f.Hints, hint), append(f.likeHints, other.likeHints[i])
	}
	f.Hosts = appendNew(f.Hosts, other.Hosts...)
}

// Merged makes one failure of those that differ in the hosts' words only.
func Merged(failures []Failure) []Failure {
	var list []Failure
	for _, f := range failures {
		i := slices.IndexFunc(list, func(other Failure) bool { return other.Phase == f.Phase && other.Step == f.Step })
		if i < 0 {
			f.Hosts, f.Hints = slices.Clone(f.Hosts), slices.Clone(f.Hints)
			list = append(list, f)
			continue
		}
		list[i].Hosts = appendNew(list[i].Hosts, f.Hosts...)
		list[i].Hints = appendNew(list[i].Hints, f.Hints...)
	}
	return list
}

func appendNew(list []string, more ...string) []string {
	for _, text := range more {
		if !slices.Contains(list, text) {
			list = append(list, text)
		}
	}
	return list
}

// Words are what the hosts said last, and how often.
func (f Failure) Words() []string {
	if f.Times < 2 || len(f.Tail) == 0 {
		return f.Tail
	}
	lines := slices.Clone(f.Tail)
	lines[len(lines)-1] += fmt.Sprintf("   (x%d)", f.Times)
	return lines
}

// Name is the step. What fails on the way back may be called as what failed on the way there.
func (f Failure) Name() string {
	switch {
	case f.Step == "":
		return string(f.Phase)
	case f.Phase == deploy.Unwind, f.Phase == deploy.Undo:
		return string(f.Phase) + ": " + f.Step
	}
	return f.Step
}

// Title names a failure: "Collect static files failed on web2, web3 (2 of 3)".
func (f Failure) Title() string {
	text := f.Name() + " failed"
	if f.Unknown {
		text = f.Name() + ": outcome unknown"
	}
	if len(f.Hosts) > 0 {
		text += " on " + layout.Named(f.Hosts, ", ")
	}
	if f.Of > 1 && !slices.Equal(f.Hosts, []string{deploy.FleetName}) {
		text += " (" + layout.Counted(len(f.Hosts), f.Of) + ")"
	}
	return text
}

// Short is what failed in a word or two: a check by its own name, else the step.
func (f Failure) Short() string { return cmp.Or(f.Check, f.Step) }
