package deploy

import (
	"errors"
	"slices"
	"strings"
)

// Error is a failure that a person reads: what was tried, where, why it failed, and what to do now.
type Error struct {
	Op    string // what was being done: "connect", "unpack", "switch"
	Host  string // "" when it concerns no single host
	Phase Phase
	Step  string // the step's name, "" outside steps
	At    Position
	Cause error
	Hint  string   // what to do now, one line
	Tail  []string // the last lines that the host printed, oldest first
	Times int      // how often it was tried in vain, where that is worth telling; else 0
}

func (e *Error) Error() string {
	var parts []string
	for _, part := range []string{e.Host, e.Step, e.Op} {
		if part != "" && !slices.Contains(parts, part) {
			parts = append(parts, part)
		}
	}
	if e.Cause != nil {
		parts = append(parts, e.Cause.Error())
	}
	text := strings.Join(parts, ": ")
	if e.Hint != "" {
		text += " (" + e.Hint + ")"
	}
	return text
}

func (e *Error) Unwrap() error { return e.Cause }

// Errors are the failures of several hosts, in the plan's order.
type Errors []*Error

func (es Errors) Error() string {
	lines := make([]string, len(es))
	for i, e := range es {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap lets errors.Is and errors.As look at each.
func (es Errors) Unwrap() []error {
	list := make([]error, len(es))
	for i, e := range es {
		list[i] = e
	}
	return list
}

// CauseIn is what an error says less the names of its host and step, which the one around it has.
func CauseIn(err error) error {
	var known *Error
	if errors.As(err, &known) {
		return known.Cause
	}
	return err
}

// OnHost is err as a *Error that names host, phase and step.
func OnHost(host string, phase Phase, step string, err error) *Error {
	if err == nil {
		return nil
	}
	failure := &Error{Cause: err}
	var known *Error
	if errors.As(err, &known) {
		copied := *known
		failure = &copied
	}
	failure.Host, failure.Phase = host, phase
	if failure.Step == "" {
		failure.Step = step
	}
	return failure
}
