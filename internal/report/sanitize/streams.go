package sanitize

import (
	"unicode/utf8"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/secret"
)

// Streams take secrets out of what hosts print, also those that a program spread over several lines: what may be the
// beginning of one waits for the next line of its host and step, or for their end.
type Streams struct {
	Redactor *secret.Redactor

	open  map[streamKey]*secret.Lines
	order []streamKey
}

type streamKey struct {
	phase deploy.Phase
	step  string
	host  string
}

// Events are what is to be told in the place of an event: lines that are ready, and the event itself.
func (s *Streams) Events(event deploy.Event) []deploy.Event {
	switch e := event.(type) {
	case deploy.Output:
		return outputs(streamKey{e.Phase, e.Step, e.Host}, s.lines(e).Add(e.Line, len(e.Line) > deploy.LongestLine-utf8.UTFMax))
	case deploy.SpanDone:
		return append(s.flush(e.Host), event)
	case deploy.StepDone:
		return append(s.flush(hostsOf(e.Spans)...), event)
	case deploy.HostDone:
		return append(s.flush(append(hostsOf(e.Spans), e.Host)...), event)
	case deploy.PhaseStarted, deploy.Finished:
		return append(s.Flush(), event)
	}
	return []deploy.Event{event}
}

// Flush are the lines that still wait, when nothing follows.
func (s *Streams) Flush() []deploy.Event {
	var hosts []string
	for _, key := range s.order {
		hosts = append(hosts, key.host)
	}
	return s.flush(hosts...)
}

func (s *Streams) lines(e deploy.Output) *secret.Lines {
	key := streamKey{e.Phase, e.Step, e.Host}
	lines := s.open[key]
	if lines == nil {
		if s.open == nil {
			s.open = map[streamKey]*secret.Lines{}
		}
		lines = s.Redactor.Lines()
		s.open[key] = lines
		s.order = append(s.order, key)
	}
	return lines
}

// flush ends the streams of hosts.
func (s *Streams) flush(hosts ...string) []deploy.Event {
	if len(hosts) == 0 {
		return nil
	}
	ended := make(map[string]bool, len(hosts))
	for _, host := range hosts {
		ended[host] = true
	}
	var events []deploy.Event
	var left []streamKey
	for _, key := range s.order {
		if !ended[key.host] {
			left = append(left, key)
			continue
		}
		events = append(events, outputs(key, s.open[key].Flush())...)
		delete(s.open, key)
	}
	s.order = left
	return events
}

func outputs(key streamKey, lines []string) []deploy.Event {
	events := make([]deploy.Event, len(lines))
	for i, line := range lines {
		events[i] = deploy.Output{Phase: key.phase, Step: key.step, Host: key.host, Line: line}
	}
	return events
}

func hostsOf(spans []deploy.Span) []string {
	hosts := make([]string, len(spans))
	for i, span := range spans {
		hosts[i] = span.Host
	}
	return hosts
}
