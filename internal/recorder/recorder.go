// Package recorder tells what happens in a deployment as events, and gathers from them what its result says.
//
// It must not know what the events mean for the deployment: how that ends is its caller's to say.
package recorder

import (
	"slices"
	"sync"
	"time"

	"github.com/slipway/slipway/internal/deploy"
)

// Prune is the last step of every deployment: it deletes old releases.
const Prune = "prune"

// Recorder follows one deployment. Its methods may be called concurrently.
type Recorder struct {
	emit     deploy.Emit
	isCancel func(error) bool

	mu     sync.Mutex
	result deploy.Result
}

// New is the recorder of a deployment to hosts. isCancel reports whether an error says nothing but that the deployment was
// cancelled.
func New(emit deploy.Emit, header deploy.Header, start time.Time, hosts []deploy.HostResult, isCancel func(error) bool) *Recorder {
	return &Recorder{emit: emit, isCancel: isCancel, result: deploy.Result{Header: header, Start: start, Hosts: hosts}}
}

// Open opens the log, once everything is known that can be known before the work. The phase preflight, which it begins, has been
// running from the start.
func (rec *Recorder) Open() (done func(ok bool)) {
	rec.mu.Lock()
	header, start := rec.result.Header, rec.result.Start
	rec.mu.Unlock()
	rec.emit(deploy.Started{Header: header})
	return rec.phaseSince(deploy.Preflight, start)
}

// Resolved takes over what only the hosts could tell: the release of a rollback is named by them.
func (rec *Recorder) Resolved(header deploy.Header) {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	rec.result.Header = header
}

// Before says what a host ran before the deployment, and what it runs now; foreign is what another tool's current named before.
func (rec *Recorder) Before(name string, before deploy.ReleaseID, foreign string, now deploy.ReleaseID) {
	rec.onHost(name, func(h *deploy.HostResult) { h.Before, h.Foreign, h.Now = before, foreign, now })
}

// Host says what became of a host.
func (rec *Recorder) Host(name string, outcome deploy.HostOutcome, now deploy.ReleaseID) {
	rec.onHost(name, func(h *deploy.HostResult) { h.Outcome, h.Now = outcome, now })
}

// Missed says that a host took no part, if nothing else was said of it; what it runs stays as it is.
func (rec *Recorder) Missed(name string) {
	rec.onHost(name, func(h *deploy.HostResult) {
		if h.Outcome == deploy.HostUnchanged {
			h.Outcome = deploy.HostSkipped
		}
	})
}

// onHost changes what the result says of a host; nothing for one that gets no releases.
func (rec *Recorder) onHost(name string, change func(*deploy.HostResult)) {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	if i := slices.IndexFunc(rec.result.Hosts, func(h deploy.HostResult) bool { return h.Host == name }); i >= 0 {
		change(&rec.result.Hosts[i])
	}
}

// Phase marks the beginning of a phase; done marks its end.
func (rec *Recorder) Phase(phase deploy.Phase) (done func(ok bool)) {
	return rec.phaseSince(phase, time.Now())
}

func (rec *Recorder) phaseSince(phase deploy.Phase, start time.Time) func(ok bool) {
	rec.emit(deploy.PhaseStarted{Phase: phase})
	return func(ok bool) {
		rec.mu.Lock()
		defer rec.mu.Unlock()
		rec.result.Phases = append(rec.result.Phases, deploy.PhaseResult{Phase: phase, Start: start, Duration: time.Since(start), OK: ok})
	}
}

// Excuse marks a span that ended because the deployment was cancelled, and for no fault of its own.
func (rec *Recorder) Excuse(span *deploy.Span) {
	if span.Err != nil && rec.isCancel(span.Err) {
		span.Status = deploy.StatusCancelled
	}
}

// StepDone says that a step is over on all its hosts.
func (rec *Recorder) StepDone(e deploy.StepDone) {
	rec.mu.Lock()
	rec.result.Steps = append(rec.result.Steps, e)
	rec.mu.Unlock()
	rec.emit(e)
}

// HostDone says that a host went through its activation, or back.
func (rec *Recorder) HostDone(e deploy.HostDone) {
	rec.mu.Lock()
	rec.result.Parts = append(rec.result.Parts, e)
	rec.mu.Unlock()
	rec.emit(e)
}

// Warn says what is true now and a person must know.
func (rec *Recorder) Warn(text string) { rec.WarnAt(deploy.Position{}, text) }

// WarnAt is Warn about what was written at a place.
func (rec *Recorder) WarnAt(at deploy.Position, text string) {
	rec.mu.Lock()
	rec.result.Warnings = append(rec.result.Warnings, text)
	rec.mu.Unlock()
	rec.emit(deploy.Noted{Level: deploy.LevelWarning, Text: text, At: at})
}

// Notice says what a person may want to know.
func (rec *Recorder) Notice(text string) {
	rec.emit(deploy.Noted{Level: deploy.LevelNotice, Text: text})
}

// Result is what was gathered until now. How the deployment ended is not in it.
func (rec *Recorder) Result() deploy.Result {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	result := rec.result
	result.Duration = time.Since(result.Start)
	return result
}

// AllKept reports whether an earlier attempt did everything, and this one only looked.
func (rec *Recorder) AllKept() bool {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	for _, part := range rec.result.Parts {
		if !part.Kept && part.Host != deploy.FleetName {
			return false
		}
	}
	for _, step := range rec.result.Steps {
		for _, span := range step.Spans {
			if span.Kept == 0 && span.Phase != deploy.Preflight && span.Step != Prune {
				return false
			}
		}
	}
	return len(rec.result.Parts) > 0
}
