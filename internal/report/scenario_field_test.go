package report

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/deploy"
)

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

// A newer run's release is live. Its page has a long address, which no line cuts.
func superseded() []deploy.Event {
	s := newScript("web1", "web2").start().phase(deploy.Preflight)
	d := deploy.StepDone{Phase: deploy.Preflight}
	for _, h := range []string{"web1", "web2"} {
		d.Spans = append(d.Spans, span(deploy.Preflight, "", h, 700*ms))
	}
	e := &deploy.Error{Host: "web1", Phase: deploy.Preflight, Cause: errors.New("runs " + string(newRelease) + " of a newer run\n" +
		"activated by https://github.example.com/acme-corporation-of-the-north/site-of-the-company/actions/runs/1234567890123")}
	d.Spans[0].Outcome, d.Spans[0].Err = deploy.Failed, e
	s.emit(d)
	s.res.Steps, s.res.Errors, s.res.Failed = append(s.res.Steps, d), []*deploy.Error{e}, deploy.Preflight
	s.res.Next.Command = "slipway rollback -e production --to 20261119-101500-77aa001-02be44"
	return s.end(deploy.OutcomeSuperseded, deploy.ExitSuperseded, "to go back to this one all the same:")
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
