package report

import (
	"fmt"
	"io"
	"strings"
)

// screen is a terminal: verdicts scroll by, and below them stands a view of what runs, painted anew with each change. It
// uses nothing but moving up, clearing to the end, and hiding the cursor, which every terminal since the VT100 knows.
type screen struct {
	w      io.Writer
	color  bool
	view   func() []string
	drawn  int // lines of the view that stand at the bottom
	hidden bool
	err    error
}

func newScreen(options Options, view func() []string) *screen {
	return &screen{w: options.Terminal, color: options.Color, view: view}
}

const (
	escUp         = "\x1b[%dA"
	escClear      = "\x1b[0J"
	escHideCursor = "\x1b[?25l"
	escShowCursor = "\x1b[?25h"
)

// paint writes lines above the view, and the view below them, in one write: a terminal shows no half of it.
func (s *screen) paint(above string, view []string) {
	var b strings.Builder
	if !s.hidden && len(view) > 0 {
		b.WriteString(escHideCursor)
		s.hidden = true
	}
	if s.drawn > 0 {
		fmt.Fprintf(&b, "\r"+escUp+escClear, s.drawn)
	}
	b.WriteString(above)
	for _, line := range view {
		b.WriteString(s.dim(line) + "\n")
	}
	s.drawn = len(view)
	if s.hidden && len(view) == 0 {
		b.WriteString(escShowCursor)
		s.hidden = false
	}
	if b.Len() == 0 {
		return
	}
	if _, err := io.WriteString(s.w, b.String()); err != nil && s.err == nil {
		s.err = fmt.Errorf("write to the terminal: %w", err)
	}
}

func (s *screen) repaint()        { s.paint("", s.view()) }
func (s *screen) own(line string) { s.paint(s.colored(line)+"\n", s.view()) }

// Remote lines are seen in the view, the last of each host; the tails of what failed come through tailLine.
func (s *screen) remote(string)    {}
func (s *screen) group(string)     {}
func (s *screen) endGroup()        {}
func (s *screen) tail(line string) { s.paint(line+"\n", s.view()) }

// close takes the view away and gives the cursor back, however the deployment ended.
func (s *screen) close() error {
	s.paint("", nil)
	return s.err
}

// colored paints the word that decides a line.
func (s *screen) colored(line string) string {
	if !s.color {
		return line
	}
	const green, red, yellow, bold = "\x1b[32m", "\x1b[1;31m", "\x1b[33m", "\x1b[1m"
	for _, verdict := range []struct{ word, style string }{
		{"ACTIVATED", "\x1b[1;32m"},
		{"UNCHANGED", "\x1b[1;32m"},
		{"FAILED", red},
		{"ROLLED BACK", red},
		{"A PERSON IS NEEDED", red},
		{"CANCELLED", red},
		{"WARNING", yellow},
		{"Slipway ", bold},
	} {
		if rest, ok := strings.CutPrefix(line, verdict.word); ok {
			return verdict.style + verdict.word + reset + rest
		}
	}
	if len(line) > textColumn && line[phaseWidth-1] == ' ' && line[0] != ' ' {
		phase, word, rest := line[:phaseWidth], strings.TrimRight(line[phaseWidth:textColumn], " "), line[textColumn:]
		style := map[string]string{"ok": green, "FAIL": red}[word]
		if style != "" {
			return phase + style + word + reset + strings.Repeat(" ", statusWidth-len(word)) + rest
		}
	}
	return line
}

const reset = "\x1b[0m"

func (s *screen) dim(line string) string {
	if !s.color {
		return line
	}
	return "\x1b[2m" + line + reset
}
