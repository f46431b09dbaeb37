package report

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"slipway/internal/deploy"
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
	s.res.Outcome, s.res.ExitCode, s.res.Next = outcome, exit, next
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
		s.say(deploy.Prepare, "Upload", h, "sent 38.2 MB, verified 4,981 files")
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

func good() []deploy.Event {
	s := newScript("web1", "web2", "jobs1").preflight().upload().step(deploy.Prepare, "Collect static files", "", "web1", "web2")
	s.phase(deploy.Migrate).step(deploy.Migrate, "Migrate", "2 applied", "web1")
	s.phase(deploy.Activate)
	for _, h := range []string{"jobs1", "web1", "web2"} {
		s.activated(h)
	}
	s.host(deploy.Activate, "fleet", newRelease, span(deploy.Activate, "verify Public", "fleet", 200*ms))
	s.phase(deploy.Finish).done(deploy.StepDone{Phase: deploy.Finish, Note: "pruned 1"})
	return s.all(deploy.HostActivated, newRelease).end(deploy.OutcomeActivated, 0, "")
}

func prepareFails() []deploy.Event {
	s := newScript("web1", "web2", "web3").preflight().upload()
	const name = "Collect static files"
	d := deploy.StepDone{
		Phase: deploy.Prepare, Step: name, At: deploy.Position{File: "slipway.yml", Line: 27, Column: 5},
		Command: "venv/bin/python manage.py collectstatic --noinput",
	}
	d.Spans = append(d.Spans, span(deploy.Prepare, name, "web1", 4*time.Second))
	s.say(deploy.Prepare, name, "web1", "129 static files copied.")
	for i, h := range []string{"web2", "web3"} {
		s.say(deploy.Prepare, name, h, "Traceback (most recent call last):",
			"OSError: [Errno 28] No space left on device: '/srv/www/broken_brackets/releases/x/static/main.css'")
		d.Spans = append(d.Spans, fails(span(deploy.Prepare, name, h, 3900*ms+time.Duration(i)*200*ms), "exit 1", "exit 1",
			h+" has 0 B free on /srv; free space or lower keep_releases"))
	}
	return s.done(d).end(deploy.OutcomeFailed, 1, `free space, then "Re-run failed jobs": upload and web1 are kept`)
}

func verifyFails() []deploy.Event {
	s := newScript("web1", "web2", "jobs1").preflight().upload()
	s.phase(deploy.Migrate).step(deploy.Migrate, "Migrate", "2 applied", "web1")
	s.phase(deploy.Activate).activated("jobs1").activated("web1")
	bad := fails(span(deploy.Activate, "verify Health", "web2", 30*time.Second), "30s, last answer 500, wanted 200",
		"30s, last answer 500, wanted 200", "")
	bad.Err.At = deploy.Position{File: "slipway.yml", Line: 41, Column: 9}
	bad.Err.Tail, bad.Err.Times = []string{`GET /healthz 500 "relation \"cart\" does not exist"`}, 14
	s.host(deploy.Activate, "web2", newRelease, span(deploy.Activate, "switch", "web2", 10*ms), bad)
	s.phase(deploy.Unwind)
	for _, h := range []string{"web2", "web1", "jobs1"} {
		s.host(deploy.Unwind, h, oldRelease, span(deploy.Unwind, "switch", h, 10*ms), span(deploy.Unwind, "restart", h, 1400*ms),
			span(deploy.Unwind, "verify Health", h, time.Second), span(deploy.Unwind, "verify Socket", h, 100*ms))
	}
	s.res.Warnings = []string{"shop.0042, shop.0043 stay applied; old code runs on the new schema"}
	return s.all(deploy.HostUnwound, oldRelease).end(deploy.OutcomeUnwound, 3, "fix forward; re-running repeats the same content")
}

// The same failure, on two hosts that listen on different ports and were not asked equally often.
func verifyFailsAlike() []deploy.Event {
	s := newScript("web1", "web2").preflight().upload().phase(deploy.Activate)
	for i, h := range []string{"web1", "web2"} {
		const status = "20s, last answer 503, wanted 200"
		bad := fails(span(deploy.Activate, "verify Health", h, 20*time.Second), status, status, "")
		bad.Err.At = deploy.Position{File: "slipway.yml", Line: 41, Column: 9}
		bad.Err.Tail, bad.Err.Times = []string{fmt.Sprintf("GET http://127.0.0.1:%d/healthz 503 \"no such column: score\"", 8001+i)}, 17+i
		bad.Err.Own = []string{fmt.Sprintf("127.0.0.1:%d", 8001+i)}
		s.host(deploy.Activate, h, newRelease, span(deploy.Activate, "switch", h, 10*ms), bad)
	}
	s.phase(deploy.Unwind)
	for _, h := range []string{"web1", "web2"} {
		s.host(deploy.Unwind, h, oldRelease, span(deploy.Unwind, "switch", h, 10*ms), span(deploy.Unwind, "verify Health", h, time.Second))
	}
	return s.all(deploy.HostUnwound, oldRelease).end(deploy.OutcomeUnwound, 3, "fix forward; re-running repeats the same content")
}

// Two hosts come up and go down again, each at a moment of its own; on a third the old workers go on.
func flaps() []deploy.Event {
	s := newScript("web1", "web2", "web3", "jobs1").preflight().upload()
	s.phase(deploy.Activate).host(deploy.Activate, "jobs1", newRelease, span(deploy.Activate, "switch", "jobs1", 10*ms),
		span(deploy.Activate, "verify 2/2", "jobs1", 400*ms), span(deploy.Activate, "stable", "jobs1", 10*time.Second))
	at := deploy.Position{File: "slipway.yml", Line: 41, Column: 9}
	for i, h := range []string{"web1", "web2"} {
		status := fmt.Sprintf("was up after 1.%ds and down again after %ds, no answer: dial 127.0.0.1:8001: connect failed: Connection refused", i, 4+i)
		bad := fails(span(deploy.Activate, "verify Health", h, 4*time.Second), status, status, "did the program start?")
		bad.Err.At, bad.Err.Own = at, []string{fmt.Sprintf("1.%ds", i), fmt.Sprintf("%ds", 4+i)}
		s.host(deploy.Activate, h, newRelease, span(deploy.Activate, "switch", h, 10*ms), span(deploy.Activate, "verify Health", h, 1*time.Second), bad)
	}
	status := "30s, old release still answers: got X-Release: " + string(oldRelease) + ", wanted X-Release: " + string(newRelease)
	bad := fails(span(deploy.Activate, "verify Health", "web3", 30*time.Second), status, status, "the restart left old workers")
	bad.Err.At, bad.Err.Tail, bad.Err.Times = at, []string{`GET http://127.0.0.1:8001/healthz 200 "ok"`}, 14
	s.host(deploy.Activate, "web3", newRelease, span(deploy.Activate, "switch", "web3", 10*ms), bad)
	s.phase(deploy.Unwind)
	for _, h := range []string{"web1", "web2", "web3", "jobs1"} {
		s.host(deploy.Unwind, h, oldRelease, span(deploy.Unwind, "switch", h, 10*ms), span(deploy.Unwind, "verify Health", h, time.Second))
	}
	return s.all(deploy.HostUnwound, oldRelease).end(deploy.OutcomeUnwound, 3, "fix forward; re-running repeats the same content")
}

// A notice is an annotation, and stands in the summary.
func unverified() []deploy.Event {
	s := newScript("web1").preflight().upload()
	s.emit(deploy.Noted{Level: deploy.LevelNotice, Text: "nothing verifies this release"})
	s.phase(deploy.Activate).activated("web1")
	return s.all(deploy.HostActivated, newRelease).end(deploy.OutcomeActivated, 0, "")
}

func cancelledRun() []deploy.Event {
	s := newScript("web1", "web2").preflight()
	d := deploy.StepDone{Phase: deploy.Prepare, Step: "Upload"}
	for _, h := range []string{"web1", "web2"} {
		d.Spans = append(d.Spans, fails(span(deploy.Prepare, "Upload", h, 2*time.Second), deploy.StatusCancelled, "interrupt signal received", ""))
	}
	s.phase(deploy.Prepare).done(d)
	s.res.Errors = nil
	return s.end(deploy.OutcomeCancelled, 130, "run the job again")
}

func cancelledSwitch() []deploy.Event {
	s := newScript("web1", "web2", "jobs1").preflight().upload().phase(deploy.Activate).activated("web1")
	for _, h := range []string{"web2", "jobs1"} {
		s.host(deploy.Activate, h, newRelease, span(deploy.Activate, "switch", h, 10*ms),
			fails(span(deploy.Activate, "restart", h, 3*time.Second), deploy.StatusCancelled, "interrupt signal received", ""))
	}
	for i := range s.res.Hosts {
		s.res.Hosts[i].Outcome, s.res.Hosts[i].Now = deploy.HostSwitched, newRelease
	}
	s.res.Hosts[0].Outcome = deploy.HostActivated
	s.res.Errors, s.res.Step = nil, ""
	return s.end(deploy.OutcomeCancelled, 130, "the post step of the job brings them back, or the next command before anything else")
}

// cleanUp is the post step of a job; release is that of the attempt, "" when it left no journal.
func cleanUp(release deploy.ReleaseID) *script {
	s := newScript("web1", "web2", "jobs1")
	s.res.Header = deploy.Header{
		Version: "1.0.0", Command: "deploy", Reconcile: true, App: "broken-brackets", Environment: "production", URL: "https://example.com",
		Release: release, Deployment: s.res.Header.Deployment, Revision: s.res.Header.Revision, Actor: "anna",
		RunURL: s.res.Header.RunURL, RunID: "412", Attempt: 1, Hosts: s.res.Header.Hosts,
	}
	return s.start().phase(deploy.Preflight)
}

func (s *script) found(note string) *script {
	d := deploy.StepDone{Phase: deploy.Preflight, Note: note}
	for _, h := range s.res.Header.Hosts {
		d.Spans = append(d.Spans, span(deploy.Preflight, "", h, 600*ms))
	}
	return s.done(d)
}

func cleanedUp() []deploy.Event {
	s := cleanUp(newRelease).phase(deploy.Unwind)
	for i, h := range []string{"web1", "web2"} {
		s.say(deploy.Activate, "Restart", h, "web: stopped", "web: started")
		s.host(deploy.Unwind, h, oldRelease, span(deploy.Unwind, "switch", h, 10*ms), span(deploy.Unwind, "restart", h, 1400*ms),
			span(deploy.Unwind, "verify 2/2", h, 1900*ms))
		s.res.Hosts[i].Outcome = deploy.HostUnwound
	}
	s.found("3 hosts, all on " + string(oldRelease))
	return s.end(deploy.OutcomeReconciled, 0, `"Re-run failed jobs" goes on where the run stopped`)
}

func nothingToCleanUp() []deploy.Event {
	s := cleanUp("").found("3 hosts, all on " + string(oldRelease))
	return s.end(deploy.OutcomeReconciled, 0, `a step of migrate still runs on web1, which stays locked until its end; "Re-run failed jobs" joins it`)
}

func notCleanedUp() []deploy.Event {
	s := cleanUp(newRelease)
	s.done(deploy.StepDone{Phase: deploy.Preflight, Spans: []deploy.Span{
		span(deploy.Preflight, "", "web1", 600*ms),
		fails(span(deploy.Preflight, "", "web2", 10*time.Second), "", "dial tcp 10.0.0.12:22: i/o timeout", "is it up, and does a firewall let this runner in?"),
		span(deploy.Preflight, "", "jobs1", 600*ms),
	}})
	return s.end(deploy.OutcomeFailed, 1, "the next command mends what is left before it does anything else; or run the job again")
}

func migrateFails() []deploy.Event {
	s := newScript("web1", "web2", "jobs1").preflight().upload()
	s.phase(deploy.Migrate).step(deploy.Migrate, "Back up", "412 MB", "web1")
	s.say(deploy.Migrate, "Migrate", "web1", "Applying shop.0042... OK", "Applying shop.0043...",
		`django.db.utils.ProgrammingError: relation "cart" does not exist`)
	s.done(deploy.StepDone{
		Phase: deploy.Migrate, Step: "Migrate", At: deploy.Position{File: "slipway.yml", Line: 33, Column: 5},
		Command: "venv/bin/python manage.py migrate --noinput",
		Spans:   []deploy.Span{fails(span(deploy.Migrate, "Migrate", "web1", 1900*ms), "exit 1", "exit 1", "")},
	})
	return s.end(deploy.OutcomeFailed, 8, "see what was applied; fix the migration and merge, or restore the backup")
}

func person() []deploy.Event {
	s := newScript("web1", "web2").preflight().upload().phase(deploy.Activate).activated("web1")
	bad := fails(span(deploy.Activate, "verify Health", "web2", 30*time.Second), "30s, last answer 502, wanted 200", "30s, last answer 502, wanted 200", "")
	s.host(deploy.Activate, "web2", newRelease, span(deploy.Activate, "switch", "web2", 10*ms), bad)
	s.phase(deploy.Unwind)
	worse := fails(span(deploy.Unwind, "restart", "web2", 2*time.Second), "exit 7", "exit 7", "ask supervisor on web2: supervisorctl status")
	s.say(deploy.Unwind, "restart", "web2", "unix:///run/supervisor.sock no such file")
	s.host(deploy.Unwind, "web2", oldRelease, span(deploy.Unwind, "switch", "web2", 10*ms), worse)
	s.host(deploy.Unwind, "web1", oldRelease, span(deploy.Unwind, "switch", "web1", 10*ms), span(deploy.Unwind, "restart", "web1", 1400*ms))
	s.res.Hosts[0].Outcome = deploy.HostUnwound
	s.res.Hosts[1].Outcome = deploy.HostFailed
	return s.end(deploy.OutcomePerson, 4, "start supervisor on web2, then run `slipway rollback -e production --to "+string(oldRelease)+"`")
}

func unchanged() []deploy.Event {
	s := newScript("web1", "web2", "jobs1").preflight()
	for i := range s.res.Hosts {
		s.res.Hosts[i] = deploy.HostResult{Host: s.res.Hosts[i].Host, Outcome: deploy.HostActivated, Before: newRelease, Now: newRelease}
	}
	return s.end(deploy.OutcomeUnchanged, 0, "")
}

func firstDeployment() []deploy.Event {
	s := newScript("web1").start().phase(deploy.Preflight).done(deploy.StepDone{
		Phase: deploy.Preflight, Note: "1 host, no release yet",
		Spans: []deploy.Span{span(deploy.Preflight, "", "web1", 700*ms)},
	})
	s.upload().phase(deploy.Activate).activated("web1")
	s.all(deploy.HostActivated, newRelease)
	s.res.Hosts[0].Before = ""
	return s.end(deploy.OutcomeActivated, 0, "")
}

func rollback() []deploy.Event {
	s := newScript("web1", "web2")
	s.res.Header.Command, s.res.Header.Release, s.res.Header.ArtifactSize, s.res.Header.ArtifactSHA = "rollback", oldRelease, 0, ""
	s.res.Header.Revision = ""
	s.preflight().phase(deploy.Activate).activated("web1").activated("web2").all(deploy.HostActivated, oldRelease)
	for i := range s.res.Hosts {
		s.res.Hosts[i].Before = newRelease
	}
	return s.end(deploy.OutcomeActivated, 0, "")
}

func large() []deploy.Event {
	hosts := fleetNames(200)
	s := newScript(hosts...).preflight().upload()
	d := deploy.StepDone{Phase: deploy.Prepare, Step: "Install dependencies", At: deploy.Position{File: "slipway.yml", Line: 20}}
	for i, h := range hosts {
		sp := span(deploy.Prepare, "Install dependencies", h, 5*time.Second+time.Duration(i)*10*ms)
		switch i {
		case 16, 48:
			s.say(deploy.Prepare, "Install dependencies", h, "ERROR: no matching distribution found for django==5.2")
			sp = fails(sp, "exit 1", "exit 1", "")
		case 99:
			sp = fails(sp, "timed out after 5m0s", "timed out after 5m0s", "raise the step's timeout")
		}
		d.Spans = append(d.Spans, sp)
	}
	return s.done(d).end(deploy.OutcomeFailed, 1, `add the wheels, then "Re-run failed jobs"`)
}

func largeGood() []deploy.Event {
	hosts := fleetNames(200)
	s := newScript(hosts...).preflight().upload().phase(deploy.Activate)
	for _, h := range hosts {
		s.activated(h)
	}
	s.phase(deploy.Finish).done(deploy.StepDone{Phase: deploy.Finish, Note: "pruned 200"})
	return s.all(deploy.HostActivated, newRelease).end(deploy.OutcomeActivated, 0, "")
}

// fleetNames are web001, web002, ...
func fleetNames(n int) []string {
	var hosts []string
	for i := range n {
		hosts = append(hosts, fmt.Sprintf("web%03d", i+1))
	}
	return hosts
}

// largePerson is a release that fails on one host of 200, and a way back that two of the others refuse.
func largePerson() []deploy.Event {
	hosts := fleetNames(200)
	s := newScript(hosts...).preflight().phase(deploy.Activate)
	for i, h := range hosts {
		if i == 120 {
			s.say(deploy.Activate, "Restart", h, "ModuleNotFoundError: No module named 'shop.cart'")
			bad := fails(span(deploy.Activate, "restart", h, 900*ms), "exit 1", "exit 1", "")
			bad.Err.Tail = []string{"ModuleNotFoundError: No module named 'shop.cart'"}
			s.host(deploy.Activate, h, newRelease, span(deploy.Activate, "switch", h, 10*ms), bad)
			continue
		}
		s.activated(h)
	}
	s.all(deploy.HostUnwound, oldRelease).phase(deploy.Unwind)
	for i, h := range hosts {
		if i != 17 && i != 180 {
			s.host(deploy.Unwind, h, oldRelease, span(deploy.Unwind, "restart", h, time.Second))
			continue
		}
		bad := fails(span(deploy.Unwind, "restart", h, time.Second), "exit 1", "exit 1",
			"by hand: `ssh deploy@"+h+" 'cd /srv/shop && ln -sfn releases/"+string(oldRelease)+" .slipway/back && mv -fT .slipway/back current'`, then restart and check it")
		s.host(deploy.Unwind, h, oldRelease, bad)
		s.res.Hosts[i].Outcome, s.res.Hosts[i].Now = deploy.HostFailed, ""
	}
	return s.end(deploy.OutcomePerson, 4, "bring web018 back by hand, see its error; then deploy again")
}

// crowdUnreachable is a network that is away: 12 of 200 hosts cannot be connected to.
func crowdUnreachable() []deploy.Event {
	hosts := fleetNames(200)
	s := newScript(hosts...).start().phase(deploy.Preflight)
	d := deploy.StepDone{Phase: deploy.Preflight}
	for i, h := range hosts {
		sp := span(deploy.Preflight, "", h, 700*ms)
		if i%16 == 5 && i < 190 {
			cause := fmt.Sprintf("cannot reach deploy@10.0.3.%d:22: no route to host", i)
			sp = fails(sp, "", cause, "is the runner in the right network? see the input jump")
			sp.Err.Op, sp.Err.Own = "connect", []string{fmt.Sprintf("deploy@10.0.3.%d:22", i)}
			s.res.Hosts[i].Unreachable, s.res.Hosts[i].Now, s.res.Hosts[i].Before = true, "", ""
		}
		d.Spans = append(d.Spans, sp)
	}
	return s.done(d).end(deploy.OutcomeFailed, 1, "mend the network, then re-run")
}

func unreachable() []deploy.Event {
	s := newScript("web1", "web2").start().phase(deploy.Preflight)
	bad := fails(span(deploy.Preflight, "", "web2", 10*time.Second), "", "dial tcp 10.0.0.12:22: connect: connection refused",
		"check the address and the port, and that sshd runs there")
	bad.Err.Op, bad.Err.At = "connect", deploy.Position{File: "slipway.yml", Line: 12, Column: 9}
	s.done(deploy.StepDone{Phase: deploy.Preflight, Spans: []deploy.Span{span(deploy.Preflight, "", "web1", 700*ms), bad}})
	s.res.Hosts[1].Before, s.res.Hosts[1].Now, s.res.Hosts[1].Unreachable = "", "", true
	return s.end(deploy.OutcomeFailed, 1, "mend the connection to web2, then re-run")
}

func finishFails() []deploy.Event {
	s := newScript("web1", "web2").preflight().upload().phase(deploy.Activate).activated("web1").activated("web2")
	s.phase(deploy.Finish).say(deploy.Finish, "Purge CDN", "web1", "curl: (22) 403")
	s.done(deploy.StepDone{
		Phase: deploy.Finish, Step: "Purge CDN", Command: "curl -f https://cdn.example.com/purge",
		Spans: []deploy.Span{fails(span(deploy.Finish, "Purge CDN", "web1", 300*ms), "exit 22", "exit 22", "")},
	})
	return s.all(deploy.HostActivated, newRelease).end(deploy.OutcomeActivated, 7, "purge the CDN by hand; the release is live")
}

// A migration was running when its host died: nobody saw its end.
func migrateUnseen() []deploy.Event {
	s := newScript("web1", "web2").preflight().upload().phase(deploy.Migrate)
	s.say(deploy.Migrate, "Migrate", "web1", "Applying shop.0042...")
	lost := span(deploy.Migrate, "Migrate", "web1", 3*time.Minute)
	lost.Outcome, lost.Status = deploy.Unknown, "end not seen"
	lost.Err = &deploy.Error{Host: "web1", Phase: deploy.Migrate, Step: "Migrate", Cause: errors.New("its end was not seen: web1 did not answer for 3m0s")}
	s.done(deploy.StepDone{Phase: deploy.Migrate, Step: "Migrate", Command: "django/migrate", Spans: []deploy.Span{lost}})
	return s.end(deploy.OutcomePerson, deploy.ExitPerson, "once web1 answers, re-run the job: it goes on with what became of the step")
}

// The first deployment after another tool's: it fails, and the hosts go back to what that one deployed.
func unwoundToAnotherTool() []deploy.Event {
	const theirs = "releases/20240101000000"
	s := newScript("web1", "web2").preflight().upload().phase(deploy.Activate)
	for i := range s.res.Hosts {
		s.res.Hosts[i].Before, s.res.Hosts[i].Foreign = "", theirs
	}
	for _, h := range []string{"web1", "web2"} {
		bad := fails(span(deploy.Activate, "restart", h, time.Second), "exit 1", "exit 1", "")
		s.host(deploy.Activate, h, newRelease, span(deploy.Activate, "switch", h, 10*ms), bad)
	}
	s.phase(deploy.Unwind)
	for _, h := range []string{"web1", "web2"} {
		d := deploy.HostDone{Phase: deploy.Unwind, Host: h, Foreign: theirs, Spans: []deploy.Span{span(deploy.Unwind, "switch", h, 10*ms)}}
		s.emit(d)
		s.res.Parts = append(s.res.Parts, d)
	}
	return s.all(deploy.HostUnwound, "").end(deploy.OutcomeUnwound, 3, "fix forward")
}

// Two shared files are missing on each of two hosts.
func missingShared() []deploy.Event {
	s := newScript("a", "b").start().phase(deploy.Preflight)
	d := deploy.StepDone{Phase: deploy.Preflight}
	for _, h := range []string{"a", "b"} {
		sp := span(deploy.Preflight, "", h, 700*ms)
		sp.Outcome = deploy.Failed
		for _, file := range []string{".env", "local.py"} {
			e := &deploy.Error{
				Op: "preflight", Host: h, Phase: deploy.Preflight, Cause: errors.New("shared file /srv/" + file + " is missing"),
				Hint: "put it there once, or drop it from `shared.files`",
			}
			s.res.Errors = append(s.res.Errors, e)
			if sp.Err == nil {
				sp.Err = e
			}
		}
		d.Spans = append(d.Spans, sp)
	}
	s.res.Failed = deploy.Preflight
	s.emit(d)
	s.res.Steps = append(s.res.Steps, d)
	return s.end(deploy.OutcomeFailed, 1, `fix the cause, then "Re-run failed jobs"`)
}

// A step draws a progress bar, and fails at the end of a very long line.
func longLine() []deploy.Event {
	s := newScript("web1").preflight().upload()
	bar := ""
	for i := range 101 {
		bar += fmt.Sprintf("\rcopying %3d%%", i)
	}
	dots := strings.Repeat(".", 2500) + "Error: no such table: shop_cart"
	s.say(deploy.Prepare, "One", "web1", bar, "|\b/\b-\bready", dots)
	bad := fails(span(deploy.Prepare, "One", "web1", time.Second), "exit 1", "exit 1", "")
	bad.Err.Tail = []string{bar, dots}
	s.done(deploy.StepDone{Phase: deploy.Prepare, Step: "One", Command: "bin/copy | tee log", Spans: []deploy.Span{bad}})
	return s.end(deploy.OutcomeFailed, 1, "")
}

// Notes with code in them, and a host's words with signs of Markdown.
func markup() []deploy.Event {
	s := newScript("web1").preflight().upload()
	s.emit(deploy.Noted{Level: deploy.LevelNotice, Text: "nothing verifies this release: give `activate` a `verify`, like " +
		"`[{http: \"http://127.0.0.1:8000/\", header: \"X-Release: ${SLIPWAY_RELEASE}\"}]`, or the input `verify` a URL"})
	s.emit(deploy.Noted{Level: deploy.LevelNotice, Text: "see [{http: \"http://x/\"}] and `a`<b>|`c`"})
	bad := fails(span(deploy.Prepare, "a|b `c`", "web1", time.Second), "exit 1", "| <b>x</b> | `y`", "run `a | b`")
	bad.Err.Printed = false
	s.done(deploy.StepDone{Phase: deploy.Prepare, Step: "a|b `c`", Command: "bin/copy | tee `date`", Spans: []deploy.Span{bad}})
	return s.end(deploy.OutcomeFailed, 1, "")
}

func scenarios() []scenario {
	return []scenario{
		{"migrate-unseen", migrateUnseen()},
		{"unwound-to-another-tool", unwoundToAnotherTool()},
		{"missing-shared", missingShared()},
		{"long-line", longLine()},
		{"markup", markup()},
		{"good", good()},
		{"prepare-fails", prepareFails()},
		{"verify-fails", verifyFails()},
		{"verify-fails-alike", verifyFailsAlike()},
		{"flaps", flaps()},
		{"unverified", unverified()},
		{"cancelled", cancelledRun()},
		{"cancelled-switch", cancelledSwitch()},
		{"cleaned-up", cleanedUp()},
		{"nothing-to-clean-up", nothingToCleanUp()},
		{"not-cleaned-up", notCleanedUp()},
		{"migrate-fails", migrateFails()},
		{"person", person()},
		{"unchanged", unchanged()},
		{"first", firstDeployment()},
		{"rollback", rollback()},
		{"200-hosts-fail", large()},
		{"200-hosts", largeGood()},
		{"200-hosts-person", largePerson()},
		{"200-hosts-unreachable", crowdUnreachable()},
		{"unreachable", unreachable()},
		{"finish-fails", finishFails()},
	}
}
