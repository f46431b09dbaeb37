package rollout

import (
	"slices"
	"strings"
	"sync"

	"slipway/internal/deploy"
)

// verdict follows one step over the hosts that run it, and tells how it went when the last of them is through.
type verdict struct {
	rec  *recorder
	done deploy.StepDone

	mu      sync.Mutex
	started bool
	told    bool // there is something to tell: it started somewhere, or was kept
	open    int
}

// newVerdict makes the verdict of a step on hosts, in the plan's order.
func (rec *recorder) newVerdict(phase deploy.Phase, name string, at deploy.Position, command string, hosts []string) *verdict {
	v := &verdict{rec: rec, open: len(hosts), done: deploy.StepDone{Phase: phase, Step: name, At: at, Command: command}}
	for _, host := range hosts {
		v.done.Spans = append(v.done.Spans, deploy.Span{Host: host, Phase: phase, Step: name, Outcome: deploy.NotRun})
	}
	return v
}

// begin says that a host starts; the first one starts the step.
func (v *verdict) begin() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.started {
		v.started, v.told = true, true
		v.rec.emit(deploy.StepStarted{Phase: v.done.Phase, Step: v.done.Step, Hosts: v.hosts()})
	}
}

// end takes what a host did; a span that NotRun says that the host will never start.
func (v *verdict) end(span deploy.Span) {
	v.rec.excuse(&span)
	v.mu.Lock()
	defer v.mu.Unlock()
	i := slices.IndexFunc(v.done.Spans, func(s deploy.Span) bool { return s.Host == span.Host })
	v.done.Spans[i] = span
	if span.Kept > 0 {
		v.told = true
	} else if span.Outcome != deploy.NotRun {
		v.rec.emit(deploy.SpanDone{Span: span})
	}
	if v.open--; v.open == 0 && v.told {
		v.rec.stepDone(v.done)
	}
}

// skip is end for a host that will never start.
func (v *verdict) skip(host string) {
	v.end(deploy.Span{Host: host, Phase: v.done.Phase, Step: v.done.Step, Outcome: deploy.NotRun})
}

func (v *verdict) hosts() []string {
	hosts := make([]string, len(v.done.Spans))
	for i, span := range v.done.Spans {
		hosts[i] = span.Host
	}
	return hosts
}

// over does something on every host of the verdict at once, ends each with what it did, and gives the failures.
func (v *verdict) over(do func(host string) deploy.Span) deploy.Errors {
	var wait sync.WaitGroup
	for _, host := range v.hosts() {
		wait.Go(func() { v.end(do(host)) })
	}
	wait.Wait()
	return v.errors()
}

// errors are the failures, in the plan's order.
func (v *verdict) errors() deploy.Errors {
	v.mu.Lock()
	defer v.mu.Unlock()
	var errs deploy.Errors
	for _, span := range v.done.Spans {
		if span.Err != nil {
			errs = append(errs, span.Err)
		}
	}
	return errs
}

// commandLine is the line of a step that people recognise it by.
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
