package rollout

import (
	"slices"
	"sync"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/fleet"
	"slipway/internal/plan"
)

// recorder passes events on and gathers from them what the result says.
type recorder struct {
	emit deploy.Emit
	echo func(error) bool // tells whether an error says nothing but that the deployment was cancelled

	mu     sync.Mutex
	result deploy.Result
}

func newRecorder(emit deploy.Emit, p *plan.Plan, hosts *fleet.Fleet) *recorder {
	rec := &recorder{emit: emit, result: deploy.Result{Header: p.Header, Start: hosts.Begun()}}
	for _, target := range deploy.WithRelease(p.Targets) {
		h := hosts.On(target.Name)
		before := h.Facts.CurrentID
		rec.result.Hosts = append(rec.result.Hosts, deploy.HostResult{
			Host: target.Name, Roles: target.Roles, Outcome: deploy.HostUnchanged, Before: before, Now: before, Unreachable: h.Span.Err != nil,
		})
	}
	return rec
}

// open opens the log, once all is known that can be: the release of a rollback is named by the hosts. The phase preflight,
// which it begins, has been running since the hosts were first asked.
func (rec *recorder) open(s *plan.Schedule) func(ok bool) {
	rec.schedule(s)
	rec.emit(deploy.Started{Header: rec.result.Header})
	return rec.phaseSince(deploy.Preflight, rec.result.Start)
}

// schedule takes over what only the hosts could tell; s is nil when they refused.
func (rec *recorder) schedule(s *plan.Schedule) {
	if s == nil {
		return
	}
	rec.mu.Lock()
	defer rec.mu.Unlock()
	rec.result.Header = s.Header
	for _, h := range s.Hosts {
		if i := rec.place(h.Name); i >= 0 {
			rec.result.Hosts[i].Before, rec.result.Hosts[i].Now = h.Before.Release, h.Facts.CurrentID
		}
	}
}

// phase marks the beginning of a phase; the function that it returns marks its end.
func (rec *recorder) phase(phase deploy.Phase) func(ok bool) {
	return rec.phaseSince(phase, time.Now())
}

func (rec *recorder) phaseSince(phase deploy.Phase, start time.Time) func(ok bool) {
	rec.emit(deploy.PhaseStarted{Phase: phase})
	return func(ok bool) {
		rec.mu.Lock()
		defer rec.mu.Unlock()
		rec.result.Phases = append(rec.result.Phases, deploy.PhaseResult{Phase: phase, Start: start, Duration: time.Since(start), OK: ok})
	}
}

// excuse marks a span that ended because the deployment was cancelled, and for no fault of its own.
func (rec *recorder) excuse(span *deploy.Span) {
	if span.Err != nil && rec.echo(span.Err) {
		span.Status = deploy.StatusCancelled
	}
}

func (rec *recorder) stepDone(e deploy.StepDone) {
	rec.mu.Lock()
	rec.result.Steps = append(rec.result.Steps, e)
	rec.mu.Unlock()
	rec.emit(e)
}

func (rec *recorder) hostDone(e deploy.HostDone) {
	rec.mu.Lock()
	rec.result.Parts = append(rec.result.Parts, e)
	rec.mu.Unlock()
	rec.emit(e)
}

func (rec *recorder) warn(text string) {
	rec.mu.Lock()
	rec.result.Warnings = append(rec.result.Warnings, text)
	rec.mu.Unlock()
	rec.emit(deploy.Noted{Level: deploy.LevelWarning, Text: text})
}

func (rec *recorder) notice(text string) {
	rec.emit(deploy.Noted{Level: deploy.LevelNotice, Text: text})
}

// host says what became of a host.
func (rec *recorder) host(name string, outcome deploy.HostOutcome, now deploy.ReleaseID) {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	i := rec.place(name)
	rec.result.Hosts[i].Outcome, rec.result.Hosts[i].Now = outcome, now
}

// missed says that a host took no part; what it runs stays as it is.
func (rec *recorder) missed(name string) {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	if h := &rec.result.Hosts[rec.place(name)]; h.Outcome == deploy.HostUnchanged {
		h.Outcome = deploy.HostSkipped
	}
}

// place is where a host stands in the result; -1 for one that gets no releases.
func (rec *recorder) place(name string) int {
	return slices.IndexFunc(rec.result.Hosts, func(h deploy.HostResult) bool { return h.Host == name })
}

// finish is the result; s is nil when everything went well.
func (rec *recorder) finish(s *stop) deploy.Result {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	result := rec.result
	result.Duration = time.Since(result.Start)
	result.Outcome, result.ExitCode = deploy.OutcomeActivated, deploy.ExitDone
	if s == nil && rec.allKept() {
		result.Outcome = deploy.OutcomeUnchanged
	}
	if s != nil {
		result.Outcome, result.ExitCode = s.outcome, s.exit
		result.Failed, result.Step, result.Errors, result.Next = s.phase, s.step, s.errs, s.next
	}
	return result
}

// allKept tells whether an earlier attempt did everything, and this one only looked.
func (rec *recorder) allKept() bool {
	for _, part := range rec.result.Parts {
		if !part.Kept && part.Host != deploy.FleetName {
			return false
		}
	}
	for _, step := range rec.result.Steps {
		for _, span := range step.Spans {
			if span.Kept == 0 && span.Phase != deploy.Preflight && span.Step != pruneName {
				return false
			}
		}
	}
	return len(rec.result.Parts) > 0
}
