package report

import (
	"fmt"
	"time"

	"github.com/slipway/slipway/internal/deploy"
)

func scenarios() []scenario {
	return []scenario{
		{"migrate-unseen", migrateUnseen()},
		{"unwound-to-another-tool", unwoundToAnotherTool()},
		{"missing-shared", missingShared()},
		{"superseded", superseded()},
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
		{"migrate-undone", migrateUndone()},
		{"undo-fails", undoFails()},
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
		{"watched", watched()},
	}
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
	s.res.Shipped = deploy.Shipped{From: "77aa001", To: s.res.Revision, In: deploy.Merges{Commits: 5, Pulls: pulls(12, 9), Alone: 1}}
	return s.all(deploy.HostActivated, newRelease).end(deploy.OutcomeActivated, 0, "")
}

// pulls are pull requests of the numbers.
func pulls(numbers ...int) (list []deploy.Pull) {
	for _, n := range numbers {
		list = append(list, deploy.Pull{
			Number: n, Title: fmt.Sprintf("Brackets of kind %d | [again]", n), Author: "ben", URL: fmt.Sprintf("https://github.com/acme/broken-brackets/pull/%d", n),
		})
	}
	return list
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
