package live

import (
	"fmt"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/report/layout"
)

// stream orders what hosts print. Groups of a log are flat and hosts work at the same time, also in different steps: one
// group is open at a time and gets its lines live; the lines of others wait for their turn, or for their verdict.
type stream struct {
	sink      Sink
	hostWidth int
	phase     deploy.Phase // the one that is under way
	large     bool         // more hosts than are named
	limit     int          // live lines of a step per host
	buffers   map[streamKey]*buffer
	order     []streamKey // that have lines and no verdict yet
	open      *buffer     // whose group is open
	spoke     bool        // something was printed since quiet was asked last
}

// streamKey is a group: a step; or, in activate and unwind, a host with all its parts. The phase of the latter is empty: what
// a host prints while it is unwound comes from steps of activate.
type streamKey struct {
	phase deploy.Phase
	name  string
}

type buffer struct {
	title   string
	begun   bool     // its group was opened once
	waiting []string // lines that are not printed yet
	bytes   int      // in waiting
	shown   map[string]int
	dropped map[string]int
	hosts   []string // in the order of their first line
	held    bool     // printed at its verdict only
}

// maxWaiting is how many bytes of lines may wait in one group; the rest is in the journal.
const maxWaiting = 4 << 20

// keyOf is the group of a line. A large fleet's activation is one group, shown when it is over: 200 groups hide the rest.
func (s *stream) keyOf(phase deploy.Phase, step, host string) streamKey {
	switch {
	case !phase.PerHost():
		return streamKey{phase, step}
	case s.large && host != deploy.FleetName:
		return streamKey{}
	}
	return streamKey{name: host}
}

// line takes a line that is safe to print.
func (s *stream) line(key streamKey, host, text string) {
	b := s.buffers[key]
	if b == nil {
		b = &buffer{title: s.title(key), shown: map[string]int{}, dropped: map[string]int{}, held: key.phase == "" && key.name != deploy.FleetName}
		s.buffers[key] = b
		s.order = append(s.order, key)
	}
	if b.shown[host] == 0 && b.dropped[host] == 0 {
		b.hosts = append(b.hosts, host)
	}
	if b.shown[host] >= s.limit || b.bytes+len(text) > maxWaiting {
		b.dropped[host]++
		return
	}
	b.shown[host]++
	b.waiting = append(b.waiting, layout.Prefixed(host, s.hostWidth, text))
	b.bytes += len(text)
	if s.open == nil && !b.held {
		s.begin(b)
	}
	if s.open == b {
		s.print(b)
	}
}

func (s *stream) title(key streamKey) string {
	phase := key.phase
	if phase == "" {
		phase = s.phase
	}
	if key.name == "" {
		return string(phase)
	}
	return string(phase) + ": " + key.name
}

func (s *stream) begin(b *buffer) {
	s.suspend()
	name := b.title
	if b.begun {
		name += " (continued)"
	}
	b.begun = true
	s.open = b
	s.sink.Group(name)
}

func (s *stream) print(b *buffer) {
	for _, line := range b.waiting {
		s.sink.Remote(line)
	}
	if len(b.waiting) > 0 {
		s.spoke = true
	}
	b.waiting, b.bytes = nil, 0
}

// suspend closes the open group, so that a line outside groups can follow.
func (s *stream) suspend() {
	if s.open != nil {
		s.sink.EndGroup()
		s.open = nil
	}
}

// finish prints what a group still has and closes it. journal says where the rest is, on a host.
func (s *stream) finish(key streamKey, journal string) {
	b := s.buffers[key]
	if b == nil {
		s.suspend()
		return
	}
	delete(s.buffers, key)
	for i, k := range s.order {
		if k == key {
			s.order = append(s.order[:i], s.order[i+1:]...)
			break
		}
	}
	if len(b.waiting) > 0 || len(b.dropped) > 0 {
		if s.open != b {
			s.begin(b)
		}
		s.print(b)
		for _, host := range b.hosts {
			if n := b.dropped[host]; n > 0 {
				s.sink.Remote(layout.Prefixed(host, s.hostWidth, fmt.Sprintf("... %d more lines in the journal%s", n, journal)))
			}
		}
	}
	s.suspend()
}

// next opens the group whose turn it is, if it has lines to show.
func (s *stream) next() {
	if s.open != nil {
		return
	}
	for _, key := range s.order {
		if b := s.buffers[key]; !b.held && len(b.waiting) > 0 {
			s.begin(b)
			s.print(b)
			return
		}
	}
}

// flush prints all that waits, for a deployment that ends without their verdicts.
func (s *stream) flush() {
	for len(s.order) > 0 {
		s.finish(s.order[0], "")
	}
	s.suspend()
}

// quiet reports whether nothing was printed since the last call.
func (s *stream) quiet() bool {
	spoke := s.spoke
	s.spoke = false
	return !spoke
}
