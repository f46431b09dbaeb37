// Package screen is a terminal: verdicts scroll by, and below them stands a view of what runs, painted anew with each change. It
// uses nothing but moving up, clearing to the end, and hiding the cursor, which every terminal since the VT100 knows.
package screen

import (
	"fmt"
	"io"
	"strings"

	"github.com/slipway/slipway/internal/report/layout"
	"github.com/slipway/slipway/internal/report/progress"
)

// Screen is what a terminal shows. It takes lines that are safe to print.
type Screen struct {
	w      io.Writer
	color  bool
	view   view
	drawn  int // lines of the view that stand at the bottom
	hidden bool
	err    error
}

// New makes a screen of so many columns.
func New(w io.Writer, color bool, columns int, running *progress.Tracker) *Screen {
	return &Screen{w: w, color: color, view: view{progress: running, columns: columns}}
}

const (
	escUp         = "\x1b[%dA"
	escClear      = "\x1b[0J"
	escHideCursor = "\x1b[?25l"
	escShowCursor = "\x1b[?25h"
)

// paint writes lines above the view, and the view below them, in one write: a terminal shows no half of it.
func (s *Screen) paint(above string, view []string) {
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

// Align says how wide the column of hosts is.
func (s *Screen) Align(hostWidth int) { s.view.hostWidth = hostWidth }

// Tick paints the view anew.
func (s *Screen) Tick() { s.paint("", s.view.lines()) }

// Own shows a line of Slipway's.
func (s *Screen) Own(line string, mark layout.Mark) {
	s.paint(s.colored(line, mark)+"\n", s.view.lines())
}

// Remote shows nothing: what hosts print is seen in the view, the last line of each.
func (s *Screen) Remote(string) {}

// Group and EndGroup are of a log.
func (s *Screen) Group(string) {}

// EndGroup ends nothing.
func (s *Screen) EndGroup() {}

// Tail shows a line of the block that says what failed.
func (s *Screen) Tail(line string) { s.paint(line+"\n", s.view.lines()) }

// Close takes the view away and gives the cursor back, however the deployment ended. Its error is the first of a write.
func (s *Screen) Close() error {
	s.paint("", nil)
	return s.err
}
