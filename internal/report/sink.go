package report

import (
	"fmt"
	"io"

	"slipway/internal/ci"
)

// sink is where lines go. Lines are safe to print by then.
type sink interface {
	own(line string)    // a line of Slipway's
	remote(line string) // a line that a host printed, prefixed, live
	tail(line string)   // the same in the block that says what failed, or a line between such lines
	group(title string) // remote lines follow
	endGroup()
	close() error // gives the first error of a write: a log that nobody reads any more does not end a deployment
}

// plainSink is a log without workflow commands.
type plainSink struct {
	w   io.Writer
	err error
}

func (s *plainSink) own(line string) {
	if _, err := io.WriteString(s.w, line+"\n"); err != nil && s.err == nil {
		s.err = fmt.Errorf("write the log: %w", err)
	}
}

func (s *plainSink) remote(line string) { s.own(line) }
func (s *plainSink) tail(line string)   { s.own(line) }
func (s *plainSink) group(title string) { s.own("> " + title) }
func (s *plainSink) endGroup()          {}
func (s *plainSink) close() error       { return s.err }

// commandSink is a log that the CI reads workflow commands from.
type commandSink struct{ commands *ci.Commands }

func (s commandSink) own(line string)    { s.commands.Print(line) }
func (s commandSink) remote(line string) { s.commands.RemoteLine(line) }
func (s commandSink) tail(line string)   { s.commands.RemoteLine(line) }
func (s commandSink) group(title string) { s.commands.Group(title) }
func (s commandSink) endGroup()          { s.commands.EndGroup() }
func (s commandSink) close() error       { return s.commands.Close() }
