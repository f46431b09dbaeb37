package inspect_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/inspect"
	"github.com/slipway/slipway/internal/plan"
	"github.com/slipway/slipway/internal/release/survey"
)

const older = deploy.ReleaseID("20261118-101500-5cc0001-11aa22")

func line(deployment deploy.DeploymentID, at time.Time, outcome string, id, before deploy.ReleaseID) deploy.HistoryEntry {
	return deploy.HistoryEntry{At: at, Release: id, Before: before, Deployment: deployment, Command: "deploy", Actor: "anna", RunURL: "https://ci.example.com/9", Outcome: outcome}
}

func journal(id deploy.DeploymentID, begun time.Time, took time.Duration, outcome string, steps ...deploy.StepFacts) survey.Journal {
	j := survey.Journal{ID: id, Begun: begun, Outcome: outcome, Steps: steps}
	if outcome != "" {
		j.Ended = begun.Add(took)
	}
	return j
}

func record(id deploy.ReleaseID, hosts ...string) plan.Record {
	return plan.Record{Release: id, Command: "deploy", Actor: "anna", Hosts: hosts, Steps: []plan.RecordStep{{Phase: deploy.Prepare, Name: "Collect static files"}}}
}

// find is the deployment of that ID.
func find(t *testing.T, h inspect.History, id deploy.DeploymentID) inspect.Deployment {
	t.Helper()
	for _, d := range h.Deployments {
		if d.ID == id {
			return d
		}
	}
	t.Fatalf("there is no %s among %+v", id, h.Deployments)
	return inspect.Deployment{}
}

func TestMerge(t *testing.T) {
	t.Parallel()
	at := func(minutes int) time.Time { return now.Add(time.Duration(minutes) * time.Minute) }
	web1, web2 := running("web1", newest), running("web2", newest)
	lb1 := inspect.Answer{Host: deploy.Host{Name: "lb1", NoRelease: true}}
	for _, a := range []*inspect.Answer{&web1, &web2} {
		a.Facts.Releases = []deploy.ReleaseFacts{{ID: older, Staged: true, Verified: true}, {ID: old, Staged: true, Bad: true}, {ID: newest, Staged: true, Verified: true}}
		a.Past.History = []deploy.HistoryEntry{
			line("1", at(-90), "activated", older, ""), // its journal is gone
			{At: at(-89), Release: "20260101-000000-0000000-000000", Deployment: "2", Command: "adopt", Outcome: "activated"},
		}
	}
	// 2 switched web1 and failed: its restart had a step that says how.
	web1.Past.History = append(web1.Past.History, line("2", at(-59), "unwound", older, old))
	web1.Past.Journals = []survey.Journal{
		journal("3", at(-30), 21*time.Second, "activated"),
		journal("2", at(-60), 48*time.Second, "unwound", deploy.StepFacts{Folder: "activate-1-restart", Try: 1, Status: "exit 1"}),
	}
	web1.Past.Journals[1].Failed = []deploy.LiveEntry{{What: deploy.LiveRestart, State: deploy.RecordFailed}, {What: deploy.LiveVerify, State: deploy.RecordFailed}}
	web2.Facts.ClockSkew = time.Hour
	web2.Past.Journals = []survey.Journal{
		journal("3", at(-30).Add(time.Hour), 22*time.Second, "activated",
			deploy.StepFacts{Folder: "prepare-1-collect-static-files", Try: 1, Status: "exit 1"},
			deploy.StepFacts{Folder: "prepare-1-collect-static-files", Try: 2, Status: "exit 0"},
			deploy.StepFacts{Folder: "prepare-2-void", Try: 1, Status: "exit 1", Void: true},
			deploy.StepFacts{Folder: "finish-1-under-way", Try: 1, Running: true},
			deploy.StepFacts{Folder: "ensure-1-page", Try: 1, Status: "exit 1", Undo: true}),
		journal("2", at(0), 48*time.Second, "unwound"),
	}
	web1.Past.Journals[0].Failed = []deploy.LiveEntry{{What: deploy.LiveVerify, State: deploy.RecordFailed}} // in an earlier attempt
	for _, a := range []*inspect.Answer{&web1, &web2} {
		a.Past.History = append(a.Past.History, line("3", at(-29), "activated", newest, older))
		a.Facts.History = a.Past.History
	}
	plans := inspect.Plans{"2": record(old, "web1", "web2", "lb1"), "3": record(newest, "web1", "web2", "lb1")}
	h := inspect.Merge(head, []inspect.Answer{web1, web2, lb1}, plans, nil)
	var order []deploy.DeploymentID
	for _, d := range h.Deployments {
		order = append(order, d.ID)
	}
	if want := []deploy.DeploymentID{"3", "2", "1"}; !slices.Equal(order, want) {
		t.Fatalf("%q, want %q", order, want)
	}
	third := find(t, h, "3")
	if third.Outcome != deploy.OutcomeActivated || third.Hosts != 2 || !slices.Equal(third.Activated, []string{"web1", "web2"}) || third.Seconds != 22 ||
		!third.Begun.Equal(at(-30)) || !third.LiveAt.Equal(at(-29)) || !third.Live || third.WayBack != "good" || len(third.Failures) != 0 || third.Before != older {
		t.Errorf("one that went well: %+v", third)
	}
	second := find(t, h, "2")
	wrong := []inspect.Failure{{Host: "web1", Phase: deploy.Activate, Step: "restart", Status: "exit 1"}, {Host: "web1", Phase: deploy.Activate, Step: "verify", Status: "failed"}}
	if second.Outcome != deploy.OutcomeUnwound || second.Release != old || !slices.Equal(second.Unwound, []string{"web1"}) || !slices.Equal(second.Failures, wrong) ||
		len(second.Activated) != 0 || second.WayBack != "bad" || second.Live || !second.UnwoundAt.Equal(at(-59)) {
		t.Errorf("one that was unwound: %+v", second)
	}
	if first := find(t, h, "1"); first.Outcome != deploy.OutcomeActivated || first.Seconds != 0 || !first.Ended.IsZero() || first.Revision != "5cc0001" || first.Hosts != 2 {
		t.Errorf("one without a journal: %+v", first)
	}
	if h.Rollback.Release != older {
		t.Errorf("rollback: %+v", h.Rollback)
	}
	// As rollback itself does, it passes over what was built by a run that the environment does not take.
	h = inspect.Merge(head, []inspect.Answer{web1, web2, lb1}, plans, &deploy.ProvenanceRule{Workflow: "build.yml"})
	if h.Rollback.Release != "" || !strings.Contains(h.Rollback.Refused, "no run is known that built it") {
		t.Errorf("rollback by a rule: %+v", h.Rollback)
	}
	if first := find(t, h, "1"); first.WayBack != "refused" || !strings.Contains(first.WayBackWhy, "no run is known that built it") {
		t.Errorf("a release that a rule refuses: %+v", first)
	}
}

// What has not ended runs where it holds the lock, and else it died. What a later deployment brings back is written down as taken from
// the one that died.
func TestMergeOfTheUnfinished(t *testing.T) {
	t.Parallel()
	web1 := running("web1", old)
	web1.Past.Journals = []survey.Journal{journal("3", now, 0, ""), journal("2", now.Add(-time.Minute), time.Second, "activated"), journal("1", now.Add(-time.Hour), 0, "")}
	web1.Past.History = []deploy.HistoryEntry{line("2", now, "unwound", older, newest), line("2", now, "activated", old, older)}
	web1.Facts.Lock = deploy.LockState{Generation: 1, Owner: deploy.LockOwner{Deployment: "3"}}
	plans := inspect.Plans{"1": record(newest, "web1"), "2": record(old, "web1"), "3": record(older, "web1")}
	h := inspect.Merge(head, []inspect.Answer{web1}, plans, nil)
	if d := find(t, h, "3"); d.Outcome != inspect.OutcomeRunning || !d.Ended.IsZero() {
		t.Errorf("under way: %+v", d)
	}
	if d := find(t, h, "2"); d.Outcome != deploy.OutcomeActivated || len(d.Unwound) != 0 {
		t.Errorf("it brought another one's host back: %+v", d)
	}
	if d := find(t, h, "1"); d.Outcome != inspect.OutcomeUnfinished || !slices.Equal(d.Unwound, []string{"web1"}) {
		t.Errorf("it died: %+v", d)
	}
}

// What the records of two hosts, or of two deployments of one release, say together.
func TestMergeOfContradictions(t *testing.T) {
	t.Parallel()
	web1, web2 := running("web1", newest), running("web2", newest)
	at := func(minutes int) time.Time { return now.Add(time.Duration(minutes) * time.Minute) }
	for _, a := range []*inspect.Answer{&web1, &web2} {
		a.Past.History = []deploy.HistoryEntry{
			line("1", at(-90), "activated", newest, ""), line("2", at(-80), "activated", old, newest), line("2", at(-79), "unwound", newest, old),
			line("4", at(-10), "activated", newest, old),
		}
		a.Past.Journals = []survey.Journal{journal("4", at(-11), time.Minute, "activated"), journal("3", at(-20), time.Minute, "activated")}
	}
	web2.Past.Journals[1].Outcome = "" // it was lost when 3 ended
	web2.Facts.Unfinished = []deploy.JournalFacts{{ID: "3"}}
	web1.Facts.Lock = deploy.LockState{Generation: 1, Owner: deploy.LockOwner{Deployment: "4"}} // it has ended, and is about to give it back
	h := inspect.Merge(head, []inspect.Answer{web1, web2}, inspect.Plans{"3": record(older, "web1", "web2"), "4": record(newest, "web1", "web2", "gone")}, nil)
	for id, want := range map[deploy.DeploymentID]deploy.Outcome{
		"1": deploy.OutcomeActivated, "2": deploy.OutcomeUnwound, "3": inspect.OutcomeUnfinished, "4": deploy.OutcomeActivated,
	} {
		if d := find(t, h, id); d.Outcome != want || d.Live != (id == "4") || (d.Hosts == 3) != (id == "4") {
			t.Errorf("%s: %+v, want %s", id, d, want)
		}
	}
}

// Of a host that does not answer nothing is known: neither is a way back.
func TestMergeWithoutAHost(t *testing.T) {
	t.Parallel()
	web1 := running("web1", newest)
	web1.Past.Damaged = 2
	web2 := inspect.Answer{Host: deploy.Host{Name: "web2"}, Err: &deploy.Error{Cause: errors.New("no route"), Hint: "look at the network"}}
	h := inspect.Merge(head, []inspect.Answer{web1, web2}, nil, nil)
	if want := []inspect.Unasked{{Host: "web2", Error: "no route", Hint: "look at the network", Alike: "no route\nlook at the network"}}; !slices.Equal(h.Unasked, want) {
		t.Errorf("%+v", h.Unasked)
	}
	if h.Rollback.Release != "" || h.Rollback.Refused == "" || !slices.Equal(h.Damaged, []inspect.Damage{{Host: "web1", Records: 2}}) {
		t.Errorf("%+v", h)
	}
}

func TestFindLogs(t *testing.T) {
	t.Parallel()
	web1, web2 := running("web1", newest), running("web2", newest)
	build := deploy.StepFacts{Folder: "prepare-1-collect-static-files", Try: 1, Status: "exit 0"}
	web1.Past.Journals = []survey.Journal{journal("2", now, time.Second, "failed"), journal("1", now.Add(-time.Hour), time.Second, "failed", build)}
	web2.Past.Journals = []survey.Journal{journal("1", now.Add(-time.Hour), time.Second, "failed", build)}
	answers, plans := []inspect.Answer{web1, web2}, inspect.Plans{"1": record(older, "web1", "web2"), "2": record(newest, "web1")}
	h := inspect.Merge(head, answers, plans, nil)
	for _, c := range []struct {
		query inspect.Query
		want  int // hosts with logs; 0 is refused
	}{
		{inspect.Query{}, 2}, // the newest that has any
		{inspect.Query{Deployment: "1"}, 2},
		{inspect.Query{Deployment: string(older), Host: "web2"}, 1},
		{inspect.Query{Step: "collect static files"}, 2},
		{inspect.Query{Step: "collect-static-files"}, 2},
		{inspect.Query{Deployment: "2"}, 0},
		{inspect.Query{Deployment: "9"}, 0},
		{inspect.Query{Step: "Migrate"}, 0},
	} {
		w, err := inspect.Find(h, answers, plans, c.query)
		if (err != nil) != (c.want == 0) || err == nil && (len(w.Tries) != c.want || w.Deployment.ID != "1") {
			t.Errorf("%+v: %+v, %v", c.query, w, err)
		}
	}
	w, _ := inspect.Find(h, answers, plans, inspect.Query{})
	log := w.Log("web1", build, survey.Log{Text: []byte("half of a line\none\ntwo\nthree"), Cut: true, Begun: now, Ended: now.Add(3 * time.Second)}, time.Hour, 2)
	if log.Step != "Collect static files" || !slices.Equal(log.Lines, []string{"two", "three"}) || !log.Cut || log.Seconds != 3 || !log.Begun.Equal(now.Add(-time.Hour)) {
		t.Errorf("%+v", log)
	}
}
