package recorder

import (
	"slices"
	"strings"
	"sync"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/fanout"
)

// Step follows one step over the hosts that run it, and says how it went once the last of them is through.
type Step struct {
	rec   *Recorder
	hosts []string
	done  deploy.StepDone

	mu      sync.Mutex
	started bool
	worth   bool // telling: it started on a host, or was kept there
	open    int  // hosts that are not through
}

// Step is a step that is about to run on hosts, in the plan's order. name is what people read; the rest is of the step.
func (rec *Recorder) Step(name string, s deploy.Step, hosts []string) *Step {
	step := &Step{rec: rec, hosts: hosts, open: len(hosts), done: deploy.StepDone{Phase: s.Phase, Step: name, At: s.At, Command: commandLine(s)}}
	for _, host := range hosts {
		step.done.Spans = append(step.done.Spans, deploy.Span{Host: host, Phase: s.Phase, Step: name, Outcome: deploy.NotRun})
	}
	return step
}

// Name is what people read.
func (s *Step) Name() string { return s.done.Step }

// Begin says that a host starts; the first one starts the step.
func (s *Step) Begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.started {
		s.started, s.worth = true, true
		s.rec.emit(deploy.StepStarted{Phase: s.done.Phase, Step: s.done.Step, Hosts: s.hosts})
	}
}

// End takes what a host did; a span that is NotRun says that the host will never start.
func (s *Step) End(span deploy.Span) {
	s.rec.Excuse(&span)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done.Spans[slices.Index(s.hosts, span.Host)] = span
	if span.Kept > 0 {
		s.worth = true
	} else if span.Outcome != deploy.NotRun {
		s.rec.emit(deploy.SpanDone{Span: span})
	}
	if s.open--; s.open == 0 && s.worth {
		s.rec.StepDone(s.done)
	}
}

// Skip is End for a host that will never start.
func (s *Step) Skip(host string) {
	s.End(deploy.Span{Host: host, Phase: s.done.Phase, Step: s.done.Step, Outcome: deploy.NotRun})
}

// OnHosts does the step on all its hosts at once, and gives the failures.
func (s *Step) OnHosts(do func(host string) deploy.Span) deploy.Errors {
	fanout.Each(s.hosts, func(host string) { s.End(do(host)) })
	return s.Errors()
}

// Errors are the failures, in the plan's order.
func (s *Step) Errors() deploy.Errors {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs deploy.Errors
	for _, span := range s.done.Spans {
		if span.Err != nil {
			errs = append(errs, span.Err)
		}
	}
	return errs
}

// Succeeded reports whether it went well on a host.
func (s *Step) Succeeded() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.done.Spans, func(span deploy.Span) bool { return span.Outcome == deploy.Succeeded })
}

// commandLine is the line of a step by which people recognise it.
func commandLine(s deploy.Step) string {
	if s.Uses != "" {
		return s.Uses
	}
	for line := range strings.Lines(s.Run) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			return line
		}
	}
	return ""
}
