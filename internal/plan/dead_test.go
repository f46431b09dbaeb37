package plan_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/plan"
)

const (
	before = deploy.ReleaseID("20261119-101500-77aa001-02be44")
	older  = deploy.ReleaseID("20261101-101500-66aa001-01be44")
	after  = deploy.ReleaseID("20261121-073000-1a2b3c4-9f3c51")
)

func link(id deploy.ReleaseID) string { return "releases/" + string(id) }

// switched are the lines of an activation up to the switch; the others go on from there.
func switched() []deploy.LiveEntry {
	return []deploy.LiveEntry{
		{What: deploy.LiveSwitch, State: deploy.RecordIntent, Release: after, Target: link(after), Before: link(before)},
		{What: deploy.LiveSwitch, State: deploy.RecordOK, Release: after, Target: link(after)},
	}
}

func watchedFleet(state deploy.RecordState) deploy.LiveEntry {
	return deploy.LiveEntry{What: deploy.LiveFleet, State: state, Release: after}
}

// toBeWatched is a host whose dead deployment was to watch all hosts together once they were verified.
func toBeWatched(h plan.Host) plan.Host {
	record := plan.Read(h.Facts.Unfinished[0].Plan)
	record.Watched = true
	text, err := json.Marshal(record)
	if err != nil {
		panic(err)
	}
	h.Facts.Unfinished[0].Plan = text
	return h
}

func wentBack() []deploy.LiveEntry {
	return append(switched(),
		deploy.LiveEntry{What: deploy.LiveSwitch, State: deploy.RecordIntent, Release: before, Target: link(before), Before: link(after)},
		deploy.LiveEntry{What: deploy.LiveSwitch, State: deploy.RecordOK, Release: before, Target: link(before)})
}

func thenVerified(live []deploy.LiveEntry) []deploy.LiveEntry {
	return append(live, deploy.LiveEntry{What: deploy.LiveVerify, State: deploy.RecordOK, Release: before})
}

// runs is a host that runs a release, with a journal that a dead deployment left; of live nil, none.
func runs(name string, id deploy.ReleaseID, verified bool, live []deploy.LiveEntry) plan.Host {
	h := plan.Host{Host: deploy.Host{Name: name}}
	h.Facts.CurrentID, h.Facts.CurrentTarget, h.Facts.Current = id, link(id), deploy.CurrentRelease
	h.Facts.Releases = []deploy.ReleaseFacts{
		{ID: older, Staged: true, Verified: true}, {ID: before, Staged: true, Verified: true}, {ID: after, Staged: true, Verified: verified},
	}
	if live != nil {
		text, err := json.Marshal(plan.Record{Format: 1, Deployment: "dead", Release: after, Hosts: []string{"web1", "web2", "web3"}})
		if err != nil {
			panic(err)
		}
		h.Facts.Unfinished = []deploy.JournalFacts{{ID: "dead", Plan: text, Live: live}}
	}
	return h
}

func TestWaysBack(t *testing.T) {
	t.Parallel()
	back := plan.WayBack{From: after, To: plan.To(before)}
	balancer := runs("lb1", "", false, []deploy.LiveEntry{})
	balancer.NoRelease = true
	removed := func(live []deploy.LiveEntry) plan.Host {
		h := runs("web1", "", false, live)
		h.Facts.Current, h.Facts.CurrentTarget = deploy.CurrentNone, ""
		h.Facts.History = []deploy.HistoryEntry{{Release: before, Deployment: "d0", Outcome: "activated"}}
		return h
	}
	unlinked := deploy.LiveEntry{What: deploy.LiveUnlink, State: deploy.RecordOK, Release: after, Before: link(after)}
	ended := func(outcomes ...string) plan.Host { // and another deployment came since
		h := runs("web1", before, true, nil)
		for _, outcome := range outcomes {
			h.Facts.History = append(h.Facts.History, deploy.HistoryEntry{Release: after, Deployment: "dead", Outcome: outcome})
		}
		h.Facts.History = append(h.Facts.History, deploy.HistoryEntry{Release: before, Deployment: "later", Outcome: "activated"})
		return h
	}
	bad := runs("web1", after, false, switched())
	bad.Facts.Releases[1].Bad = true
	for name, test := range map[string]struct {
		hosts []plan.Host
		ways  map[string]plan.WayBack
	}{
		"switched on one of two":       {[]plan.Host{runs("web1", after, true, switched()), runs("web2", before, false, nil)}, map[string]plan.WayBack{"web1": back}},
		"not verified on the second":   {[]plan.Host{runs("web1", after, true, switched()), runs("web2", after, false, switched())}, map[string]plan.WayBack{"web1": back, "web2": back}},
		"verified everywhere":          {[]plan.Host{runs("web1", after, true, switched()), runs("web2", after, true, switched())}, map[string]plan.WayBack{}},
		"ended on one of two":          {[]plan.Host{ended("activated"), runs("web2", after, true, switched())}, map[string]plan.WayBack{}},
		"ended there, and was watched": {[]plan.Host{ended("activated"), toBeWatched(runs("web2", after, true, switched()))}, map[string]plan.WayBack{}},
		"unwound on one of two":        {[]plan.Host{ended("activated", "unwound"), runs("web2", after, true, switched())}, map[string]plan.WayBack{"web2": back}},
		"runs it since earlier":        {[]plan.Host{runs("web1", after, true, nil), runs("web2", after, true, switched())}, map[string]plan.WayBack{"web2": back}},
		"verified, beside a balancer":  {[]plan.Host{balancer, runs("web1", after, true, switched())}, map[string]plan.WayBack{}},
		"verified where it is asked":   {[]plan.Host{runs("web1", after, true, switched())}, map[string]plan.WayBack{}},
		"not switched yet":             {[]plan.Host{runs("web1", before, false, switched()[:1])}, map[string]plan.WayBack{}},
		"back, and not verified":       {[]plan.Host{runs("web1", before, false, wentBack())}, map[string]plan.WayBack{"web1": back}},
		"back and verified":            {[]plan.Host{runs("web1", before, false, thenVerified(wentBack()))}, map[string]plan.WayBack{}},
		"back, and its check failed":   {[]plan.Host{runs("web1", before, false, append(wentBack(), deploy.LiveEntry{What: deploy.LiveVerify, State: deploy.RecordFailed, Release: before}))}, map[string]plan.WayBack{"web1": back}},
		"verified before it went back": {[]plan.Host{runs("web1", before, false, append(thenVerified(switched()), wentBack()[2:]...))}, map[string]plan.WayBack{"web1": back}},
		"current removed by hand":      {[]plan.Host{removed(switched())}, map[string]plan.WayBack{"web1": back}},
		"removed before the switch":    {[]plan.Host{removed([]deploy.LiveEntry{})}, map[string]plan.WayBack{}},
		"removed by Slipway":           {[]plan.Host{removed(append(switched(), unlinked))}, map[string]plan.WayBack{}},
		"while it was watched": {
			[]plan.Host{runs("web1", after, true, append(switched(), watchedFleet(deploy.RecordIntent))), runs("web2", after, true, switched())},
			map[string]plan.WayBack{"web1": back, "web2": back},
		},
		"before it was watched": {
			[]plan.Host{runs("web1", after, true, switched()), toBeWatched(runs("web2", after, true, switched()))},
			map[string]plan.WayBack{"web1": back, "web2": back},
		},
		"once it was watched": {
			[]plan.Host{runs("web1", after, true, append(switched(), watchedFleet(deploy.RecordIntent))), toBeWatched(runs("web2", after, true, append(switched(), watchedFleet(deploy.RecordIntent), watchedFleet(deploy.RecordOK))))},
			map[string]plan.WayBack{},
		},
		"what it ran before is bad": {[]plan.Host{bad}, map[string]plan.WayBack{"web1": {From: after, To: plan.To(before)}}},
	} {
		dead := (&plan.Schedule{Plan: &plan.Plan{}, Hosts: test.hosts}).Dead(false)
		if len(dead) != 1 || dead[0].ID != "dead" {
			t.Fatalf("%s: %v", name, dead)
		}
		if diff := cmp.Diff(test.ways, dead[0].WaysBack()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if got := dead[0].HalfDone(); got != (len(test.ways) > 0) {
			t.Errorf("%s: half done %v", name, got)
		}
	}
}

// A journal whose plan cannot be read tells no way.
func TestNoWayBackWithoutAPlan(t *testing.T) {
	t.Parallel()
	h := runs("web1", after, true, switched())
	h.Facts.Unfinished[0].Plan = []byte("{")
	dead := (&plan.Schedule{Plan: &plan.Plan{}, Hosts: []plan.Host{h}}).Dead(false)
	if ways := dead[0].WaysBack(); len(ways) != 0 {
		t.Error(ways)
	}
}

func TestDeadDeployments(t *testing.T) {
	t.Parallel()
	one, two := runs("web1", before, false, nil), runs("web2", before, false, nil)
	one.Facts.Unfinished = []deploy.JournalFacts{{ID: "b"}, {ID: "a"}}
	two.Facts.Unfinished = []deploy.JournalFacts{{ID: "b"}}
	two.Facts.Own = &deploy.JournalFacts{ID: "own", Live: switched()}
	s := &plan.Schedule{Plan: &plan.Plan{Header: deploy.Header{Deployment: "own"}}, Hosts: []plan.Host{one, two}}
	left := func(own bool) map[deploy.DeploymentID][]string {
		found := map[deploy.DeploymentID][]string{}
		for _, dead := range s.Dead(own) {
			for _, l := range dead.Left {
				found[dead.ID] = append(found[dead.ID], l.Host.Name)
			}
		}
		return found
	}
	want := map[deploy.DeploymentID][]string{"a": {"web1"}, "b": {"web1", "web2"}}
	if diff := cmp.Diff(want, left(false)); diff != "" {
		t.Error(diff)
	}
	want["own"] = []string{"web2"}
	if diff := cmp.Diff(want, left(true)); diff != "" {
		t.Error(diff)
	}
	s.Hosts[1].Facts.Own.Outcome = "activated"
	delete(want, "own")
	if diff := cmp.Diff(want, left(true)); diff != "" {
		t.Error("over:", diff)
	}
	if got := s.Dead(false); got[0].ID != "a" {
		t.Errorf("first %s", got[0].ID)
	}
}

// What this run toggled itself is not left over; what it did not come to is, the last one first.
func TestOwnLeft(t *testing.T) {
	t.Parallel()
	on := func(name string) deploy.LiveEntry {
		return deploy.LiveEntry{What: deploy.ToggleOn, State: deploy.RecordIntent, Toggle: &deploy.Toggle{Name: name}}
	}
	h := runs("web1", before, false, nil)
	h.Facts.Own = &deploy.JournalFacts{ID: "own", Live: []deploy.LiveEntry{on("page"), on("queue"), on("cron")}}
	s := &plan.Schedule{Plan: &plan.Plan{Header: deploy.Header{Deployment: "own"}}, Hosts: []plan.Host{h, runs("web2", before, false, nil)}}
	own := s.OwnLeft(nil, func(host string, toggle deploy.Toggle) bool { return host == "web1" && toggle.Name == "queue" })
	if len(own.Left) != 1 || !own.HalfDone() {
		t.Fatalf("%+v", own)
	}
	var names []string
	for _, toggle := range own.Left[0].Toggles() {
		names = append(names, toggle.Name)
	}
	if diff := cmp.Diff([]string{"cron", "page"}, names); diff != "" {
		t.Error(diff)
	}
	if len(h.Facts.Own.Live) != 3 {
		t.Error("the facts were changed")
	}
}

func TestMigrates(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		try  deploy.StepFacts
		want bool
	}{
		"runs":          {deploy.StepFacts{Folder: "migrate-1-migrate", Running: true}, true},
		"is over":       {deploy.StepFacts{Folder: "migrate-1-migrate"}, false},
		"another phase": {deploy.StepFacts{Folder: "activate-1-restart", Running: true}, false},
	} {
		journal := deploy.JournalFacts{Steps: []deploy.StepFacts{test.try}}
		if got := (plan.Dead{Left: []plan.Leftover{{Journal: journal}}}).Migrates(); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
