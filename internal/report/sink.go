package report

import "slipway/internal/ci"

// sink is where lines go. Lines are safe to print by then.
type sink interface {
	own(line string)    // a line of Slipway's
	remote(line string) // a line that a host printed, prefixed, live
	tail(line string)   // the same in the block that says what failed, or a line between such lines
	group(title string) // remote lines follow
	endGroup()
	close() error // gives the first error of a write: a log that nobody reads any more does not end a deployment
}

// logSink is the log of a job.
type logSink struct{ log ci.Log }

func (s logSink) own(line string)    { s.log.Print(line) }
func (s logSink) remote(line string) { s.log.Remote(line) }
func (s logSink) tail(line string)   { s.log.Remote(line) }
func (s logSink) group(title string) { s.log.Group(title) }
func (s logSink) endGroup()          { s.log.EndGroup() }
func (s logSink) close() error       { return s.log.Close() }
