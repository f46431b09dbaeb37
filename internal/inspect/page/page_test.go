package page_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/inspect"
	"github.com/slipway/slipway/internal/inspect/page"
)

var asked = time.Date(2026, 11, 29, 9, 12, 0, 0, time.UTC)

// year is an environment of three hosts with so many deployments a working day for a year, some of which go wrong, and its commits.
func year(name string, aDay int) (page.Environment, map[string]time.Time) {
	head := inspect.Head{App: "broken-brackets", Environment: name, URL: "https://" + name + ".example.com", Asked: asked}
	h := inspect.History{Head: head}
	commits := map[string]time.Time{}
	draw := rand.New(rand.NewPCG(1, uint64(aDay)))
	before := inspect.Deployment{}
	for date := asked.AddDate(-1, 0, 0).Truncate(24 * time.Hour); date.Before(asked.AddDate(0, 0, -1)); date = date.AddDate(0, 0, 1) {
		if day := date.Weekday(); day == time.Saturday || day == time.Sunday {
			continue
		}
		for i := range draw.IntN(2*aDay + 1) {
			at := date.Add(7*time.Hour + time.Duration(i)*9*time.Hour/time.Duration(2*aDay) + time.Duration(draw.IntN(45))*time.Minute/time.Duration(aDay))
			d := deployment(draw, at, before)
			commits[d.Revision] = at.Add(-time.Duration(20+draw.IntN(1500)) * time.Minute)
			if !d.LiveAt.IsZero() {
				before = d
			}
			h.Deployments = append(h.Deployments, d)
		}
	}
	slices.Reverse(h.Deployments)
	s := inspect.Status{Head: head, State: inspect.StateOK, Release: before.Release}
	for _, host := range hosts {
		s.Hosts = append(s.Hosts, inspect.HostStatus{
			Host: host, State: inspect.StateOK, Release: before.Release, Revision: before.Revision, Since: before.LiveAt, Actor: before.Actor,
		})
	}
	live := slices.IndexFunc(h.Deployments, func(d inspect.Deployment) bool { return d.ID == before.ID })
	h.Deployments[live].Live = true
	h.Rollback = inspect.Rollback{Release: before.Before, Brought: "web2 does not keep it: a rollback brings it there, from web1"}
	return page.Environment{History: h, Status: s}, commits
}

var hosts = []string{"web1", "web2", "jobs1"}

// deployment is one after another: one in 15 is unwound, one in 25 fails before anything is live, one in 30 is a rollback.
func deployment(draw *rand.Rand, at time.Time, before inspect.Deployment) inspect.Deployment {
	number := draw.IntN(1 << 28)
	revision := fmt.Sprintf("%07x%033x", number, number)
	took := 15 + draw.IntN(60)
	d := inspect.Deployment{
		ID: deploy.DeploymentID(fmt.Sprintf("%d-deploy", number)), Command: "deploy", Revision: revision, Before: before.Release,
		Actor:   []string{"anna", "ben", "chidi", "dependabot[bot]"}[draw.IntN(4)],
		RunURL:  fmt.Sprintf("https://github.com/acme/broken-brackets/actions/runs/%d", 19000000000+number),
		Release: deploy.ReleaseID(at.Format("20060102-150405-") + revision[:7] + "-02be44"),
		Begun:   at, Ended: at.Add(time.Duration(took) * time.Second), Seconds: float64(took), Outcome: deploy.OutcomeActivated, Hosts: 3,
		LiveAt: at.Add(time.Duration(took-3) * time.Second), Activated: hosts,
	}
	switch lot := draw.IntN(150); {
	case lot < 10:
		d.Outcome, d.UnwoundAt, d.LiveAt, d.Activated, d.Unwound = deploy.OutcomeUnwound, d.Ended.Add(-time.Second), time.Time{}, nil, hosts
		d.Failures = []inspect.Failure{{Host: "web2", Phase: deploy.Activate, Step: "verify Health", Status: "failed"}}
	case lot < 16:
		d.Outcome, d.LiveAt, d.Activated = deploy.OutcomeFailed, time.Time{}, nil
		d.Failures = []inspect.Failure{{Host: "web1", Phase: deploy.Prepare, Step: "Collect static files", Status: "exit 1"}}
	case lot < 21 && before.Before != "":
		d.Command, d.Release, d.Revision = "rollback", before.Before, before.Revision
	}
	return d
}

// split is year's environment with what a person must see: one host on another release, one that does not answer.
func split(name string) page.Environment {
	e, _ := year(name, 1)
	e.Status.State = inspect.StateSplit
	e.Status.Hosts[1].State, e.Status.Hosts[1].Why = inspect.StateSplit, []string{"runs another release than web1"}
	e.Status.Hosts[2] = inspect.HostStatus{Host: "jobs1", State: inspect.StateUnreachable}
	e.History.Unasked = []inspect.Unasked{{Host: "jobs1", Error: "dial: no route to host"}}
	return e
}

func write(t *testing.T, environments []page.Environment, commits map[string]time.Time) string {
	t.Helper()
	var b bytes.Buffer
	if err := page.Write(&b, environments, commits); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestSize: a year of an environment with nine deployments a day, and one with three, is under 300 KB.
func TestSize(t *testing.T) {
	t.Parallel()
	production, commits := year("production", 9)
	staging, _ := year("staging", 3)
	text := write(t, []page.Environment{production, staging}, commits)
	t.Logf("%d and %d deployments: %d bytes", len(production.History.Deployments), len(staging.History.Deployments), len(text))
	if len(text) > 300_000 {
		t.Errorf("the page has %d bytes", len(text))
	}
	if !strings.Contains(text, "older ones are not listed") {
		t.Error("the page does not say that it leaves out older deployments")
	}
	if !strings.Contains(text, "</code>; web2 does not keep it: a rollback brings it there, from web1.</p>") {
		t.Error("the page does not say that a host lacks what a rollback would go to")
	}
}

// TestForeign: nothing that a host says becomes markup, a link that runs something, or hides its neighbours.
func TestForeign(t *testing.T) {
	t.Parallel()
	e, _ := year("production", 1)
	evil := `"><script>alert(1)</script>` + "\u202e\x1b[31m\u200b" + strings.Repeat("x", 100_000)
	d := &e.History.Deployments[0]
	*d = inspect.Deployment{
		ID: deploy.DeploymentID(evil), Command: evil, Release: deploy.ReleaseID(evil), Revision: evil, Actor: evil, RunURL: "javascript:alert(1)",
		Outcome: deploy.Outcome(evil), Begun: asked, Live: true, Failures: []inspect.Failure{{Host: evil, Step: evil, Status: evil}},
	}
	e.History.App, e.History.Environment, e.Status.URL, e.Status.Environment = evil, evil, "https://user@x/\"onclick=alert(1)", evil
	e.Status.Hosts[0].Host, e.Status.Hosts[0].Why, e.Status.Hosts[0].State = evil, []string{evil}, inspect.State(evil)
	e.History.Unasked = []inspect.Unasked{{Host: evil, Error: evil}}
	e.History.Rollback = inspect.Rollback{Refused: evil}
	other := e
	other.History.Rollback = inspect.Rollback{Release: deploy.ReleaseID(evil), Brought: evil}
	text := write(t, []page.Environment{e, other}, nil)
	for _, wrong := range []string{"<script", "javascript:", "\u202e", "\x1b", "\u200b", ` onclick=`, strings.Repeat("x", 300)} {
		if strings.Contains(text, wrong) {
			t.Errorf("the page has %q", wrong)
		}
	}
	for _, reference := range []string{"src=", "@import", "url("} {
		if strings.Contains(text, reference) {
			t.Errorf("the page refers to something with %s", reference)
		}
	}
}

// TestEmpty: an environment that nothing was deployed to has a page, too.
func TestEmpty(t *testing.T) {
	t.Parallel()
	text := write(t, []page.Environment{{History: inspect.History{Head: inspect.Head{App: "shop", Asked: asked}}, Status: inspect.Status{State: inspect.StateNothing}}}, nil)
	for _, want := range []string{"Nothing was deployed yet", "None is recorded"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(text, "figures\">") {
		t.Error("the page has figures of nothing")
	}
}
