package deploy

import (
	"strings"
	"time"
)

// Span is one thing done on one host: a step, or one part of an activation.
type Span struct {
	Host     string
	Phase    Phase
	Step     string // "Upload", "Migrate", "switch", "restart", "verify Health"
	Part     Part   // of an activation; "" for a step
	Start    time.Time
	Duration time.Duration
	Outcome  StepOutcome
	Status   string // "exit 1", "killed by TERM", "timed out after 5m0s"; "" when it succeeded
	Kept     int    // the attempt of the CI run that did it, when this one found nothing to do; else 0
	Joined   int    // the attempt that started it, when this one followed it to its end; else 0
	From     string // the host that this one got the step's work from, and did not do it itself; "" else
	Note     Note   // a few words worth the line
	Err      *Error // nil when it succeeded
	Excused  bool   // that it went wrong is a warning, and fails nothing
}

// Failed reports whether it went wrong, as far as anybody saw, and that matters to the deployment.
func (s Span) Failed() bool { return s.wrong() && !s.Excused }

// Warns reports whether it went wrong, and that is a warning alone.
func (s Span) Warns() bool { return s.wrong() && s.Excused }

func (s Span) wrong() bool { return s.Outcome == Failed || s.Outcome == Unknown }

// Cancelled reports whether it ended because the deployment was cancelled, and for no fault of its own.
func (s Span) Cancelled() bool { return s.Status == StatusCancelled }

// Part is a piece of a host's activation or unwinding.
type Part string

// The parts, in the order in which a host goes through them.
const (
	PartDrain   Part = "drain"
	PartSwitch  Part = "switch"
	PartRestart Part = "restart"
	PartVerify  Part = "verify"
	PartSoak    Part = "stable" // the checks go on being asked after they passed
	PartWatch   Part = "watch"  // metrics go on being asked after all hosts are activated
	PartUndrain Part = "undrain"
	PartStop    Part = "stop" // what a restart started, where there is no release to go back to
)

// Of is what people call a part, with the name of the step or check where it has one: "verify Health".
func (p Part) Of(name string) string { return strings.TrimSpace(string(p) + " " + name) }

// FleetName stands in the place of a host for the checks of the whole fleet. No host may have it.
const FleetName = "fleet"

// FailedSpans are those that went wrong.
func FailedSpans(spans []Span) []Span {
	var failed []Span
	for _, span := range spans {
		if span.Failed() {
			failed = append(failed, span)
		}
	}
	return failed
}

// Elapsed is the time from the first start to the last end; 0 of no spans.
func Elapsed(spans []Span) time.Duration {
	if len(spans) == 0 {
		return 0
	}
	first, last := spans[0].Start, spans[0].Start
	for _, span := range spans {
		if span.Start.Before(first) {
			first = span.Start
		}
		if end := span.Start.Add(span.Duration); end.After(last) {
			last = end
		}
	}
	return last.Sub(first)
}
