// Package live writes the log while a deployment goes on: its head, what hosts print in groups, a verdict for each step and host,
// what goes on for long, and the block at the end that people came to read.
//
// Its rules: a verdict is one line of at most 100 columns and stands outside groups; what hosts printed is prefixed with the host
// and never torn; no time stamps (CI adds its own); of more than eight hosts only counts and exceptions are named; the block that
// says what failed comes last.
package live

import (
	"fmt"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/report/layout"
	"github.com/slipway/slipway/internal/report/progress"
	"github.com/slipway/slipway/internal/report/sanitize"
)

// Log is the live log. It takes events that are safe to print.
type Log struct {
	voice
	lines     int // live lines of a step per host
	header    deploy.Header
	hostWidth int // of the longest host's name
	hosts     hostVerdicts
}

// New makes a log. lines is how many live lines a step has per host.
func New(sink Sink, clean sanitize.Sanitizer, lines int) *Log {
	hosts := stream{sink: sink, limit: lines, buffers: map[streamKey]*buffer{}}
	return &Log{voice: voice{sink: sink, clean: clean, stream: hosts}, lines: lines}
}

// minLines is how many live lines a step has per host at least, of however many hosts.
const minLines = 20

// Start opens the log.
func (l *Log) Start(h deploy.Header, run ci.Run) {
	l.header = h
	l.hostWidth = 0
	for _, host := range append([]string{deploy.FleetName}, h.Hosts...) {
		l.hostWidth = max(l.hostWidth, min(layout.Width(host), layout.MaxHostWidth))
	}
	l.sink.Align(l.hostWidth)
	l.stream.hostWidth = l.hostWidth
	l.stream.large = len(h.Hosts) > layout.FewHosts
	if l.stream.large {
		l.stream.limit = max(min(minLines, l.lines), l.lines*layout.FewHosts/len(h.Hosts))
	}
	l.say(layout.Mark{Word: program, Tone: layout.Strong}, append(headerLines(h, run), resumingLines(h)...)...)
	l.Say("")
}

// Enter begins a phase.
func (l *Log) Enter(phase deploy.Phase) {
	l.countHosts()
	l.stream.phase = phase
}

// Output takes a line that a host printed.
func (l *Log) Output(e deploy.Output) {
	l.stream.line(l.stream.keyOf(e.Phase, e.Step, e.Host), e.Host, e.Line)
}

// Step gives the verdict of a step.
func (l *Log) Step(e deploy.StepDone) {
	if !e.Phase.PerHost() {
		l.stream.finish(streamKey{e.Phase, e.Step}, l.journal())
	}
	l.Say(keptLines(e)...)
	if own := withoutKept(e); len(own.Spans) > 0 || len(e.Spans) == 0 {
		l.say(statusMark(own.Spans), stepLines(own)...)
	}
	l.stream.next()
}

// Host gives the verdict of one host's activation or unwinding.
func (l *Log) Host(e deploy.HostDone) {
	l.stream.finish(streamKey{name: e.Host}, l.journal())
	mark := statusMark(e.Spans)
	if e.Kept {
		mark = layout.Mark{}
	}
	l.say(mark, l.hosts.lines(e, l.stream.large, l.hostWidth)...)
	l.stream.next()
}

// countHosts gives the count of a phase that is over, in a large fleet.
func (l *Log) countHosts() {
	if mark, lines := l.hosts.counted(); len(lines) > 0 {
		l.stream.finish(streamKey{}, l.journal())
		l.say(mark, lines...)
	}
}

// journal is where the whole log of a step is.
func (l *Log) journal() string {
	if l.header.Deployment == "" {
		return ""
	}
	return fmt.Sprintf(": .slipway/deployments/%s/steps", l.header.Deployment)
}

// Tick says how far that is which is sent for long, and what else goes on if nothing was printed since the last tick.
func (l *Log) Tick(running *progress.Tracker) {
	l.Say(progressLines(running, l.stream.quiet())...)
}

// Flush prints what waits for a verdict that will not come.
func (l *Log) Flush() {
	l.countHosts()
	l.stream.flush()
}

// Close ends the log. Its error says what could not be written.
func (l *Log) Close() error {
	l.stream.flush()
	return l.sink.Close()
}
