package plan_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/plan"
)

const f1, f2, f3 = deploy.ReleaseID("20261104-000000-0000004-000004"), deploy.ReleaseID("20261105-000000-0000005-000005"), deploy.ReleaseID("20261106-000000-0000006-000006")

// tight is a fleet of hosts that run v3, keep three good and three failed releases of a size, and have so much free.
func tight(free, each int64) map[string]deploy.Facts {
	facts := fleet()
	for host, f := range facts {
		f = kept(f, v3, verified(v1), verified(v2), verified(v3))
		for _, id := range []deploy.ReleaseID{f1, f2, f3} {
			f.Releases = append(f.Releases, deploy.ReleaseFacts{ID: id, Staged: true})
		}
		for i := range f.Releases {
			f.Releases[i].Size.Bytes = each
		}
		f.FreeBytes = free
		facts[host] = f
	}
	return facts
}

// Room is made from what may go: failures and what is over keep_releases with the new one, where it is needed; else what is over
// keep_releases today, and all but two failures.
func TestKeepBefore(t *testing.T) {
	t.Parallel()
	cfg := shop()
	cfg.KeepReleases = 2
	p, err := plan.Build(cfg, built, ciRun("deploy"), now)
	if err != nil {
		t.Fatal(err)
	}
	needs := built.Needs().Bytes
	for name, c := range map[string]struct {
		facts  map[string]deploy.Facts
		change func(*deploy.Facts)
		want   []deploy.ReleaseID
	}{
		"room enough":     {tight(needs, 1), nil, []deploy.ReleaseID{v2, v3, f2, f3, p.Release}},
		"too little room": {tight(needs-1, 1), nil, []deploy.ReleaseID{v3, p.Release}},
		"an unfinished deployment's": {tight(needs-1, 1), func(f *deploy.Facts) {
			f.Unfinished = []deploy.JournalFacts{{ID: "9-deploy-x", Live: []deploy.LiveEntry{{What: deploy.LiveSwitch, Release: f1, Before: "releases/" + string(v2)}}}}
		}, []deploy.ReleaseID{v2, v3, f1, p.Release}},
		"a bad one runs": {tight(needs-1, 1), func(f *deploy.Facts) {
			f.CurrentID, f.CurrentTarget = f3, "releases/"+string(f3)
			f.History = []deploy.HistoryEntry{{Release: v1, Outcome: "activated"}}
		}, []deploy.ReleaseID{v1, v3, f3, p.Release}},
		"what previous leads to": {tight(needs, 1), func(f *deploy.Facts) { f.Previous = "releases/" + string(v1) }, []deploy.ReleaseID{v1, v2, v3, f2, f3, p.Release}},
		"an earlier attempt's": {tight(needs-1, 1), func(f *deploy.Facts) {
			f.Own = &deploy.JournalFacts{ID: p.Deployment, Live: []deploy.LiveEntry{{What: deploy.LiveSwitch, Release: f1, Before: "releases/" + string(v2)}}}
		}, []deploy.ReleaseID{v2, v3, f1, p.Release}},
		"failed on one, good on another": {tight(needs, 1), func(f *deploy.Facts) {
			for i := range f.Releases {
				f.Releases[i].Verified = f.Releases[i].Verified || f.ID == "a" && f.Releases[i].ID == f3
			}
		}, []deploy.ReleaseID{v3, f1, f2, f3, p.Release}},
		"half of one counts for nothing": {tight(needs, 1), func(f *deploy.Facts) {
			for i := range f.Releases {
				f.Releases[i].Staged = f.Releases[i].ID == v1 || f.Releases[i].ID == v3
			}
		}, []deploy.ReleaseID{v1, v3, p.Release}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for host, f := range c.facts {
				if c.change != nil {
					c.change(&f)
				}
				c.facts[host] = f
			}
			s, err := plan.Resolve(p, c.facts)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, s.KeepBefore()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A host is refused only where there is too little room also once what may go is gone.
func TestRoomIsCountedWithWhatGoes(t *testing.T) {
	t.Parallel()
	p, err := plan.Build(shop(), built, ciRun("deploy"), now) // keeps three
	if err != nil {
		t.Fatal(err)
	}
	missing := built.Needs().Bytes - 1000
	if _, err := plan.Resolve(p, tight(1000, missing/4+1)); err != nil { // v1 goes, and three failures
		t.Errorf("refused: %v", err)
	}
	_, err = plan.Resolve(p, tight(1000, missing/4-1))
	if err == nil || !strings.Contains(err.Error(), "1.00 kB free, and ") || !strings.Contains(err.Error(), "more once old releases are deleted; the release takes") {
		t.Errorf("got %v", err)
	}
	facts := tight(1000, 0)
	for host, f := range facts {
		f.Left.Bytes = missing // of deletions that were killed
		facts[host] = f
	}
	if _, err := plan.Resolve(p, facts); err != nil {
		t.Errorf("what is half deleted already: %v", err)
	}
}

// Where nothing more than what is live is kept, lowering keep_releases is no advice.
func TestHintOfRoom(t *testing.T) {
	t.Parallel()
	for keep, want := range map[int]bool{1: false, 2: true} {
		cfg := shop()
		cfg.KeepReleases = keep
		p, err := plan.Build(cfg, built, ciRun("deploy"), now)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := plan.Resolve(p, tight(1000, 1)); err == nil || strings.Contains(err.Error(), "or lower `keep_releases`") != want {
			t.Errorf("keeping %d: %v", keep, err)
		}
	}
}

// Where an earlier attempt of this deployment filled the disk, and none went live, this one begins anew: what lies there goes.
func TestFilledByAnEarlierAttempt(t *testing.T) {
	t.Parallel()
	p, err := plan.Build(shop(), built, ciRun("deploy"), now)
	if err != nil {
		t.Fatal(err)
	}
	fresh, err := plan.Resolve(p, fleet())
	if err != nil {
		t.Fatal(err)
	}
	record, err := fresh.JSON()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*deploy.Facts)
		want   bool
	}{
		"full":            {func(*deploy.Facts) {}, true},
		"no inodes":       {func(f *deploy.Facts) { f.FreeBytes, f.FreeInodes = 1<<30, 2 }, true},
		"room to work":    {func(f *deploy.Facts) { f.FreeBytes = 8 << 20 }, false},
		"it is live":      {func(f *deploy.Facts) { f.Current, f.CurrentID = deploy.CurrentRelease, p.Release }, false},
		"it was switched": {func(f *deploy.Facts) { f.Own.Live = []deploy.LiveEntry{{What: deploy.LiveSwitch, Release: p.Release}} }, false},
		"it was good":     {func(f *deploy.Facts) { f.Releases[0].Verified = true }, false},
	} {
		facts := fleet()
		f := facts["web2"]
		f.FreeBytes = 4096
		f.Own = &deploy.JournalFacts{ID: p.Deployment, Plan: record}
		f.Releases = []deploy.ReleaseFacts{{ID: p.Release, Staged: true, Size: deploy.Room{Bytes: 1 << 40, Inodes: 1000}}}
		c.change(&f)
		facts["web2"] = f
		s, err := plan.Resolve(p, facts)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, h := range s.Hosts {
			goes := !slices.Contains(s.KeepOn(h), p.Release)
			if want := c.want && h.Name == "web2"; goes != want || h.Anew != want || h.Staged == want && h.Name == "web2" {
				t.Errorf("%s: on %s it goes: %t, staged: %t", name, h.Name, goes, h.Staged)
			}
		}
	}
}
