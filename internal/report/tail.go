package report

import (
	"fmt"
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
	if len(line) <= maxLineText {
		return line
	}
	n := utf8.RuneCountInString(line)
	if n <= maxLineText {
		return line
	}
	return fmt.Sprintf("%s ... (%d more characters)", string([]rune(line)[:maxLineText]), n-maxLineText)
}
