package plan_test

import (
	"slices"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/plan"
)

// foreign is a fleet on which another tool's link is current.
func foreign() map[string]deploy.Facts {
	facts := fleet()
	for host, f := range facts {
		f.Current, f.CurrentTarget = deploy.CurrentForeign, "releases/20240131120000"
		facts[host] = f
	}
	return facts
}

// Another tool's release gets one ID on all hosts and in all attempts, older than what replaces it, and the checks that do not name a
// release. It is kept as long as it is a way back, and is gone back to by its folder's name, or as the one before.
func TestAdoptionOfAnotherTools(t *testing.T) {
	t.Parallel()
	cfg := shop()
	cfg.KeepReleases = 1
	for role, block := range cfg.Activation {
		block.Verify = append(slices.Clone(block.Verify),
			deploy.Check{Name: "New", HTTP: &deploy.HTTPCheck{URL: "http://x/", Body: "${SLIPWAY_RELEASE}"}},
			deploy.Check{Name: "Up", TCP: "127.0.0.1:80"})
		cfg.Activation[role] = block
	}
	p, err := plan.Build(cfg, built, ciRun("deploy"), now)
	if err != nil {
		t.Fatal(err)
	}
	s, err := plan.Resolve(p, foreign())
	if err != nil {
		t.Fatal(err)
	}
	var id deploy.ReleaseID
	for _, h := range s.Hosts {
		a, ok := s.Adoption(h)
		if !ok || !a.Release.Valid() || a.Release >= s.Release || id != "" && a.Release != id {
			t.Fatalf("%s: %+v, %t", h.Name, a, ok)
		}
		id = a.Release
		names := make([]string, len(a.Activation.Verify))
		for i, check := range a.Activation.Verify {
			names[i] = check.Name
		}
		if slices.Contains(names, "New") || !slices.Contains(names, "Up") || a.Vars["SLIPWAY_RELEASE"] != string(id) || a.Vars["SLIPWAY_REVISION"] != "" {
			t.Errorf("%s: checks %q, %v", h.Name, names, a.Vars)
		}
	}
	if !slices.Contains(s.Keep(), id) || !slices.Contains(s.KeepBefore(), id) {
		t.Errorf("the way back is not kept: %q", s.Keep())
	}

	facts := foreign() // adopted by an earlier deployment, which was unwound
	for host, f := range facts {
		f.Releases = []deploy.ReleaseFacts{{ID: v1, Staged: true, Verified: true, Adopted: "20240131120000", Live: true}}
		facts[host] = f
	}
	if s, err = plan.Resolve(p, facts); err != nil {
		t.Fatal(err)
	}
	if _, again := s.Adoption(s.Hosts[0]); again || !slices.Contains(s.Keep(), v1) {
		t.Errorf("adopted twice: %t, kept %q", again, s.Keep())
	}

	for host, f := range facts {
		f = kept(f, v2, f.Releases[0], verified(v2))
		f.Releases[0].Live = false
		f.History = []deploy.HistoryEntry{{Release: v1, Outcome: "activated"}, {Release: v2, Outcome: "activated"}}
		facts[host] = f
	}
	for _, to := range []string{"", "previous", "20240131120000"} {
		cfg := shop()
		cfg.To = to
		back, err := plan.Build(cfg, plan.Artifact{}, ciRun("rollback"), now)
		if err != nil {
			t.Fatal(err)
		}
		if s, err := plan.Resolve(back, facts); err != nil || s.Release != v1 || s.Folder != "20240131120000" {
			t.Errorf("to %q: %+v, %v", to, s, err)
		}
	}
}
