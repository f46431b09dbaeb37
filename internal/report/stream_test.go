package report

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/ci/citest"
	"github.com/slipway/slipway/internal/deploy"
)

func plainLog(t *testing.T, options Options, events ...deploy.Event) string {
	t.Helper()
	var out bytes.Buffer
	options.Log = ci.NewPlain(&out)
	play(t, options, events)
	return out.String()
}

func printed(step, host, line string) deploy.Event {
	return deploy.Output{Phase: deploy.Prepare, Step: step, Host: host, Line: line}
}

func done(step string, hosts ...string) deploy.Event {
	d := deploy.StepDone{Phase: deploy.Prepare, Step: step}
	for _, h := range hosts {
		d.Spans = append(d.Spans, span(deploy.Prepare, step, h, time.Second))
	}
	return d
}

// TestStepsSideBySide: groups are flat, so the lines of a step wait while another's group is open.
func TestStepsSideBySide(t *testing.T) {
	t.Parallel()
	got := plainLog(t, Options{},
		printed("One", "web1", "a"), printed("Two", "jobs1", "b"), printed("One", "web2", "c"), printed("Three", "db1", "d"),
		done("Two", "jobs1"), printed("One", "web1", "e"), done("One", "web1", "web2"), printed("Three", "db1", "f"), done("Three", "db1"))
	want := strings.Join([]string{
		"> prepare: One", "    web1  | a", "    web2  | c",
		"> prepare: Two", "    jobs1 | b", "prepare    ok    Two                    jobs1 1.0s",
		"> prepare: Three", "    db1   | d", "", "",
	}, "\n")
	// After Two's verdict it is the turn of the first step that has lines waiting; One has none at that time.
	if !strings.HasPrefix(got, strings.TrimRight(want, "\n")) {
		t.Errorf("got\n%s", got)
	}
	for _, line := range []string{"web1  | a", "jobs1 | b", "web2  | c", "db1   | d", "web1  | e", "db1   | f"} {
		if strings.Count(got, line) != 1 {
			t.Errorf("%q is there %d times in\n%s", line, strings.Count(got, line), got)
		}
	}
}

func TestLogLines(t *testing.T) {
	t.Parallel()
	events := []deploy.Event{deploy.Started{Header: deploy.Header{Deployment: "412-x", Hosts: []string{"web1", "web2"}}}}
	for i := range 30 {
		events = append(events, printed("One", "web1", fmt.Sprintf("line %d", i)))
	}
	events = append(events, printed("One", "web2", "only"), done("One", "web1", "web2"))
	got := plainLog(t, Options{LogLines: 3}, events...)
	for _, want := range []string{"    web1  | line 2\n", "    web1  | ... 27 more lines in the journal: .slipway/deployments/412-x/steps\n", "    web2  | only\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "line 3\n") {
		t.Errorf("more than three lines:\n%s", got)
	}
}

// TestFailingTailBeyondLogLines: what was left out live is shown all the same when it is why the step failed.
func TestFailingTailBeyondLogLines(t *testing.T) {
	t.Parallel()
	s := newScript("web1").start().phase(deploy.Prepare)
	for i := range 100 {
		s.say(deploy.Prepare, "One", "web1", fmt.Sprintf("line %d", i))
	}
	s.done(deploy.StepDone{Phase: deploy.Prepare, Step: "One", Spans: []deploy.Span{fails(span(deploy.Prepare, "One", "web1", time.Second), "exit 1", "exit 1", "")}})
	got := plainLog(t, Options{LogLines: 3}, s.end(deploy.OutcomeFailed, 1, "")...)
	_, block, _ := strings.Cut(got, "FAILED in prepare")
	if !strings.Contains(block, "| line 99\n") || !strings.Contains(block, "| line 80\n") || strings.Contains(block, "| line 79\n") {
		t.Errorf("the last block is\n%s", block)
	}
}

// TestLinesAreNotTorn: many goroutines, one writer; each line arrives whole, once, with its host.
func TestLinesAreNotTorn(t *testing.T) {
	t.Parallel()
	j := newJob(t)
	r := newReporter(j.options(), clockAt(began), nil)
	var all sync.WaitGroup
	for h := range 8 {
		all.Go(func() {
			host := fmt.Sprintf("web%d", h)
			for i := range 50 {
				r.Emit(printed(fmt.Sprintf("Step %d", h%3), host, fmt.Sprintf("<%s %d>", host, i)))
			}
		})
	}
	all.Wait()
	for s := range 3 {
		r.Emit(done(fmt.Sprintf("Step %d", s), "web0"))
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	log := citest.ReadLog(j.out.Bytes())
	seen := map[string]int{}
	for _, line := range log.Lines {
		seen[line]++
	}
	for h := range 8 {
		for i := range 50 {
			if line := fmt.Sprintf("    web%d  | <web%d %d>", h, h, i); seen[line] != 1 {
				t.Fatalf("%q is there %d times", line, seen[line])
			}
		}
	}
}

// TestProgressLines: long silent work says that it goes on; work that prints needs no such line.
func TestProgressLines(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	at := began
	r := newReporter(Options{Log: ci.NewPlain(&out)}, func() time.Time { return at }, nil)
	r.Emit(deploy.Started{Header: deploy.Header{Hosts: []string{"web1", "web2"}}})
	r.Emit(deploy.StepStarted{Phase: deploy.Prepare, Step: "Two", Hosts: []string{"web1", "web2"}})
	at = at.Add(20 * time.Second)
	r.tick()
	if want := "prepare    ...   Two                    web1  web2  20s\n"; !strings.HasSuffix(out.String(), want) {
		t.Errorf("%q", out.String())
	}
	r.Emit(deploy.SpanDone{Span: span(deploy.Prepare, "Two", "web1", time.Second)})
	r.Emit(printed("Two", "web2", "still here"))
	before := out.Len()
	r.tick()
	if out.Len() != before {
		t.Errorf("a progress line although a host prints: %q", out.String()[before:])
	}
	r.tick()
	if want := "prepare    ...   Two                    web2  20s\n"; !strings.HasSuffix(out.String(), want) {
		t.Errorf("%q", out.String())
	}
	r.Emit(done("Two", "web1", "web2"))
	before = out.Len()
	r.tick()
	if out.Len() != before {
		t.Errorf("a progress line of nothing: %q", out.String()[before:])
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
}

// Many hosts share the lines that a few would have, and each has some.
func TestLogLinesOfManyHosts(t *testing.T) {
	t.Parallel()
	hosts := fleetNames(200)
	events := []deploy.Event{deploy.Started{Header: deploy.Header{Deployment: "412-x", Hosts: hosts}}}
	for i := range 100 {
		for _, h := range hosts {
			events = append(events, printed("One", h, fmt.Sprint("line ", i)))
		}
	}
	got := plainLog(t, Options{}, append(events, done("One", hosts...))...)
	if n := strings.Count(got, "| line "); n != 200*20 {
		t.Errorf("%d lines, wanted 20 of each host", n)
	}
	if n := strings.Count(got, "80 more lines in the journal: "); n != 200 {
		t.Errorf("%d hosts say that there is more", n)
	}
}

// A host that does not answer is named at once, with the time that it is waited for, and in every line that says what goes on.
func TestHostAway(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	at := began
	r := newReporter(Options{Log: ci.NewPlain(&out)}, func() time.Time { return at }, nil)
	r.Emit(deploy.Started{Header: deploy.Header{Hosts: []string{"web1", "web2"}}})
	r.Emit(deploy.StepStarted{Phase: deploy.Prepare, Step: "One", Hosts: []string{"web1", "web2"}})
	r.Emit(deploy.HostAway{Host: "web2", Wait: 3 * time.Minute})
	if want := "lost             web2 does not answer; it is waited for up to 3m00s\n"; !strings.HasSuffix(out.String(), want) {
		t.Errorf("%q", out.String())
	}
	at = at.Add(12 * time.Second)
	r.tick()
	if want := "prepare    ...   One                    web1  web2 (no answer for 12s of 3m00s)  12s\n"; !strings.HasSuffix(out.String(), want) {
		t.Errorf("%q", out.String())
	}
	at = at.Add(15 * time.Second)
	r.Emit(deploy.HostBack{Host: "web2"})
	r.tick()
	if want := "back             web2 answers again after 27s\nprepare    ...   One                    web1  web2  27s\n"; !strings.HasSuffix(out.String(), want) {
		t.Errorf("%q", out.String())
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
}

// What is told of the fleet while it is watched is shown at once, and not with its verdict.
func TestWatchIsShownAtOnce(t *testing.T) {
	t.Parallel()
	got := plainLog(t, Options{},
		deploy.Started{Header: deploy.Header{Hosts: []string{"web1"}}}, deploy.PhaseStarted{Phase: deploy.Activate},
		deploy.Output{Phase: deploy.Activate, Step: "watch", Host: deploy.FleetName, Line: "Errors 0"},
		deploy.Noted{Level: deploy.LevelWarning, Text: "something else"})
	if line, other := strings.Index(got, "fleet | Errors 0"), strings.Index(got, "something else"); line < 0 || other < line {
		t.Errorf("got\n%s", got)
	}
}
