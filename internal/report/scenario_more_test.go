package report

import (
	"fmt"
	"time"

	"github.com/slipway/slipway/internal/deploy"
)

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

// A metric holds for a while; what it showed is told meanwhile.
func watched() []deploy.Event {
	s := newScript("web1").preflight().upload()
	s.phase(deploy.Activate).activated("web1")
	s.emit(deploy.StepStarted{Phase: deploy.Activate, Hosts: []string{deploy.FleetName}})
	s.say(deploy.Activate, "watch", deploy.FleetName, "Errors 0.0021, wanted below 0.01, 4m45s left", "Errors 0.002, wanted below 0.01, 3m45s left")
	s.host(deploy.Activate, deploy.FleetName, newRelease, span(deploy.Activate, "verify Errors", deploy.FleetName, 200*ms),
		watch(deploy.FleetName, "Errors 0.002", 5*time.Minute))
	return s.all(deploy.HostActivated, newRelease).end(deploy.OutcomeActivated, 0, "")
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

// A migration fails, and what was done before it is taken back.
func migrateUndone() []deploy.Event {
	s := newScript("web1", "web2").preflight().upload()
	s.phase(deploy.Migrate).step(deploy.Migrate, "Quiet workers", "", "web1", "web2").step(deploy.Migrate, "Back up", "412 MB", "web1")
	s.done(deploy.StepDone{
		Phase: deploy.Migrate, Step: "Migrate", At: deploy.Position{File: "slipway.yml", Line: 33, Column: 5}, Command: "make migrate",
		Spans: []deploy.Span{fails(span(deploy.Migrate, "Migrate", "web1", 1900*ms), "exit 1", "exit 1", "")},
	})
	s.phase(deploy.Undo)
	s.say(deploy.Undo, "Migrate", "web1", "restored 412 MB")
	s.step(deploy.Undo, "Migrate", "", "web1").step(deploy.Undo, "Quiet workers", "", "web1", "web2")
	s.res.Warnings = []string{"Back up ran and stays as it is; the live code was not switched"}
	s.res.Failed = deploy.Migrate
	return s.end(deploy.OutcomeFailed, 8, "see what the step left behind, fix it, then \"Re-run failed jobs\"")
}

// The undo fails as well.
func undoFails() []deploy.Event {
	s := newScript("web1", "web2").preflight().upload()
	s.phase(deploy.Migrate)
	s.done(deploy.StepDone{
		Phase: deploy.Migrate, Step: "Migrate", Command: "make migrate",
		Spans: []deploy.Span{fails(span(deploy.Migrate, "Migrate", "web1", 1900*ms), "exit 1", "exit 1", "")},
	})
	s.phase(deploy.Undo)
	s.say(deploy.Undo, "Migrate", "web1", "pg_restore: error: could not open input file")
	const hint = "undo it by hand and say so: `slipway resolve --deployment 412-deploy-abc --host web1 --step \"undo Migrate\" done`; with `rerun` in the place of `done` the next command runs it again"
	s.done(deploy.StepDone{Phase: deploy.Undo, Step: "Migrate", Command: "make unmigrate", Spans: []deploy.Span{
		fails(span(deploy.Undo, "Migrate", "web1", 2*time.Second), "exit 2", "exit 2", hint),
	}})
	s.res.Failed = deploy.Migrate
	return s.end(deploy.OutcomePerson, 4, "see what is not undone, as the hints say: the next command goes on with it before anything else")
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
	s.res.Next.Command = "slipway rollback -e production --to " + string(oldRelease)
	return s.end(deploy.OutcomePerson, 4, "start supervisor on web2, then run")
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
	s.res.Hosts[0].Before = ""
	s.upload().phase(deploy.Activate).activated("web1")
	s.all(deploy.HostActivated, newRelease)
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
	s.res.Shipped = deploy.Shipped{From: "1a2b3c4", To: "77aa001", Out: deploy.Merges{Commits: 40, Pulls: pulls(24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13), Unread: 3}}
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
