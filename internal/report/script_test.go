package report

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/deploy"
)

// A scenario is a deployment as rollout would tell it: events, the last of which is Finished.
type scenario struct {
	name   string
	events []deploy.Event
}

var began = time.Date(2026, 11, 21, 7, 30, 0, 0, time.UTC)

const (
	oldRelease = deploy.ReleaseID("20261119-101500-77aa001-02be44")
	newRelease = deploy.ReleaseID("20261121-073000-1a2b3c4-9f3c51")
)

// script writes a scenario: it keeps the time and gathers the result.
type script struct {
	events []deploy.Event
	res    deploy.Result
	at     time.Time
}

func newScript(hosts ...string) *script {
	s := &script{at: began}
	s.res.Header = deploy.Header{
		Version: "1.0.0", Command: "deploy", App: "broken-brackets", Environment: "production", URL: "https://example.com",
		Release: newRelease, Deployment: "412-deploy-deploy-0a1b2c3d4e5f", ArtifactSize: 38_200_000,
		ArtifactSHA: deploy.Digest("9f3c51" + strings.Repeat("0", 58)), ContentSHA: deploy.Digest("9f3c51" + strings.Repeat("1", 58)),
		Revision: "1a2b3c4d5e6f7a8b9c0d1e2f3a4b5c6d7e8f9a0b", Actor: "anna",
		RunURL: "https://github.com/acme/broken-brackets/actions/runs/412", RunID: "412", Attempt: 1, Hosts: hosts,
	}
	s.res.Start = began
	for _, h := range hosts {
		s.res.Hosts = append(s.res.Hosts, deploy.HostResult{Host: h, Outcome: deploy.HostUnchanged, Before: oldRelease, Now: oldRelease})
	}
	return s
}

func (s *script) emit(events ...deploy.Event) { s.events = append(s.events, events...) }

func (s *script) start() *script { s.emit(deploy.Started{Header: s.res.Header}); return s }

func (s *script) phase(p deploy.Phase) *script {
	s.emit(deploy.PhaseStarted{Phase: p})
	s.res.Phases = append(s.res.Phases, deploy.PhaseResult{Phase: p, Start: s.at, OK: true})
	return s
}

func (s *script) say(p deploy.Phase, step, host string, lines ...string) *script {
	for _, line := range lines {
		s.emit(deploy.Output{Phase: p, Step: step, Host: host, Line: line})
	}
	return s
}

func span(p deploy.Phase, step, host string, took time.Duration) deploy.Span {
	s := deploy.Span{Host: host, Phase: p, Step: step, Start: began, Duration: took, Outcome: deploy.Succeeded}
	if p == deploy.Activate || p == deploy.Unwind {
		part, _, _ := strings.Cut(step, " ")
		s.Part = deploy.Part(part)
	}
	return s
}

// watch is the span of metrics that held.
func watch(host, note string, took time.Duration) deploy.Span {
	s := span(deploy.Activate, "watch", host, took)
	s.Note = deploy.NoteOf(note)
	return s
}

// fails makes a span a failed one.
func fails(sp deploy.Span, status string, cause string, hint string) deploy.Span {
	sp.Outcome, sp.Status = deploy.Failed, status
	sp.Err = &deploy.Error{Op: "run", Host: sp.Host, Phase: sp.Phase, Step: sp.Step, Cause: errors.New(cause), Hint: hint}
	sp.Err.Printed = strings.HasPrefix(status, "exit ")
	if sp.Part == deploy.PartVerify {
		sp.Err.Check = strings.TrimPrefix(sp.Step, "verify ")
	}
	return sp
}

// done ends a step, all of whose spans began now.
func (s *script) done(d deploy.StepDone) *script {
	longest := time.Duration(0)
	for i := range d.Spans {
		d.Spans[i].Start = s.at
		longest = max(longest, d.Spans[i].Duration)
	}
	s.advance(longest)
	s.emit(d)
	s.res.Steps = append(s.res.Steps, d)
	s.gather(d.Spans)
	return s
}

// host ends one host's part of activate or unwind; its spans follow each other.
func (s *script) host(p deploy.Phase, host string, release deploy.ReleaseID, spans ...deploy.Span) *script {
	at := s.at
	for i := range spans {
		spans[i].Start = at
		at = at.Add(spans[i].Duration)
	}
	d := deploy.HostDone{Phase: p, Host: host, Release: release, Spans: spans}
	s.advance(at.Sub(s.at))
	s.emit(d)
	s.res.Parts = append(s.res.Parts, d)
	s.gather(spans)
	return s
}

func (s *script) gather(spans []deploy.Span) {
	for _, sp := range spans {
		if sp.Err != nil {
			s.res.Errors = append(s.res.Errors, sp.Err)
			if s.res.Failed == "" {
				s.res.Failed, s.res.Step = sp.Phase, sp.Step
				s.res.Phases[len(s.res.Phases)-1].OK = false
			}
		}
	}
}

func (s *script) advance(d time.Duration) {
	s.at = s.at.Add(d)
	if n := len(s.res.Phases); n > 0 {
		s.res.Phases[n-1].Duration += d
	}
}

func (s *script) all(outcome deploy.HostOutcome, now deploy.ReleaseID) *script {
	for i := range s.res.Hosts {
		s.res.Hosts[i].Outcome, s.res.Hosts[i].Now = outcome, now
	}
	return s
}

func (s *script) end(outcome deploy.Outcome, exit int, next string) []deploy.Event {
	s.res.Outcome, s.res.ExitCode, s.res.Next.Text = outcome, exit, next
	s.res.Duration = s.at.Sub(began)
	return append(s.events, deploy.Finished{Result: s.res})
}

const ms = time.Millisecond

func (s *script) preflight() *script {
	d := deploy.StepDone{Phase: deploy.Preflight, Note: fmt.Sprintf("%d hosts, all on %s", len(s.res.Header.Hosts), oldRelease)}
	for i, h := range s.res.Header.Hosts {
		d.Spans = append(d.Spans, span(deploy.Preflight, "", h, 600*ms+time.Duration(i)*100*ms))
	}
	return s.start().phase(deploy.Preflight).done(d)
}

func (s *script) upload() *script {
	d := deploy.StepDone{Phase: deploy.Prepare, Step: "Upload"}
	for i, h := range s.res.Header.Hosts {
		line, traffic := "reused 4,981 files, sent 1.1 MB, verified 38.2 MB", deploy.Traffic{Sent: 1_100_000, Reused: 36_900_000}
		if s.res.Hosts[i].Before == "" {
			line, traffic = "sent 38.2 MB, verified 4,981 files", deploy.Traffic{Sent: 38_200_000}
		}
		s.say(deploy.Prepare, "Upload", h, line)
		s.res.Hosts[i].Traffic = traffic
		d.Spans = append(d.Spans, span(deploy.Prepare, "Upload", h, 700*ms+time.Duration(i)*100*ms))
	}
	return s.phase(deploy.Prepare).done(d)
}

func (s *script) step(p deploy.Phase, name, note string, hosts ...string) *script {
	d := deploy.StepDone{Phase: p, Step: name, Note: note}
	for i, h := range hosts {
		s.say(p, name, h, "running "+name, "done")
		d.Spans = append(d.Spans, span(p, name, h, 4*time.Second+time.Duration(i)*100*ms))
	}
	return s.done(d)
}

func (s *script) activated(host string) *script {
	s.say(deploy.Activate, "restart", host, "web: stopped", "web: started")
	return s.host(deploy.Activate, host, newRelease, span(deploy.Activate, "switch", host, 10*ms),
		span(deploy.Activate, "restart", host, 1400*ms), span(deploy.Activate, "verify Health", host, 1200*ms),
		span(deploy.Activate, "verify Socket", host, 700*ms))
}
