// Package progress knows what runs at the moment: steps without a verdict, bytes that are under way, the last line of each host.
// Who shows it is another's matter.
package progress

import (
	"slices"
	"time"

	"github.com/slipway/slipway/internal/deploy"
)

// Tracker follows what runs at the moment, for the live view and for progress lines.
type Tracker struct {
	absences
	steps []*Step
	turns []string          // hosts that were activated, for better or worse
	last  map[string]string // the last line of each host
}

// Step is a step that has no verdict yet.
type Step struct {
	Phase     deploy.Phase
	Name      string
	Begun     time.Time
	Hosts     []string // that are not through
	All       int
	Transfers map[string]*Transfer
	pace      // of all of them together
}

// New makes a Tracker with a clock.
func New(now func() time.Time) *Tracker { return &Tracker{absences: absences{now: now}} }

// Steps are those that run, oldest first.
func (t *Tracker) Steps() []*Step { return t.steps }

// Now is the tracker's time.
func (t *Tracker) Now() time.Time { return t.now() }

// Clear ends everything: the deployment is over.
func (t *Tracker) Clear() { t.steps = nil }

// Line is the last line that a host printed; "" when it printed none.
func (t *Tracker) Line(host string) string { return t.last[host] }

func (t *Tracker) find(phase deploy.Phase, step string) *Step {
	for _, s := range t.steps {
		if s.Phase == phase && s.Name == step {
			return s
		}
	}
	return nil
}

// Start begins a step, or adds hosts to it. The fleet has its turn when every host is through; a balancer's is never over before.
func (t *Tracker) Start(e deploy.StepStarted) *Step {
	if slices.Equal(e.Hosts, []string{deploy.FleetName}) {
		t.StepDone(e.Phase, e.Step)
	}
	s := t.find(e.Phase, e.Step)
	if s == nil {
		s = &Step{Phase: e.Phase, Name: e.Step, Begun: t.now(), Transfers: map[string]*Transfer{}}
		t.steps = append(t.steps, s)
	}
	for _, host := range e.Hosts {
		if !slices.Contains(s.Hosts, host) {
			s.Hosts = append(s.Hosts, host)
			s.All++
		}
	}
	return s
}

// Enter begins a phase. Activate and unwind are one piece of work for each host; what is unwound was activated before.
func (t *Tracker) Enter(phase deploy.Phase, hosts []string) {
	t.steps = slices.DeleteFunc(t.steps, func(s *Step) bool { return s.Phase.PerHost() })
	if phase == deploy.Unwind {
		hosts = t.turns
	}
	if phase.PerHost() {
		t.Start(deploy.StepStarted{Phase: phase, Hosts: hosts})
	}
}

// LastLine keeps what a host printed last.
func (t *Tracker) LastLine(host, text string) {
	if t.last == nil {
		t.last = map[string]string{}
	}
	t.last[host] = text
}

// HostDone takes one host out of a step. Parts of an activation have no verdict of their own: when the last host is
// through with one, it is over.
func (t *Tracker) HostDone(span deploy.Span) {
	s := t.find(span.Phase, span.Step)
	if s == nil {
		return
	}
	s.Hosts = slices.DeleteFunc(s.Hosts, func(host string) bool { return host == span.Host })
	delete(t.last, span.Host)
	if sent := s.Transfers[span.Host]; sent != nil {
		sent.Total = sent.Done // a host that failed gets no more
	}
	if len(s.Hosts) == 0 && span.Phase.PerHost() {
		t.StepDone(span.Phase, span.Step)
	}
}

// StepDone ends a step: its verdict is out.
func (t *Tracker) StepDone(phase deploy.Phase, step string) {
	t.steps = slices.DeleteFunc(t.steps, func(s *Step) bool { return s.Phase == phase && s.Name == step })
}

// HostOver takes a host out of everything that it does in a phase.
func (t *Tracker) HostOver(phase deploy.Phase, host string) {
	if phase == deploy.Activate && host != deploy.FleetName {
		t.turns = append(t.turns, host)
	}
	for _, s := range slices.Clone(t.steps) {
		if s.Phase == phase && slices.Contains(s.Hosts, host) {
			t.HostDone(deploy.Span{Host: host, Phase: phase, Step: s.Name})
		}
	}
}
