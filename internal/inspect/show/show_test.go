package show_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/golden"
	"github.com/slipway/slipway/internal/inspect"
	"github.com/slipway/slipway/internal/inspect/show"
	"github.com/slipway/slipway/internal/release/survey"
	"github.com/slipway/slipway/internal/report/sanitize"
	"github.com/slipway/slipway/internal/secret"
)

const (
	first  = deploy.ReleaseID("20261119-101500-77aa001-02be44")
	failed = deploy.ReleaseID("20261120-111500-9c0de12-77aa10")
	second = deploy.ReleaseID("20261121-073000-1a2b3c4-9f3c51")
)

func head(command string) inspect.Head {
	return inspect.Head{
		Format: inspect.Format, Command: command, App: "broken-brackets", Environment: "production", URL: "https://example.com",
		Asked: time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC),
	}
}

// A fleet of which every host is in another state.
func status() inspect.Status {
	since := time.Date(2026, 11, 21, 7, 31, 0, 0, time.UTC)
	runs := func(name string, id deploy.ReleaseID, state inspect.State, why ...string) inspect.HostStatus {
		return inspect.HostStatus{
			Host: name, Roles: []string{"web"}, State: state, Why: why, Format: 1, Current: "releases/" + string(id), Release: id, Revision: id.Revision(),
			Since: since, Actor: "anna", RunURL: "https://ci.example.com/acme/site/actions/runs/412", Deployment: "412-deploy-1a2b3c4d5e6f",
			Kept: []inspect.Kept{{Release: first, Condition: "good"}, {Release: failed, Condition: "bad"}, {Release: second, Condition: "good"}},
		}
	}
	s := inspect.Status{Head: head("status"), State: inspect.StateHalfDone, Release: second, Hosts: []inspect.HostStatus{
		runs("web1", second, inspect.StateOK),
		runs("web2", first, inspect.StateSplit, "the fleet runs "+string(second)),
		runs("web3", second, inspect.StateDrifted, "12 files are not as they were deployed"),
		runs("jobs1", second, inspect.StateHalfDone, "deployment 413-deploy-x died half way; the host goes back to "+string(first)+"; still on: Maintenance page"),
		{Host: "web4", Roles: []string{"web"}, State: inspect.StateUnreachable, Why: []string{"connect: cannot reach deploy@10.0.0.14: connection refused"}, Next: "nothing listens there", Kept: []inspect.Kept{}},
		{Host: "lb1", Roles: []string{"balancer"}, State: inspect.StateBalancer, Format: 1, Kept: []inspect.Kept{}},
	}}
	s.Hosts[1].Next = "`slipway join -e production` brings it the fleet's release"
	s.Hosts[1].Hold = &deploy.Hold{Reason: "moving the | database", Actor: "ben", At: since}
	s.Hosts[2].Next = "deploy again once the changes are in the repository"
	s.Hosts[2].Drift = &inspect.Drift{Compared: 4981, Count: 12, ArtifactOnly: true, Files: []survey.Difference{}}
	for i := range 12 {
		s.Hosts[2].Drift.Files = append(s.Hosts[2].Drift.Files, survey.Difference{Path: fmt.Sprintf("config/settings%d.py", i), What: "changed"})
	}
	s.Hosts[3].Left = []inspect.Leftover{{Deployment: "413-deploy-x", Release: second, Back: string(first), Toggles: []string{"Maintenance page"}, HalfDone: true}}
	s.Hosts[3].Lock = &inspect.Lock{
		Deployment: "413-deploy-x", Command: "deploy", Attempt: 2, Actor: "cleo", RunURL: "https://ci.example.com/acme/site/actions/runs/413",
		Since: since, Silent: 600, Dead: true,
	}
	return s
}

const brought = "web2 does not keep it: a rollback brings it there, from web1"

func history() inspect.History {
	at := func(day, hour int) time.Time { return time.Date(2026, 11, day, hour, 30, 0, 0, time.UTC) }
	all := []string{"jobs1", "web1", "web2"}
	return inspect.History{
		Head: head("history"), Rollback: inspect.Rollback{Release: first, Brought: brought}, Unasked: []inspect.Unasked{{Host: "web4", Error: "connect: refused", Hint: "is it up?"}},
		Damaged: []inspect.Damage{{Host: "web2", Records: 1}},
		Deployments: []inspect.Deployment{
			{
				ID: "413-deploy-x", Command: "deploy", Release: "20261121-092900-2b3c4d5-aa00bb", Revision: "2b3c4d5", Actor: "cleo", Attempt: 1, Begun: at(21, 9),
				Outcome: inspect.OutcomeRunning, Hosts: 3, Activated: []string{}, Unwound: []string{}, WayBack: "gone", WayBackWhy: "no host keeps it",
			},
			{
				ID: "412-deploy-1a2b3c4d5e6f", Command: "deploy", Release: second, Before: first, Revision: "1a2b3c4d5e6f708192a3b4c5d6e7f80910111213", Actor: "anna",
				RunURL: "https://ci.example.com/acme/site/actions/runs/412", Attempt: 2,
				Provenance: deploy.Provenance{
					RunID: 411, URL: "https://ci.example.com/acme/site/actions/runs/411", Workflow: ".github/workflows/build.yml", Branch: "production", Event: "push",
					Commit: "1a2b3c4d5e6f708192a3b4c5d6e7f80910111213",
				},
				Begun: at(21, 7), Ended: at(21, 7).Add(21 * time.Second), Seconds: 21,
				LiveAt: at(21, 7).Add(20 * time.Second), Outcome: deploy.OutcomeActivated, Hosts: 3, Activated: all, Unwound: []string{}, Live: true, WayBack: "good",
			},
			{
				ID: "405-deploy-9c0de12", Command: "deploy", Release: failed, Before: first, Revision: "9c0de12", Actor: "anna", RunURL: "https://ci.example.com/acme/site/actions/runs/405",
				Attempt: 1, Begun: at(20, 11), Ended: at(20, 11).Add(48 * time.Second), Seconds: 48, UnwoundAt: at(20, 11).Add(47 * time.Second), Outcome: deploy.OutcomeUnwound,
				Hosts: 3, Activated: []string{"web1"}, Unwound: all, WayBack: "bad", Failures: []inspect.Failure{{Host: "web2", Phase: deploy.Activate, Step: "verify", Status: "failed"}},
			},
			{
				ID: "399-rollback-77aa", Command: "rollback", Release: first, Revision: "77aa001", Actor: "ben", Begun: at(19, 12), LiveAt: at(19, 12),
				Outcome: deploy.OutcomeActivated, Hosts: 3, Activated: all, Unwound: []string{}, WayBack: "brought", WayBackWhy: brought,
			},
			{
				ID: "398-deploy-11bb", Command: "deploy", Release: "20261118-090000-5cc0001-11aa22", Revision: "5cc0001", Actor: "ben", Begun: at(18, 9), LiveAt: at(18, 9),
				Outcome: deploy.OutcomeActivated, Hosts: 3, Activated: all, Unwound: []string{}, WayBack: "gone", WayBackWhy: "no host keeps it",
			},
		},
	}
}

func logs() inspect.Logs {
	h := history()
	begun := h.Deployments[2].Begun
	return inspect.Logs{
		Head: head("logs"), Deployment: h.Deployments[2], Unasked: h.Unasked,
		Steps: []inspect.StepLog{
			{Host: "web1", Phase: deploy.Prepare, Step: "Collect static files", Try: 2, Attempt: 1, Status: "exit 0", Begun: begun, Seconds: 4, Lines: []string{"131 static files copied."}},
			{Host: "web2", Phase: deploy.Prepare, Step: "Collect static files", Try: 1, Attempt: 1, Status: "exit 0", Begun: begun, Seconds: 4, Lines: []string{}},
			{Host: "web1", Phase: deploy.Activate, Step: "restart", Try: 1, Attempt: 1, Status: "timeout", Begun: begun, Seconds: 60, Cut: true, Lines: []string{"waiting for workers", "token hunter22-secret \x1b[31m::error::x"}},
			{Host: "web1", Phase: deploy.Activate, Step: "restart", Undo: true, Try: 1, Attempt: 1, Status: "outcome unknown", Void: true, Lines: []string{}},
		},
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	golden.Check(t, "testdata/status.json", show.JSON(status()))
	golden.Check(t, "testdata/history.json", show.JSON(history()))
	l := logs()
	show.SafeLogs(&l, sanitize.Sanitizer{Redactor: secret.NewRedactor(secret.New("hunter22-secret"))})
	golden.Check(t, "testdata/logs.json", show.JSON(l))
}

func TestText(t *testing.T) {
	t.Parallel()
	golden.Check(t, "testdata/status.txt", strings.Join(show.Status(status()), "\n")+"\n")
	golden.Check(t, "testdata/history.txt", strings.Join(show.History(history()), "\n")+"\n")
	l := logs()
	show.SafeLogs(&l, sanitize.Sanitizer{Redactor: secret.NewRedactor(secret.New("hunter22-secret"))})
	var out strings.Builder
	show.Logs(ci.NewPlain(&out), l)
	golden.Check(t, "testdata/logs.txt", out.String())
}

func TestSummary(t *testing.T) {
	t.Parallel()
	golden.Check(t, "testdata/status.md", show.Summary(status()))
	golden.Check(t, "testdata/history.md", show.HistorySummary(history()))
}

func TestAnnotations(t *testing.T) {
	t.Parallel()
	var got []string
	for _, a := range show.Annotations(status()) {
		got = append(got, string(a.Level)+" "+a.Title)
	}
	want := "warning web2 is split (production)|warning web3 is drifted (production)|warning jobs1 is half done (production)|error web4 is unreachable (production)"
	if strings.Join(got, "|") != want {
		t.Errorf("%q", got)
	}
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	for state, want := range map[inspect.State]int{
		inspect.StateOK: 0, inspect.StateDeploying: 0, inspect.StateForeign: 0, inspect.StateUnreachable: 1, inspect.StateDrifted: 10, inspect.StateSplit: 10, inspect.StateHalfDone: 10,
	} {
		s := inspect.Status{State: state, Hosts: []inspect.HostStatus{{State: state}}}
		if got := show.ExitCode(s); got != want {
			t.Errorf("%s: %d, want %d", state, got, want)
		}
	}
	// Somebody has to act on what is known, whoever did not answer beside it.
	both := inspect.Status{State: inspect.StateSplit, Hosts: []inspect.HostStatus{{State: inspect.StateSplit}, {State: inspect.StateUnreachable}}}
	if got := show.ExitCode(both); got != 10 {
		t.Errorf("both: %d", got)
	}
}

// However large the fleet or long the record, an output fits, and is JSON; a person is told of so many.
func TestBounds(t *testing.T) {
	t.Parallel()
	s, h := status(), history()
	for i := range 500 {
		host := s.Hosts[2]
		host.Host = fmt.Sprintf("web%d.example.com", i)
		s.Hosts = append(s.Hosts, host)
		d := h.Deployments[1]
		d.ID = deploy.DeploymentID(fmt.Sprintf("%d-deploy-1a2b3c4d5e6f", i))
		h.Deployments = append(h.Deployments, d)
	}
	for _, text := range []string{show.StatusOutput(s), show.HistoryOutput(h)} {
		var doc struct{ Format int }
		if err := json.Unmarshal([]byte(text), &doc); err != nil || doc.Format != 1 || len("result="+text) > ci.MaxOutput {
			t.Errorf("%d bytes: %v, %+v", len(text), err, doc)
		}
	}
	if n := len(s.Hosts[2].Drift.Files); n != 12 {
		t.Errorf("what was shortened is the caller's: %d files", n)
	}
	if got := strings.Join(show.Status(s), "\n"); strings.Count(got, "not as they were deployed") != 17 || !strings.Contains(got, "more: --json has all") {
		t.Errorf("a large fleet:\n%s", got[:2000])
	}
	if lines := show.History(h); len(lines) > 40 {
		t.Errorf("a long record has %d lines", len(lines))
	}
	if len(show.Summary(s)) > ci.MaxSummary || len(show.HistorySummary(h)) > ci.MaxSummary {
		t.Error("a summary is too long")
	}
}

// Hosts on which the same files were changed share a line; a host that was not asked, or has none, has no line.
func TestDrift(t *testing.T) {
	t.Parallel()
	answer := func(host string, count int, paths ...string) inspect.Answer {
		a := inspect.Answer{Host: deploy.Host{Name: host}, Drift: &survey.Differences{Count: count}}
		for _, path := range paths {
			a.Drift.List = append(a.Drift.List, survey.Difference{Path: path, What: "changed"})
		}
		return a
	}
	got := show.Drift([]inspect.Answer{
		answer("web1", 1, "settings.py"), answer("web2", 0), answer("web3", 1, "settings.py"), answer("web4", 9, "a", "b", "c", "d"), {Host: deploy.Host{Name: "lb1"}},
	})
	want := []string{"web1, web3: 1 file changed in place (settings.py)", "web4: 9 files changed in place (a, b, c, ..)"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// Hosts that are silent for one reason are told of together where there are many; a reason of its own stands alone.
func TestAlikeSilentHosts(t *testing.T) {
	t.Parallel()
	silent := func(name, address, why string) inspect.HostStatus {
		return inspect.HostStatus{
			Host: name, State: inspect.StateUnreachable, Why: []string{"connect: cannot reach " + address + ": " + why}, Next: "is it up?", Alike: "connect: cannot reach : " + why,
		}
	}
	s := inspect.Status{Head: head("status"), State: inspect.StateUnreachable}
	for i := range 5 {
		s.Hosts = append(s.Hosts, silent(fmt.Sprintf("web%d", i), fmt.Sprintf("10.0.0.%d", i), "no route to host"))
	}
	for i := range 3 {
		s.Hosts = append(s.Hosts, silent(fmt.Sprintf("jobs%d", i), fmt.Sprintf("10.0.1.%d", i), "connection refused"))
	}
	lines := strings.Join(show.Status(s), "\n")
	for _, want := range []string{
		"web0: connect: cannot reach 10.0.0.0: no route to host; alike: web1, web2, web3, web4\n    next     is it up?\n",
		"jobs0: connect: cannot reach 10.0.1.0: connection refused\n", "jobs2: connect: cannot reach 10.0.1.2: connection refused\n",
	} {
		if !strings.Contains(lines, want) {
			t.Errorf("no %q in\n%s", want, lines)
		}
	}
	if n := strings.Count(lines, "no route to host"); n != 1 {
		t.Errorf("a reason is said %d times:\n%s", n, lines)
	}
	var titles []string
	for _, a := range show.Annotations(s) {
		titles = append(titles, a.Title)
	}
	want := "web0, web1, web2, web3, web4 are unreachable (production)|jobs0 is unreachable (production)|jobs1 is unreachable (production)|jobs2 is unreachable (production)"
	if got := strings.Join(titles, "|"); got != want {
		t.Errorf("%q", got)
	}
}

// Where no host answered, nobody knows who holds them.
func TestStatusOfSilentHosts(t *testing.T) {
	t.Parallel()
	silent := inspect.HostStatus{Host: "web1", State: inspect.StateUnreachable, Why: []string{"connect: refused"}}
	lines := strings.Join(show.Status(inspect.Status{State: inspect.StateUnreachable, Hosts: []inspect.HostStatus{silent}}), "\n")
	if !strings.Contains(lines, "lock   not known") {
		t.Error(lines)
	}
}
