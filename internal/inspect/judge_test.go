package inspect_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/inspect"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/survey"
)

const (
	old    = deploy.ReleaseID("20261119-101500-77aa001-02be44")
	newest = deploy.ReleaseID("20261121-073000-1a2b3c4-9f3c51")
)

var (
	now  = time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC)
	head = inspect.Head{Format: inspect.Format, Command: "status", App: "site", Environment: "production", Asked: now}
)

// running is a host on which a release is live and verified, as one line of its history says.
func running(name string, id deploy.ReleaseID, more ...func(*inspect.Answer)) inspect.Answer {
	a := inspect.Answer{Host: deploy.Host{Name: name, Roles: []string{"web"}}, LockAge: -1, Facts: deploy.Facts{
		LayoutFormat: release.Format, Current: deploy.CurrentRelease, CurrentID: id, CurrentTarget: "releases/" + string(id),
		Releases: []deploy.ReleaseFacts{{ID: id, Staged: true, Verified: true}},
		History:  []deploy.HistoryEntry{{At: id.Made(), Release: id, Deployment: deploy.DeploymentID("d-" + id), Actor: "anna", Outcome: "activated"}},
	}}
	for _, change := range more {
		change(&a)
	}
	return a
}

func locked(age time.Duration) func(*inspect.Answer) {
	return func(a *inspect.Answer) {
		a.Facts.Lock, a.LockAge = deploy.LockState{Generation: 3, Owner: deploy.LockOwner{Deployment: "412", Command: "deploy"}}, age
	}
}

func current(kind deploy.CurrentKind, target string) func(*inspect.Answer) {
	return func(a *inspect.Answer) {
		a.Facts.Current, a.Facts.CurrentTarget, a.Facts.CurrentID = kind, target, ""
	}
}

func fresh(name string) inspect.Answer {
	return inspect.Answer{Host: deploy.Host{Name: name}, Facts: deploy.Facts{Current: deploy.CurrentNone}, LockAge: -1}
}

func TestStates(t *testing.T) {
	t.Parallel()
	marked := func(change func(*deploy.ReleaseFacts)) func(*inspect.Answer) {
		return func(a *inspect.Answer) { change(&a.Facts.Releases[0]) }
	}
	unfinished := func(a *inspect.Answer) {
		plan := `{"format":1,"release":"` + string(newest) + `","hosts":["web1","web2"]}`
		a.Facts.Unfinished = []deploy.JournalFacts{{ID: "413-dead", Plan: []byte(plan), Live: []deploy.LiveEntry{
			{What: deploy.LiveSwitch, State: deploy.RecordIntent, Release: newest, Target: "releases/" + string(newest), Before: "releases/" + string(old)},
		}}}
	}
	toggled := func(a *inspect.Answer) {
		a.Facts.Unfinished = []deploy.JournalFacts{{ID: "413-dead", Live: []deploy.LiveEntry{
			{What: deploy.ToggleOn, State: deploy.RecordIntent, Toggle: &deploy.Toggle{Name: "Maintenance page"}},
		}}}
	}
	drifted := func(paths ...string) func(*inspect.Answer) {
		return func(a *inspect.Answer) {
			a.Drift = &survey.Differences{Compared: 10, Count: len(paths)}
			for _, path := range paths {
				a.Drift.List = append(a.Drift.List, survey.Difference{Path: path, What: "changed"})
			}
		}
	}
	balancer := func(a *inspect.Answer) { a.Host.NoRelease = true }
	gone := inspect.Answer{Host: deploy.Host{Name: "web2"}, Err: &deploy.Error{Op: "connect", Cause: errors.New("refused"), Hint: "is it up?"}}
	for name, c := range map[string]struct {
		answers []inspect.Answer
		fleet   inspect.State
		states  []inspect.State
		why     string // some of the last host's words
	}{
		"alike":                     {[]inspect.Answer{running("web1", newest), running("web2", newest)}, "ok", []inspect.State{"ok", "ok"}, ""},
		"nothing yet":               {[]inspect.Answer{fresh("web1"), fresh("web2")}, "nothing", []inspect.State{"nothing", "nothing"}, "nothing was deployed"},
		"split":                     {[]inspect.Answer{running("web1", newest), running("web2", old)}, "split", []inspect.State{"ok", "split"}, "the fleet runs " + string(newest)},
		"one with nothing":          {[]inspect.Answer{running("web1", newest), fresh("web2")}, "split", []inspect.State{"ok", "split"}, "no release is live"},
		"another tool's":            {[]inspect.Answer{fresh("web1"), running("web2", old, current(deploy.CurrentForeign, "releases/42"))}, "foreign", []inspect.State{"nothing", "foreign"}, "another tool"},
		"another tool's beside":     {[]inspect.Answer{running("web1", newest), running("web2", old, current(deploy.CurrentForeign, "releases/42"))}, "split", []inspect.State{"ok", "split"}, "another tool"},
		"lost":                      {[]inspect.Answer{running("web1", newest), running("web2", newest, current(deploy.CurrentLost, "releases/x"))}, "drifted", []inspect.State{"ok", "drifted"}, "leads to releases/x"},
		"a folder in its place":     {[]inspect.Answer{running("web1", newest, current(deploy.CurrentDirectory, ""))}, "drifted", []inspect.State{"drifted"}, "directory"},
		"unreachable":               {[]inspect.Answer{running("web1", newest), gone}, "unreachable", []inspect.State{"ok", "unreachable"}, "connect: refused"},
		"worst of several":          {[]inspect.Answer{gone, running("web2", newest), running("web3", old)}, "split", []inspect.State{"unreachable", "ok", "split"}, ""},
		"not verified":              {[]inspect.Answer{running("web1", newest, marked(func(r *deploy.ReleaseFacts) { r.Verified = false }))}, "half_done", []inspect.State{"half_done"}, "nobody verified"},
		"bad":                       {[]inspect.Answer{running("web1", newest, marked(func(r *deploy.ReleaseFacts) { r.Bad = true }))}, "half_done", []inspect.State{"half_done"}, "failed its checks"},
		"died half way":             {[]inspect.Answer{running("web2", old), running("web1", newest, unfinished)}, "half_done", []inspect.State{"split", "half_done"}, "413-dead died half way"},
		"under way":                 {[]inspect.Answer{running("web2", old), running("web1", newest, unfinished, locked(time.Second))}, "deploying", []inspect.State{"deploying", "deploying"}, ""},
		"under way, on the other":   {[]inspect.Answer{running("web1", newest, locked(0)), running("web2", old)}, "deploying", []inspect.State{"ok", "deploying"}, ""},
		"nobody knows of its owner": {[]inspect.Answer{running("web1", newest, locked(-1)), running("web2", old)}, "split", []inspect.State{"ok", "split"}, ""},
		"drifted beyond the list":   {[]inspect.Answer{running("web1", newest, drifted("static/x.map"), func(a *inspect.Answer) { a.Drift.Count = 9 })}, "drifted", []inspect.State{"drifted"}, "9 files are not"},
		"the owner is dead":         {[]inspect.Answer{running("web1", newest, locked(time.Hour)), running("web2", old)}, "split", []inspect.State{"ok", "split"}, ""},
		"a page was left on":        {[]inspect.Answer{running("web1", newest), running("lb1", newest, balancer, toggled)}, "half_done", []inspect.State{"ok", "half_done"}, "still on: Maintenance page"},
		"a balancer":                {[]inspect.Answer{running("web1", newest), running("lb1", old, balancer)}, "ok", []inspect.State{"ok", "balancer"}, ""},
		"drifted":                   {[]inspect.Answer{running("web1", newest, drifted("a.py"))}, "drifted", []inspect.State{"drifted"}, "1 file is not as"},
		"drifted while deployed":    {[]inspect.Answer{running("web1", newest, drifted("a.py"), locked(0))}, "drifted", []inspect.State{"drifted"}, ""},
		"a newer layout":            {[]inspect.Answer{running("web1", newest, func(a *inspect.Answer) { a.Facts.LayoutFormat = release.Format + 1 })}, "ok", []inspect.State{"ok"}, "newer than this Slipway knows"},
		"switched by hand":          {[]inspect.Answer{running("web1", newest, func(a *inspect.Answer) { a.Facts.History[0].Release = old })}, "drifted", []inspect.State{"drifted"}, "by hand"},
		"linked by hand": {[]inspect.Answer{running("web1", newest, func(a *inspect.Answer) {
			a.Facts.History = append(a.Facts.History, deploy.HistoryEntry{Before: newest, Outcome: "unwound"})
		})}, "drifted", []inspect.State{"drifted"}, "left no release live"},
		"not compared":             {[]inspect.Answer{running("web1", newest, func(a *inspect.Answer) { a.NoDrift = "it is too much" })}, "ok", []inspect.State{"ok"}, "not compared: it is too much"},
		"back on the old, for now": {[]inspect.Answer{running("web1", newest), rolledBack("web2"), rolledBack("web3")}, "split", []inspect.State{"split", "ok", "ok"}, ""},
	} {
		s := inspect.Judge(head, c.answers, inspect.Rules{Lease: 90 * time.Second})
		var got []inspect.State
		for _, h := range s.Hosts {
			got = append(got, h.State)
		}
		last := s.Hosts[len(s.Hosts)-1]
		if s.State != c.fleet || !slices.Equal(got, c.states) || !strings.Contains(strings.Join(last.Why, "; "), c.why) {
			t.Errorf("%s: %s of %q, want %s of %q; why %q", name, s.State, got, c.fleet, c.states, last.Why)
		}
		if last.State.Bad() && last.Next == "" {
			t.Errorf("%s: nobody says what to do", name)
		}
	}
}

// A host that a deployment has switched, and not yet written down, was not switched by hand.
func TestSwitchedAndNotWrittenDown(t *testing.T) {
	t.Parallel()
	a := running("web1", newest, func(a *inspect.Answer) {
		a.Facts.History[0].Release = old
		a.Facts.Unfinished = []deploy.JournalFacts{{ID: "413", Plan: []byte(`{"format":1,"release":"` + string(newest) + `","hosts":["web1"]}`)}}
	})
	for lock, want := range map[time.Duration]inspect.State{time.Second: inspect.StateDeploying, time.Hour: inspect.StateHalfDone} {
		a.Facts.Releases[0].Verified = false
		locked(lock)(&a)
		h := inspect.Judge(head, []inspect.Answer{a}, inspect.Rules{Lease: 90 * time.Second}).Hosts[0]
		if h.State != want || strings.Contains(strings.Join(h.Why, " "), "by hand") {
			t.Errorf("%s: %s, %q", lock, h.State, h.Why)
		}
	}
}

// rolledBack is a host on which a rollback made the old release live after the new one.
func rolledBack(name string) inspect.Answer {
	return running(name, old, func(a *inspect.Answer) { a.Facts.History[0].At = now })
}

// What is told of a host that runs a release is that release's own line of the history.
func TestWhoDeployedIt(t *testing.T) {
	t.Parallel()
	a := running("web1", old)
	a.Facts.History = append(a.Facts.History,
		deploy.HistoryEntry{At: now, Release: newest, Before: old, Deployment: "d2", Actor: "ben", Outcome: "activated"},
		deploy.HistoryEntry{At: now, Release: old, Before: newest, Deployment: "d2", Actor: "ben", Outcome: "unwound"},
	)
	a.Facts.Releases = append(a.Facts.Releases, deploy.ReleaseFacts{ID: newest, Staged: true, Bad: true}, deploy.ReleaseFacts{ID: "half"})
	h := inspect.Judge(head, []inspect.Answer{a}, inspect.Rules{}).Hosts[0]
	if h.State != inspect.StateOK || h.Actor != "anna" || !h.Since.Equal(old.Made()) || h.Revision != "77aa001" {
		t.Errorf("%+v", h)
	}
	if want := []inspect.Kept{{Release: old, Condition: "good"}, {Release: newest, Condition: "bad"}}; !slices.Equal(h.Kept, want) {
		t.Errorf("kept: %+v", h.Kept)
	}
}
