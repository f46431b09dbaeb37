package plan_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway/slipway/internal/config"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/plan"
	"github.com/slipway/slipway/internal/release"
)

var (
	now     = time.Date(2026, 11, 21, 7, 30, 0, 0, time.UTC)
	content = deploy.Digest("9f3c51" + strings.Repeat("0", 58))
	built   = plan.Artifact{SHA256: content, Content: content, Size: 10, Bytes: 8192, Inodes: 2}
)

func ciRun(command string) plan.Run {
	return plan.Run{
		Version: "1.0.0", Revision: "1a2b3c4d5e6f", Actor: "anna", Attempt: 1,
		Identity: deploy.Identity{Server: "s", Repository: "1", RunID: "412", Job: "deploy", App: "shop", Command: command},
	}
}

func shop() *config.Config {
	return &config.Config{
		App: "shop", Environment: "production", KeepReleases: 3, Timeout: time.Minute,
		Hosts: []deploy.Host{
			{Name: "web1", DeployPath: "/srv/shop", Roles: []string{"web"}, Vars: map[string]string{"PORT": "8001"}},
			{Name: "web2", DeployPath: "/srv/shop", Roles: []string{"web"}, Primary: true, Vars: map[string]string{"PORT": "8002"}},
			{Name: "jobs1", DeployPath: "/srv/shop", Roles: []string{"worker"}},
		},
		Prepare:         []deploy.Step{{Name: "Install", Phase: deploy.Prepare}, {Name: "Collect", Phase: deploy.Prepare, Roles: []string{"web"}}},
		Migrate:         []deploy.Step{{Name: "Migrate", Phase: deploy.Migrate, Once: true}, {Name: "Quiet", Phase: deploy.Migrate, Roles: []string{"worker"}, Once: true}},
		ActivationRoles: []string{"worker"},
		Activation: map[string]deploy.Activation{
			"": {
				Restart: []deploy.Step{{Name: "Restart", Run: "x"}},
				Verify: []deploy.Check{{Name: "Health", HTTP: &deploy.HTTPCheck{
					URL: "http://127.0.0.1:${PORT}/", Header: []string{"X-Release: ${SLIPWAY_RELEASE}"}, Headers: map[string]string{"Host": "${SLIPWAY_HOST}"},
				}}},
			},
			"worker": {Restart: []deploy.Step{{Name: "Celery"}}},
		},
	}
}

func TestBuildChoosesHosts(t *testing.T) {
	t.Parallel()
	p, err := plan.Build(shop(), built, ciRun("deploy"), now)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for _, step := range append(p.Prepare, p.Migrate...) {
		got[step.Name] = step.Hosts
	}
	want := map[string][]string{
		"Install": {"web1", "web2", "jobs1"},
		"Collect": {"web1", "web2"},
		"Migrate": {"web2"}, // named as primary
		"Quiet":   {"jobs1"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if p.Release != "20261121-073000-1a2b3c4-9f3c51" {
		t.Errorf("release %s", p.Release)
	}
}

func TestBuildExpandsPerHost(t *testing.T) {
	t.Parallel()
	cfg := shop()
	p, err := plan.Build(cfg, built, ciRun("deploy"), now)
	if err != nil {
		t.Fatal(err)
	}
	for host, port := range map[string]string{"web1": "8001", "web2": "8002"} {
		check := p.Activations[host].Verify[0].HTTP
		want := &deploy.HTTPCheck{
			URL: "http://127.0.0.1:" + port + "/", Header: []string{"X-Release: " + string(p.Release)}, Headers: map[string]string{"Host": host},
		}
		if diff := cmp.Diff(want, check); diff != "" {
			t.Errorf("%s: %s", host, diff)
		}
	}
	if url := cfg.Activation[""].Verify[0].HTTP.URL; !strings.Contains(url, "${PORT}") {
		t.Errorf("the configuration was changed: %s", url)
	}
	if restart := p.Activations["jobs1"].Restart[0].Name; restart != "Celery" {
		t.Errorf("jobs1 restarts by %q, its role has Celery", restart)
	}
	if got := p.Vars["web1"]["SLIPWAY_RELEASE_PATH"]; got != "/srv/shop/releases/"+string(p.Release) {
		t.Errorf("release path %s", got)
	}
}

// Any answer would meet a demand whose variables are empty, so it is refused.
func TestBuildRefusesEmptyDemand(t *testing.T) {
	t.Parallel()
	for _, check := range []deploy.HTTPCheck{
		{Header: []string{"X-App: shop", "X-Revision: ${SLIPWAY_REVISION}"}},
		{Body: "${SLIPWAY_REVISION}"},
	} {
		cfg := shop()
		cfg.Activation[""].Verify[0].HTTP = &check
		run := ciRun("deploy")
		run.Revision = ""
		var problems deploy.Problems
		if _, err := plan.Build(cfg, built, run, now); !errors.As(err, &problems) || !strings.Contains(problems.Error(), "demands nothing here") {
			t.Errorf("%+v: %v", check, err)
		}
		run.Revision = "1a2b3c4d5e6f"
		if _, err := plan.Build(cfg, built, run, now); err != nil {
			t.Error(err)
		}
	}
}

func TestBuildRefusesStepWithoutHost(t *testing.T) {
	t.Parallel()
	cfg := shop()
	cfg.Prepare[0].Roles = []string{"db"}
	var problems deploy.Problems
	if _, err := plan.Build(cfg, built, ciRun("deploy"), now); !errors.As(err, &problems) {
		t.Fatalf("got %v", err)
	}
}

// fine is a host on which everything is as it should be.
func fine(id string) deploy.Facts {
	tools := map[string]string{"zstd": "zstd"}
	for _, tool := range release.Required {
		tools[tool] = tool
	}
	return deploy.Facts{ID: id, Tools: tools, FreeBytes: 1 << 30, FreeInodes: 1 << 20, LayoutFormat: 1, Current: deploy.CurrentNone}
}

func fleet() map[string]deploy.Facts {
	return map[string]deploy.Facts{"web1": fine("a"), "web2": fine("b"), "jobs1": fine("c")}
}

func TestResolveRefuses(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		change func(*deploy.Facts)
		want   string
	}{
		"newer layout":     {func(f *deploy.Facts) { f.LayoutFormat = 2 }, "newer than this Slipway"},
		"no sha256sum":     {func(f *deploy.Facts) { delete(f.Tools, "sha256sum") }, "sha256sum missing"},
		"directory":        {func(f *deploy.Facts) { f.Current = deploy.CurrentDirectory }, "real directory"},
		"file":             {func(f *deploy.Facts) { f.Current = deploy.CurrentFile }, "is a file, not a link"},
		"shared file":      {func(f *deploy.Facts) { f.MissingShared = []string{".env"} }, "/srv/shop/shared/.env is missing"},
		"not writable":     {func(f *deploy.Facts) { f.Unwritable, f.User = []string{"releases"}, "deploy" }, "deploy may not write to releases"},
		"no zstd, no gzip": {func(f *deploy.Facts) { delete(f.Tools, "zstd") }, "neither zstd nor gzip"},
		"space":            {func(f *deploy.Facts) { f.FreeBytes = 4096 }, "4.10 kB free"},
		"inodes":           {func(f *deploy.Facts) { f.FreeInodes = 1 }, "1 inodes free"},
		"the same machine": {func(f *deploy.Facts) { f.ID = "a" }, "same machine"},
		"another app":      {func(f *deploy.Facts) { f.Owner = deploy.Owner{App: "blog", Environment: "production"} }, "/srv/shop belongs to blog (production), and this is shop"},
		"app elsewhere":    {func(f *deploy.Facts) { f.Owner = deploy.Owner{App: "shop", Environment: "elsewhere"} }, "belongs to shop (elsewhere)"},
		"shared folder":    {func(f *deploy.Facts) { f.SharedFolders = []string{".env"} }, "/srv/shop/shared/.env is a folder"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := plan.Build(shop(), built, ciRun("deploy"), now)
			if err != nil {
				t.Fatal(err)
			}
			facts := fleet()
			bad := facts["web2"]
			c.change(&bad)
			facts["web2"] = bad
			var errs deploy.Errors
			if _, err = plan.Resolve(p, facts); !errors.As(err, &errs) || len(errs) != 1 {
				t.Fatalf("got %v, wanted one error", err)
			}
			if errs[0].Host != "web2" || !strings.Contains(errs[0].Error(), c.want) || errs[0].Hint == "" {
				t.Errorf("got %v, wanted %q on web2 with a hint", errs[0], c.want)
			}
		})
	}
}

func TestResolveUnknownNumbersAreNoReason(t *testing.T) {
	t.Parallel()
	p, err := plan.Build(shop(), built, ciRun("deploy"), now)
	if err != nil {
		t.Fatal(err)
	}
	facts := fleet()
	for name, f := range facts {
		f.FreeBytes, f.FreeInodes, f.ID = -1, -1, ""
		facts[name] = f
	}
	if _, err := plan.Resolve(p, facts); err != nil {
		t.Error(err)
	}
}

const (
	v1 = deploy.ReleaseID("20261101-000000-0000001-000001")
	v2 = deploy.ReleaseID("20261102-000000-0000002-000002")
	v3 = deploy.ReleaseID("20261103-000000-0000003-000003")
)

func kept(f deploy.Facts, current deploy.ReleaseID, releases ...deploy.ReleaseFacts) deploy.Facts {
	f.Current, f.CurrentID, f.CurrentTarget, f.Releases = deploy.CurrentRelease, current, "releases/"+string(current), releases
	for _, r := range releases {
		f.History = append(f.History, deploy.HistoryEntry{Release: r.ID})
	}
	return f
}

func verified(id deploy.ReleaseID) deploy.ReleaseFacts {
	return deploy.ReleaseFacts{ID: id, Staged: true, Verified: true}
}

func TestUnwindTarget(t *testing.T) {
	t.Parallel()
	bad := deploy.ReleaseFacts{ID: v2, Staged: true, Verified: true, Bad: true}
	foreign := fine("a")
	foreign.Current, foreign.CurrentTarget = deploy.CurrentForeign, "/opt/old/7"
	lost := func(releases ...deploy.ReleaseFacts) deploy.Facts {
		f := kept(fine("a"), "", releases...)
		f.Current, f.CurrentTarget = deploy.CurrentLost, "releases/"+string(v3)
		return f
	}
	removed := func(releases ...deploy.ReleaseFacts) deploy.Facts {
		f := kept(fine("a"), "", releases...)
		f.Current, f.CurrentTarget = deploy.CurrentNone, ""
		for i := range f.History {
			f.History[i].Deployment = "earlier"
		}
		return f
	}
	unwoundToNone := removed(verified(v1))
	unwoundToNone.History = append(unwoundToNone.History, deploy.HistoryEntry{Before: v1, Outcome: "unwound", Deployment: "earlier"})
	cases := map[string]struct {
		facts deploy.Facts
		want  string
	}{
		"first deployment":               {fine("a"), "nothing"},
		"another tool's link":            {foreign, "/opt/old/7"},
		"what is live":                   {kept(fine("a"), v2, verified(v1), verified(v2)), string(v2)},
		"live is bad: the one before":    {kept(fine("a"), v2, verified(v1), bad), string(v1)},
		"nothing verified: what is live": {kept(fine("a"), v1, deploy.ReleaseFacts{ID: v1, Staged: true}), string(v1)},
		"its records are gone":           {kept(fine("a"), v1, deploy.ReleaseFacts{ID: v1}), "releases/" + string(v1)},
		"leads nowhere":                  {lost(), "nothing"},
		"leads nowhere, a good one kept": {lost(verified(v1)), string(v1)},
		"leads nowhere, a bad one kept":  {lost(bad), "nothing"},
		"removed by hand":                {removed(verified(v1), verified(v2)), string(v2)},
		"removed by hand, a bad one":     {removed(verified(v1), bad), string(v1)},
		"removed by hand, none is good":  {removed(bad), "nothing"},
		"removed by hand, none is there": {func() deploy.Facts { f := removed(verified(v1)); f.Releases = nil; return f }(), "nothing"},
		"removed by Slipway":             {unwoundToNone, "nothing"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := shop()
			cfg.Hosts, cfg.Migrate, cfg.Prepare = cfg.Hosts[:1], nil, nil
			p, err := plan.Build(cfg, built, ciRun("deploy"), now)
			if err != nil {
				t.Fatal(err)
			}
			s, err := plan.Resolve(p, map[string]deploy.Facts{"web1": c.facts})
			if err != nil {
				t.Fatal(err)
			}
			if got := s.Hosts[0].Unwind.String(); got != c.want {
				t.Errorf("got %s, wanted %s", got, c.want)
			}
		})
	}
}

func TestRollbackTarget(t *testing.T) {
	t.Parallel()
	all := []deploy.ReleaseFacts{verified(v1), verified(v2), verified(v3)}
	badV2 := []deploy.ReleaseFacts{verified(v1), {ID: v2, Staged: true, Verified: true, Bad: true}, verified(v3)}
	unfinishedV2 := []deploy.ReleaseFacts{verified(v1), {ID: v2, Staged: true}, verified(v3)}
	cases := map[string]struct {
		to       string
		releases []deploy.ReleaseFacts
		want     deploy.ReleaseID
		err      string
	}{
		"previous":          {"", all, v2, ""},
		"previous, not bad": {"previous", badV2, v1, ""},
		"by ID":             {string(v1), all, v1, ""},
		"by revision":       {"0000001", all, v1, ""},
		"by a full commit":  {"0000001abcdef", all, v1, ""},
		"none kept":         {"deadbee", all, "", "no release \"deadbee\""},
		"none older":        {"", []deploy.ReleaseFacts{verified(v3)}, "", "no verified release older"},
		"bad": {
			string(v2), badV2, "",
			string(v2) + " is no way back: it failed its checks (kept on every host: " + string(v1) + " (good), " + string(v2) + " (bad), " + string(v3) + " (good))",
		},
		"unfinished": {
			string(v2), unfinishedV2, "",
			string(v2) + " is no way back: it was never live and verified on every host (kept on every host: " + string(v1) + " (good), " + string(v2) + " (unfinished), ",
		},
		"by a digest":              {"sha256:000001", all, v1, ""},
		"unfinished, by revision":  {v2.Revision(), unfinishedV2, "", "is no way back: it was never live"},
		"previous, not unfinished": {"", unfinishedV2, v1, ""},
		"not there":                {"20201121-073000-0000009-9f3c51", all, "", "no release \"20201121-073000-0000009-9f3c51\""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := shop()
			cfg.To = c.to
			p, facts := keeping(t, cfg, "rollback", c.releases...)
			s, err := plan.Resolve(p, facts)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Fatalf("got %v, wanted %q", err, c.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if s.Release != c.want || s.Vars["web1"]["SLIPWAY_RELEASE"] != string(c.want) {
				t.Errorf("got %s, wanted %s", s.Release, c.want)
			}
			if p.Release != "" {
				t.Error("Resolve changed the plan")
			}
		})
	}
}

// A release that was verified on some hosts only is no way back, and one that is bad on any is bad.
func TestRollbackTargetOnEveryHost(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		onOne deploy.ReleaseFacts
		err   string
	}{
		"unfinished on one": {deploy.ReleaseFacts{ID: v1, Staged: true}, "never live and verified on every host"},
		"bad on one":        {deploy.ReleaseFacts{ID: v1, Staged: true, Bad: true}, "it failed its checks"},
	} {
		cfg := shop()
		cfg.To = string(v1)
		p, err := plan.Build(cfg, plan.Artifact{}, ciRun("rollback"), now)
		if err != nil {
			t.Fatal(err)
		}
		facts := fleet()
		for host, f := range facts {
			facts[host] = kept(f, v3, verified(v1), verified(v3))
		}
		facts["web2"] = kept(fine("b"), v3, test.onOne, verified(v3))
		if _, err := plan.Resolve(p, facts); err == nil || !strings.Contains(err.Error(), test.err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A whole commit is compared whole where the history has it, and so is a digest where a host says it. What cannot be gone back to makes
// no name ambiguous; what one host lacks is said, with the run that deployed it.
func TestRollbackByName(t *testing.T) {
	t.Parallel()
	const one, two = deploy.ReleaseID("20261119-101500-1111111-02be44"), deploy.ReleaseID("20261120-101500-1111111-02be44")
	commits := map[deploy.ReleaseID]string{one: "1111111" + strings.Repeat("a", 33), two: "1111111" + strings.Repeat("b", 33)}
	digests := map[deploy.ReleaseID]deploy.Digest{one: deploy.Digest("02be44" + strings.Repeat("a", 58)), two: deploy.Digest("02be44" + strings.Repeat("b", 58))}
	for name, c := range map[string]struct {
		to   string
		bad  deploy.ReleaseID
		gone deploy.ReleaseID // from web2
		want deploy.ReleaseID
		err  []string
	}{
		"the beginning of both":      {to: "1111111", err: []string{"names several releases: " + string(one) + ", " + string(two), "name one by its ID"}},
		"the whole commit":           {to: commits[one], want: one},
		"in capitals":                {to: "1111111B", want: two},
		"of one that is bad":         {to: "1111", bad: two, want: one},
		"the whole digest":           {to: string(digests[two]), want: two},
		"the beginning of a digest":  {to: "sha256:02be44aa", want: one},
		"a commit as a digest":       {to: "sha256:1111111", err: []string{"no release"}},
		"gone from a host":           {to: string(one), gone: one, err: []string{"it is not on web2", "https://ci/1", "deploy its artifact again"}},
		"gone, and another is there": {to: "1111111", gone: one, want: two},
		"none of several":            {to: "1111111", gone: one, bad: two, err: []string{"none of them is a way back"}},
		"previous passes over":       {gone: two, want: one},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := shop()
			cfg.To = c.to
			p, err := plan.Build(cfg, plan.Artifact{}, ciRun("rollback"), now)
			if err != nil {
				t.Fatal(err)
			}
			facts := fleet()
			for host, f := range facts {
				f = kept(f, v3, verified(one), verified(two), verified(v3))
				for i := range f.Releases {
					f.Releases[i].Content = digests[f.Releases[i].ID]
					f.Releases[i].Bad = f.Releases[i].ID == c.bad
				}
				for _, id := range []deploy.ReleaseID{one, two, v3} {
					f.History = append(f.History, deploy.HistoryEntry{Release: id, Outcome: "activated", Revision: commits[id], RunURL: "https://ci/1"})
				}
				if host == "web2" {
					f.Releases = slices.DeleteFunc(f.Releases, func(r deploy.ReleaseFacts) bool { return r.ID == c.gone })
				}
				facts[host] = f
			}
			s, err := plan.Resolve(p, facts)
			for _, want := range c.err {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, wanted %q", err, want)
				}
			}
			if len(c.err) == 0 && (err != nil || s.Release != c.want) {
				t.Errorf("got %v, %v, wanted %s", s, err, c.want)
			}
			if s != nil && (c.to == "") != (len(s.Skipped) == 1 && strings.Contains(s.Skipped[0], string(two)+" is passed over: it is not on web2")) {
				t.Errorf("skipped %q", s.Skipped)
			}
		})
	}
}

// What the hosts do not know may be a branch or tag, whose commit CI says.
func TestRollbackByRef(t *testing.T) {
	t.Parallel()
	refused := &deploy.Error{Cause: errors.New("acme/site has no ref v1.4"), Hint: "give the job a permission"}
	for name, c := range map[string]struct {
		to      string
		ref     plan.Ref
		unknown bool
		want    deploy.ReleaseID
		err     []string
	}{
		"nothing is asked for": {want: v2},
		"a release":            {to: string(v1), want: v1},
		"a commit":             {to: v1.Revision(), want: v1},
		"a tag":                {to: "v1.4", ref: plan.Ref{Commit: v1.Revision() + strings.Repeat("0", 33)}, unknown: true, want: v1},
		"a tag of no release":  {to: "v1.4", ref: plan.Ref{Commit: strings.Repeat("9", 40)}, unknown: true, err: []string{`no release "v1.4" (commit 9999999) is kept on any host`}},
		"a tag that there is not": {
			to: "v1.4", ref: plan.Ref{Why: refused}, unknown: true,
			err: []string{`no release "v1.4" is kept on any host, and as a branch or tag it is not known: acme/site has no ref v1.4`, "give the job a permission; kept on every host: " + string(v1)},
		},
		"nobody was asked":            {to: "v1.4", unknown: true, err: []string{`no release "v1.4" is kept`, "give the commit, as `git rev-list -n 1` prints it"}},
		"a commit that no host knows": {to: "9999999", unknown: true, err: []string{`no release "9999999" is kept on any host`}},
	} {
		cfg := shop()
		cfg.To = c.to
		p, facts := keeping(t, cfg, "rollback", verified(v1), verified(v2), verified(v3))
		if got := p.Unknown(facts); got != c.unknown {
			t.Errorf("%s: unknown %v", name, got)
		}
		p.Ref = c.ref
		s, err := plan.Resolve(p, facts)
		for _, want := range c.err {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, wanted %q", name, err, want)
			}
		}
		if len(c.err) == 0 && (err != nil || s.Release != c.want) {
			t.Errorf("%s: %v, %v, wanted %s", name, s, err, c.want)
		}
	}
}

// The order is that of all hosts together: one that joined later knows little of it.
func TestRollbackMergesHistories(t *testing.T) {
	t.Parallel()
	p, err := plan.Build(shop(), plan.Artifact{}, ciRun("rollback"), now)
	if err != nil {
		t.Fatal(err)
	}
	facts := fleet()
	for host, f := range facts {
		f = kept(f, v3, verified(v1), verified(v2), verified(v3))
		for _, id := range map[string][]deploy.ReleaseID{"web1": {v1, v3}, "web2": {v2, v1, v3}, "jobs1": {v3}}[host] {
			f.History = append(f.History, deploy.HistoryEntry{Release: id, Outcome: "activated"})
		}
		facts[host] = f
	}
	if s, err := plan.Resolve(p, facts); err != nil || s.Release != v1 {
		t.Errorf("%v, %v", s, err)
	}
}

// A re-run of a rollback goes on to what its first attempt chose, unless that has failed its checks since.
func TestRollbackRerun(t *testing.T) {
	t.Parallel()
	for _, bad := range []bool{false, true} {
		s, err := rerunRollback(t, "", bad)
		switch {
		case bad && (err == nil || !strings.Contains(err.Error(), "it failed its checks")):
			t.Errorf("bad: %v", err)
		case !bad && (err != nil || s.Release != v1):
			t.Errorf("%v %v", s, err)
		}
	}
}

// What a run went back to stays what it goes back to: another target is refused, not left out.
func TestRollbackRerunNamesAnotherRelease(t *testing.T) {
	t.Parallel()
	for to, refused := range map[string]bool{
		"previous": false, string(v1): false, v1.Revision(): false,
		string(v2): true, v2.Revision(): true, "deadbee": true,
	} {
		s, err := rerunRollback(t, to, false)
		switch {
		case refused && (err == nil || !strings.Contains(err.Error(), "goes back to "+string(v1)+", and \""+to+"\" is asked for now")):
			t.Errorf("%s: %v", to, err)
		case !refused && (err != nil || s.Release != v1):
			t.Errorf("%s: %v", to, err)
		}
	}
}

// rerunRollback is the second attempt of a run whose first one chose v1.
func rerunRollback(t *testing.T, to string, bad bool) (*plan.Schedule, error) {
	t.Helper()
	cfg := shop()
	cfg.To = to
	p, err := plan.Build(cfg, plan.Artifact{}, ciRun("rollback"), now)
	if err != nil {
		t.Fatal(err)
	}
	facts := fleet()
	for host, f := range facts {
		f = kept(f, v3, verified(v1), verified(v2), verified(v3))
		f.Releases[0].Bad = bad
		f.Own = &deploy.JournalFacts{Plan: []byte(`{"format": 1, "release": "` + string(v1) + `"}`)}
		facts[host] = f
	}
	return plan.Resolve(p, facts)
}

// Of two releases of one second the one with the greater digest may have come first: the history knows.
func TestRollbackGoesByTheHistory(t *testing.T) {
	t.Parallel()
	const first, second = deploy.ReleaseID("20261121-073000-0000001-ffffff"), deploy.ReleaseID("20261121-073000-0000001-000000")
	activated := func(ids ...deploy.ReleaseID) (history []deploy.HistoryEntry) {
		for _, id := range ids {
			history = append(history, deploy.HistoryEntry{Release: id, Outcome: "activated"})
		}
		return history
	}
	cases := map[string]struct {
		history []deploy.HistoryEntry
		current deploy.ReleaseID
		want    deploy.ReleaseID
	}{
		"back":                     {activated(v1, first, second), second, first},
		"back again, not forth":    {activated(v1, first, second, first), first, v1},
		"what runs was never good": {activated(v1, first), second, first},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := plan.Build(shop(), plan.Artifact{}, ciRun("rollback"), now)
			if err != nil {
				t.Fatal(err)
			}
			facts := fleet()
			for host, f := range facts {
				f = kept(f, c.current, verified(v1), verified(first), verified(second))
				f.History = c.history
				facts[host] = f
			}
			s, err := plan.Resolve(p, facts)
			if err != nil {
				t.Fatal(err)
			}
			if s.Release != c.want {
				t.Errorf("got %s, wanted %s", s.Release, c.want)
			}
		})
	}
}

func TestKeep(t *testing.T) {
	t.Parallel()
	cfg := shop()
	cfg.KeepReleases = 2
	p, err := plan.Build(cfg, built, ciRun("deploy"), now)
	if err != nil {
		t.Fatal(err)
	}
	failed := func(id deploy.ReleaseID) deploy.ReleaseFacts { return deploy.ReleaseFacts{ID: id, Staged: true} }
	const f1, f2, f3 = "20261104-000000-0000004-000004", "20261105-000000-0000005-000005", "20261106-000000-0000006-000006"
	facts := fleet()
	for host, f := range facts {
		facts[host] = kept(f, v3, verified(v1), verified(v2), verified(v3), failed(f1), failed(f2), failed(f3))
	}
	facts["jobs1"] = kept(fine("c"), v1, verified(v1)) // lags behind: its live release stays everywhere
	s, err := plan.Resolve(p, facts)
	if err != nil {
		t.Fatal(err)
	}
	want := []deploy.ReleaseID{v1, v3, f2, f3, p.Release}
	if diff := cmp.Diff(want, s.Keep()); diff != "" {
		t.Error(diff)
	}
}

// After a rollback and a new deployment three stay where two are kept: what was gone back from is still one of the newest that went well,
// and what ran last is where a rollback goes. The next deployment is left with two.
func TestKeepAfterARollback(t *testing.T) {
	t.Parallel()
	cfg := shop()
	cfg.KeepReleases = 2
	p, err := plan.Build(cfg, built, ciRun("deploy"), now)
	if err != nil {
		t.Fatal(err)
	}
	for live, want := range map[deploy.ReleaseID][]deploy.ReleaseID{
		v2: {v2, v3, p.Release}, // gone back to
		v3: {v3, p.Release},
	} {
		facts := fleet()
		for host, f := range facts {
			facts[host] = kept(f, live, verified(v1), verified(v2), verified(v3))
		}
		s, err := plan.Resolve(p, facts)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, s.Keep()); diff != "" {
			t.Errorf("with %s live: %s", live, diff)
		}
	}
}

// What the batches only wait for must fit into the timeout.
func TestBuildRefusesWaitsWithoutEnd(t *testing.T) {
	t.Parallel()
	cfg := shop()
	for role, block := range cfg.Activation {
		block.StableFor = 25 * time.Second
		cfg.Activation[role] = block
	}
	if _, err := plan.Build(cfg, built, ciRun("deploy"), now); err != nil {
		t.Errorf("all at once: %v", err)
	}
	cfg.Rollout.Batch = deploy.Portion{Count: 1}
	var problems deploy.Problems
	if _, err := plan.Build(cfg, built, ciRun("deploy"), now); !errors.As(err, &problems) || !strings.Contains(problems.Error(), "alone take 1m15s in 3 batches") {
		t.Errorf("one by one: %v", err)
	}
}

// What has no release yet has nothing to put into its checks: a rollback, before the hosts named one, and a clean-up.
func TestChecksOfNoRelease(t *testing.T) {
	t.Parallel()
	for name, run := range map[string]plan.Run{"rollback": ciRun("rollback"), "clean-up": ciRun("deploy")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run.Reconcile = name == "clean-up"
			cfg := shop()
			check := deploy.Check{Name: "Health", HTTP: &deploy.HTTPCheck{URL: "http://127.0.0.1/", Body: "${SLIPWAY_RELEASE}"}}
			cfg.Activation = map[string]deploy.Activation{"": {Verify: []deploy.Check{check}}}
			cfg.Fleet = []deploy.Check{check}
			if _, err := plan.Build(cfg, plan.Artifact{}, run, now); err != nil {
				t.Error(err)
			}
		})
	}
}

// A deploy path is its application's own, unless the deploy file means another's.
func TestReplaceApp(t *testing.T) {
	t.Parallel()
	cfg := shop()
	cfg.ReplaceApp = "blog"
	p, err := plan.Build(cfg, built, ciRun("deploy"), now)
	if err != nil {
		t.Fatal(err)
	}
	for owner, wanted := range map[deploy.Owner]bool{
		{}: true, p.Owner(): true, {App: "blog", Environment: "old"}: true, {App: "blog"}: true, {App: "wiki"}: false, {App: "shop", Environment: "x"}: false,
	} {
		facts := fleet()
		web2 := facts["web2"]
		web2.Owner = owner
		facts["web2"] = web2
		if _, err := plan.Resolve(p, facts); (err == nil) != wanted {
			t.Errorf("what belongs to %v: %v", owner, err)
		}
	}
}

// Hosts that were made from one image have one ID, and are different machines.
func TestImages(t *testing.T) {
	t.Parallel()
	p, err := plan.Build(shop(), built, ciRun("deploy"), now)
	if err != nil {
		t.Fatal(err)
	}
	facts := fleet()
	for name, f := range facts {
		f.ID, f.Machine = "a", "machine of "+name
		facts[name] = f
	}
	if _, err := plan.Resolve(p, facts); err != nil {
		t.Errorf("three machines of one image: %v", err)
	}
}

// A host need not be asked to delete something when the deployment has ended there, and all that lies there is to stay.
func TestPruned(t *testing.T) {
	t.Parallel()
	keep := []deploy.ReleaseID{v2, v3}
	ended := &deploy.JournalFacts{Outcome: string(deploy.OutcomeActivated)}
	for name, c := range map[string]struct {
		own  *deploy.JournalFacts
		has  []deploy.ReleaseFacts
		want bool
	}{
		"ended":           {ended, []deploy.ReleaseFacts{verified(v2), verified(v3)}, true},
		"ended unchanged": {&deploy.JournalFacts{Outcome: string(deploy.OutcomeUnchanged)}, []deploy.ReleaseFacts{verified(v3)}, true},
		"one too many":    {ended, []deploy.ReleaseFacts{verified(v1), verified(v3)}, false},
		"died":            {&deploy.JournalFacts{}, []deploy.ReleaseFacts{verified(v3)}, false},
		"failed":          {&deploy.JournalFacts{Outcome: string(deploy.OutcomeFailed)}, []deploy.ReleaseFacts{verified(v3)}, false},
		"never here":      {nil, nil, false},
	} {
		if got := (plan.Host{Facts: deploy.Facts{Own: c.own, Releases: c.has}}).Pruned(keep); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
