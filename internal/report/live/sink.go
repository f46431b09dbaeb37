package live

import (
	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/report/layout"
)

// Sink is where lines go. Lines are safe to print by then.
type Sink interface {
	Align(hostWidth int)               // how wide the column of hosts is
	Own(line string, mark layout.Mark) // a line of Slipway's, and the word that decides it
	Remote(line string)                // a line that a host printed, prefixed, live
	Tail(line string)                  // the same in the block that says what failed, or a line between such lines
	Group(title string)                // remote lines follow
	EndGroup()
	Close() error // gives the first error of a write: a log that nobody reads any more does not end a deployment
}

// logSink is the log of a job.
type logSink struct{ log ci.Log }

// ToLog is a sink that writes the log of a job.
func ToLog(log ci.Log) Sink { return logSink{log} }

func (s logSink) Align(int)                      {}
func (s logSink) Own(line string, _ layout.Mark) { s.log.Print(line) }
func (s logSink) Remote(line string)             { s.log.Remote(line) }
func (s logSink) Tail(line string)               { s.log.Remote(line) }
func (s logSink) Group(title string)             { s.log.Group(title) }
func (s logSink) EndGroup()                      { s.log.EndGroup() }
func (s logSink) Close() error                   { return s.log.Close() }
