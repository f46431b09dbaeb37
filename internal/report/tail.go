package report

import (
	"fmt"
	"maps"
	"unicode/utf8"

	"slipway/internal/deploy"
)

// tailLines is how many of a step's last lines are kept for the block that says what failed.
const tailLines = 20

// maxLineText is how much of one line of a host is shown, in characters. The journal has it whole.
const maxLineText = 2000

type tailKey struct {
	phase deploy.Phase
	step  string
	host  string
}

// tail keeps the last lines that a host printed in a step.
type tail struct {
	lines []string
	total int
}

func (t *tail) add(line string) {
	t.total++
	if len(t.lines) == tailLines {
		copy(t.lines, t.lines[1:])
		t.lines = t.lines[:tailLines-1]
	}
	t.lines = append(t.lines, line)
}

// forget drops the last lines of what went well. Those of many hosts in many steps are a lot.
func (r *Reporter) forget(spans []deploy.Span) {
	for _, span := range spans {
		if !span.Failed() {
			delete(r.tails, tailKey{span.Phase, span.Step, span.Host})
		}
	}
}

// forgetHost is forget for a host that is activated or unwound: what it prints then has other steps than the parts.
func (r *Reporter) forgetHost(host string) {
	maps.DeleteFunc(r.tails, func(key tailKey, _ *tail) bool { return key.host == host && perHost(key.phase) })
}

// output takes a line that a host printed.
func (r *Reporter) output(e deploy.Output) {
	text := shorten(e.Line)
	key := tailKey{e.Phase, e.Step, e.Host}
	if r.tails[key] == nil {
		r.tails[key] = &tail{}
	}
	r.tails[key].add(text)
	r.work.lastLine(e.Host, text)
	r.stream.line(r.stream.keyOf(e.Phase, e.Step, e.Host), e.Host, text)
}

// tailOf are the last lines that a host printed before it failed: what the error brings, else what was seen.
func (r *Reporter) tailOf(e *deploy.Error) []string {
	if len(e.Tail) > 0 {
		return e.Tail
	}
	if t := r.tails[tailKey{e.Phase, e.Step, e.Host}]; t != nil {
		return t.lines
	}
	return nil
}

func shorten(line string) string {
	shown := 0
	for at := range line {
		if shown == maxLineText {
			return fmt.Sprintf("%s ... (%d more characters)", line[:at], utf8.RuneCountInString(line[at:]))
		}
		shown++
	}
	return line
}
