package deploy

import (
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/slipway/slipway/internal/lazyregexp"
)

// Error is a failure that a person reads: what was tried, where, why it failed, and what to do now.
type Error struct {
	Op    string // what was being done: "connect", "unpack", "switch"
	Host  string // "" when it concerns no single host
	Phase Phase
	Step  string // the step's name, "" outside steps
	Check string // the name of the health check that did not pass, "" elsewhere
	At    Position
	Cause error
	Hint  string   // what to do now, one line
	Tail  []string // the last lines that the host printed, oldest first
	Log   []string // the last lines of the program's own log, where that is known
	Times int      // how often it was tried in vain, where that is worth telling; else 0

	// Printed says that a command on the host ended badly: Cause is how it ended, and why is what it printed.
	Printed bool
	// Fault says whose it is, where that is known.
	Fault Fault
	// Own are the pieces of Cause, Hint and Tail that are this host's or this moment's alone: an address, a port, a time. Two
	// errors that differ in nothing else are alike.
	Own []string
}

// ErrTimeout is the cause of a context that ended because the deployment took as long as it may.
var ErrTimeout = errors.New("the deployment's timeout passed")

// Fault says where the cause of a failure lies, and so what helps.
type Fault string

// The faults.
const (
	FaultHost    Fault = "host"    // the host, or the way to it: the same content may go well once that is mended
	FaultContent Fault = "content" // what was deployed: to do it again gives the same
)

// Alike is a text of the error without what is its host's or its moment's own, the host's name too: equal texts say that two
// hosts failed in the same way.
func (e *Error) Alike(text string) string {
	for _, own := range append([]string{e.Host}, e.Own...) {
		text = withoutWord(text, own)
	}
	return inMemory.ReplaceAllString(text, "\x00")
}

// inMemory is where an object lies, as Python and others print it: another place on each host.
var inMemory = lazyregexp.New(`\b0x[0-9a-f]{6,16}\b`)

// withoutWord takes a word out of a text, and leaves it where it is a piece of a longer one.
func withoutWord(text, word string) string {
	if word == "" {
		return text
	}
	inWord := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_' }
	var b strings.Builder
	for {
		i := strings.Index(text, word)
		if i < 0 {
			return b.String() + text
		}
		before, _ := utf8.DecodeLastRuneInString(text[:i])
		after, _ := utf8.DecodeRuneInString(text[i+len(word):])
		b.WriteString(text[:i])
		if inWord(before) || inWord(after) {
			b.WriteString(word)
		} else {
			b.WriteString("\x00")
		}
		text = text[i+len(word):]
	}
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

// Causes is the cause of an error that takes several lines, each of which is shown in one of its own.
type Causes []string

func (c Causes) Error() string { return strings.Join(c, " / ") }

// CausesOf are the lines of a cause; none of nil.
func CausesOf(cause error) Causes {
	var causes Causes
	switch {
	case cause == nil:
		return nil
	case errors.As(cause, &causes):
		return causes
	}
	for line := range strings.Lines(cause.Error()) {
		if line = strings.TrimSpace(line); line != "" {
			causes = append(causes, line)
		}
	}
	return causes
}

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

// Fault is whose the failures are: the host's or the content's where all of them agree.
func (es Errors) Fault() Fault {
	var fault Fault
	for i, e := range es {
		if i > 0 && e.Fault != fault {
			return ""
		}
		fault = e.Fault
	}
	return fault
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

// Grouped are errors by what text says of them, but for what is each host's own; both groups and errors stand in their order.
func Grouped(list []*Error, text func(*Error) string) (groups [][]*Error) {
	places := map[string]int{}
	for _, e := range list {
		like := e.Alike(text(e))
		at, known := places[like]
		if !known {
			at = len(groups)
			groups, places[like] = append(groups, nil), at
		}
		groups[at] = append(groups[at], e)
	}
	return groups
}
