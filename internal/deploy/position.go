package deploy

import (
	"fmt"
	"strings"
)

// Position is a place in something that a person wrote: a file in the workspace, or an input of the action.
type Position struct {
	File   string // as the person names it, relative to the working directory; "input hosts" for an input
	Line   int    // from 1; 0 is unknown
	Column int    // from 1; 0 is unknown
}

// inputPrefix is what the name of an input has before it, where others have the name of a file.
const inputPrefix = "input "

// InInput is a place in an input of the action; line and column are 0 where they are not known.
func InInput(name string, line, column int) Position {
	return Position{File: inputPrefix + name, Line: line, Column: column}
}

// IsInput reports whether the position is in an input, and not in a file.
func (p Position) IsInput() bool { return strings.HasPrefix(p.File, inputPrefix) }

// IsZero reports whether the position names nothing.
func (p Position) IsZero() bool { return p == Position{} }

// String is file:line:column, less what is not known. The beginning of an input is the input: few have more than a line.
func (p Position) String() string {
	switch {
	case p.Line == 0, p.IsInput() && p.Line == 1 && p.Column == 1:
		return p.File
	case p.Column == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Problem is one mistake in what a person wrote, or a rule there that stands against the run, found before any host is contacted.
type Problem struct {
	At      Position
	Message string // what is wrong, one line
	Hint    string // what to do; may be empty
	Rule    bool   // it is no mistake: what is written stands against this run
}

func (p Problem) Error() string {
	var b strings.Builder
	if !p.At.IsZero() {
		b.WriteString(p.At.String() + ": ")
	}
	b.WriteString(p.Message)
	if p.Hint != "" {
		b.WriteString(" (" + p.Hint + ")")
	}
	return b.String()
}

// Problems are all mistakes of one reading, in the order of the text. A non-empty Problems is an error with ExitBadInput.
type Problems []Problem

func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}
