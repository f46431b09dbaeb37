package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/github/githubtest"
	"github.com/slipway/slipway/internal/secret"
)

const token = "ghs_correcthorsebatterystaple"

func sha(digit string) string { return strings.Repeat(digit, 40) }

// start is a server with a repository, and a client of it that does not wait long between two tries.
func start(t *testing.T, repo githubtest.Repo) (*githubtest.Server, *Client) {
	t.Helper()
	server := githubtest.Start("acme/site", token)
	t.Cleanup(func() {
		for _, wrong := range server.Wrong() {
			t.Errorf("the client did wrong: %s", wrong)
		}
		server.Close()
	})
	server.Set(repo)
	client, err := New(Options{API: server.API(), Repository: "acme/site", Token: secret.New(token)})
	if err != nil {
		t.Fatal(err)
	}
	client.http.RetryWaitMin, client.http.RetryWaitMax = time.Millisecond, 10*time.Millisecond
	return server, client
}

func TestResolve(t *testing.T) {
	t.Parallel()
	_, client := start(t, githubtest.Repo{
		Branches: map[string][]string{"main": {sha("1"), sha("2")}, "release/1#x": {sha("1")}, "both": {sha("1")}, "abcdef0": {sha("2")}},
		Tags:     map[string]string{"v1.0": sha("1"), "both": sha("2")},
		Pulls:    map[string]string{"12/merge": sha("3")},
		Runs:     []githubtest.Run{{ID: 1, Commit: "abcdef1" + sha("9")[7:]}},
	})
	for ref, want := range map[string]Named{
		"main":                    {"refs/heads/main", sha("2")},
		"refs/heads/main":         {"refs/heads/main", sha("2")},
		"release/1#x":             {"refs/heads/release/1#x", sha("1")},
		"v1.0":                    {"refs/tags/v1.0", sha("1")},
		"refs/tags/both":          {"refs/tags/both", sha("2")},
		"refs/pull/12/merge":      {"refs/pull/12/merge", sha("3")},
		sha("1"):                  {"", sha("1")},
		"abcdef1":                 {"", "abcdef1" + sha("9")[7:]},
		"abcdef0":                 {"refs/heads/abcdef0", sha("2")}, // a branch may look like a commit
		"both":                    {},
		"gone":                    {},
		"refs/heads/v1.0":         {},
		"refs/pull/13/merge":      {},
		sha("8"):                  {},
		"HEAD":                    {},
		"refs/heads/main/../main": {},
	} {
		got, err := client.Resolve(t.Context(), ref)
		if got != want || (err == nil) != (want.Commit != "") {
			t.Errorf("%s: %+v, %v; wanted %+v", ref, got, err, want)
		}
	}
	if _, err := client.Resolve(t.Context(), "both"); err == nil || !strings.Contains(err.Error(), "both is a branch and a tag") {
		t.Error(err)
	}
}

func TestContains(t *testing.T) {
	t.Parallel()
	_, client := start(t, githubtest.Repo{
		Branches: map[string][]string{"main": {sha("1"), sha("2")}, "other": {sha("1"), sha("3")}}, Tags: map[string]string{"main": sha("3")},
	})
	for _, test := range []struct {
		ref, commit string
		want        bool
	}{
		{"refs/heads/main", sha("1"), true},
		{"refs/heads/main", sha("2"), true},
		{"refs/heads/main", sha("3"), false},
		{"refs/heads/gone", sha("1"), false},
		{"refs/tags/main", sha("3"), true},
		{"refs/heads/main", sha("1")[:12], true},
		{"refs/heads/main", sha("2")[:12], true},
		{"refs/heads/main", sha("3")[:12], false},
	} {
		if got, err := client.Contains(t.Context(), test.ref, test.commit); got != test.want || err != nil {
			t.Errorf("%s contains %.7s: %v, %v", test.ref, test.commit, got, err)
		}
	}
}

func TestDiffer(t *testing.T) {
	t.Parallel()
	_, client := start(t, githubtest.Repo{Branches: map[string][]string{"main": {sha("1"), sha("2"), sha("3")}, "other": {sha("1"), sha("4")}}})
	for _, test := range []struct {
		one, other    string
		only, missing int
	}{
		{sha("3"), sha("1"), 2, 0}, {sha("1"), sha("3"), 0, 2}, {sha("2"), sha("2"), 0, 0}, {sha("3"), sha("4"), 2, 1},
	} {
		if only, missing, err := client.Differ(t.Context(), test.one, test.other); only != test.only || missing != test.missing || err != nil {
			t.Errorf("%.7s and %.7s: %d, %d, %v", test.one, test.other, only, missing, err)
		}
	}
	if _, _, err := client.Differ(t.Context(), sha("3"), sha("9")); err == nil || !strings.Contains(err.Error(), "compare 9999999 with 3333333: acme/site has none (404)") {
		t.Error(err)
	}
}

func file(id int64, name string) githubtest.File {
	return githubtest.File{ID: id, Name: name, Content: []byte(fmt.Sprint("content of ", id))}
}

func TestFind(t *testing.T) {
	t.Parallel()
	good := func(id int64, artifacts ...githubtest.File) githubtest.Run {
		return githubtest.Run{ID: id, Branch: "main", Commit: sha("1"), Artifacts: artifacts}
	}
	with := func(run githubtest.Run, change func(*githubtest.Run)) githubtest.Run {
		change(&run)
		return run
	}
	branches := map[string][]string{"main": {sha("1"), sha("2")}, "other": {sha("2")}}
	rule := &deploy.ProvenanceRule{Workflow: ".github/workflows/build.yml", Branches: []string{"main", "release/*"}, Events: []string{"push"}}
	for name, test := range map[string]struct {
		runs   []githubtest.Run
		change func(*Wanted)
		want   int64 // ID of the artifact
		cause  string
	}{
		"one":        {runs: []githubtest.Run{good(1, file(11, "coverage"), file(12, "site"))}, want: 12},
		"the newest": {runs: []githubtest.Run{good(1, file(11, "site")), good(3, file(13, "site")), good(2, file(12, "site"))}, want: 13},
		"the newest of one name, as a repeated run has": {runs: []githubtest.Run{good(1, file(13, "site"), file(11, "site"), file(12, "site"))}, want: 13},
		"one that was kept to":                          {runs: []githubtest.Run{good(3, file(13, "site")), good(1, file(11, "site"))}, change: func(w *Wanted) { w.RunID = 1 }, want: 11},
		"without a zip":                                 {runs: []githubtest.Run{good(1, file(11, "site.tar.gz"))}, change: func(w *Wanted) { w.Artifact = "site.tar.gz" }, want: 11},
		"an older run, since the newer ones failed": {runs: []githubtest.Run{
			with(good(4, file(14, "site")), func(r *githubtest.Run) { r.Conclusion = "failure" }),
			with(good(3, file(13, "site")), func(r *githubtest.Run) { r.Status = "in_progress" }),
			good(2, file(12, "site")),
		}, want: 12},
		"an older run, since the newer one's expired": {runs: []githubtest.Run{
			good(2, githubtest.File{ID: 12, Name: "site", Expired: true}), good(1, file(11, "site")),
		}, want: 11},
		"by workflow file": {runs: []githubtest.Run{
			with(good(2, file(12, "site")), func(r *githubtest.Run) { r.Workflow = ".github/workflows/nightly.yml" }),
			with(good(1, file(11, "site")), func(r *githubtest.Run) { r.Workflow = ".github/workflows/build.yml@refs/heads/main" }),
		}, change: func(w *Wanted) { w.Workflow = "build.yml" }, want: 11},
		"by workflow name": {runs: []githubtest.Run{
			with(good(2, file(12, "site")), func(r *githubtest.Run) { r.Name = "Nightly" }), good(1, file(11, "site")),
		}, change: func(w *Wanted) { w.Workflow = "Build" }, want: 11},
		"what keeps to the rule": {runs: []githubtest.Run{good(1, file(11, "site"))}, change: func(w *Wanted) { w.Rule = rule }, want: 11},

		"nothing":                 {cause: "no run of CI was for 1111111: nothing was built of it"},
		"no artifacts":            {runs: []githubtest.Run{good(1)}, cause: "run 1 of .github/workflows/build.yml has no artifacts"},
		"another artifact":        {runs: []githubtest.Run{good(1, file(11, "coverage"))}, cause: `has other artifacts: "coverage"`},
		"another workflow":        {runs: []githubtest.Run{good(1, file(11, "site"))}, change: func(w *Wanted) { w.Workflow = "release.yml" }, cause: "no run of release.yml was for 1111111: there are runs of .github/workflows/build.yml"},
		"failed":                  {runs: []githubtest.Run{with(good(1, file(11, "site")), func(r *githubtest.Run) { r.Conclusion = "failure" })}, cause: "ended in failure"},
		"running":                 {runs: []githubtest.Run{with(good(1, file(11, "site")), func(r *githubtest.Run) { r.Status = "queued" })}, cause: "has not ended (queued)"},
		"of a fork":               {runs: []githubtest.Run{with(good(1, file(11, "site")), func(r *githubtest.Run) { r.From = "mallory/site" })}, cause: "is of another repository: mallory/site"},
		"of a pull request":       {runs: []githubtest.Run{with(good(1, file(11, "site")), func(r *githubtest.Run) { r.Event = "pull_request" })}, cause: "the merge of that, not this commit"},
		"expired":                 {runs: []githubtest.Run{good(1, githubtest.File{ID: 11, Name: "site", Expired: true})}, cause: "expired on 2026-12-20: run .github/workflows/build.yml again (https://github.example/acme/site/actions/runs/1)"},
		"against the rule, event": {runs: []githubtest.Run{with(good(1, file(11, "site")), func(r *githubtest.Run) { r.Event = "workflow_dispatch" })}, change: func(w *Wanted) { w.Rule = rule }, cause: "wants the event push"},
		"against the rule, branch": {
			runs: []githubtest.Run{with(good(1, file(11, "site")), func(r *githubtest.Run) { r.Branch = "feature" })}, change: func(w *Wanted) { w.Rule = rule },
			cause: "wants the branch main or release/*",
		},
		"against the rule, workflow": {
			runs: []githubtest.Run{with(good(1, file(11, "site")), func(r *githubtest.Run) { r.Workflow = ".github/workflows/x.yml" })}, change: func(w *Wanted) { w.Rule = rule },
			cause: "wants .github/workflows/build.yml",
		},
		"a tag that is called as the branch": {
			runs:   []githubtest.Run{with(good(1, file(11, "site")), func(r *githubtest.Run) { r.Commit = sha("3") })},
			change: func(w *Wanted) { w.Rule, w.Commit = rule, sha("3") }, cause: "which the branch main does not contain",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, client := start(t, githubtest.Repo{Runs: test.runs, Branches: branches})
			wanted := Wanted{Commit: sha("1"), Artifact: "site"}
			if test.change != nil {
				test.change(&wanted)
			}
			got, err := client.Find(t.Context(), wanted)
			if test.cause != "" {
				if err == nil || !strings.Contains(err.Error(), test.cause) {
					t.Errorf("%v, wanted %q", err, test.cause)
				}
				return
			}
			if err != nil || got.ID != test.want {
				t.Errorf("artifact %d, %v; wanted %d", got.ID, err, test.want)
			}
		})
	}
}

func TestFindReadsAllPages(t *testing.T) {
	t.Parallel()
	repo := githubtest.Repo{}
	for id := int64(30); id > 0; id-- {
		repo.Runs = append(repo.Runs, githubtest.Run{ID: id, Commit: sha("1"), Conclusion: "failure"})
	}
	last := &repo.Runs[29]
	last.Conclusion = ""
	for id := int64(100); id < 109; id++ {
		last.Artifacts = append(last.Artifacts, file(id, fmt.Sprint("leg", id)))
	}
	server, client := start(t, repo)
	server.PerPage = 4
	got, err := client.Find(t.Context(), Wanted{Commit: sha("1"), Artifact: "leg108"})
	if err != nil || got.ID != 108 || got.By.RunID != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	want := deploy.Provenance{RunID: 1, URL: "https://github.example/acme/site/actions/runs/1", Workflow: ".github/workflows/build.yml", Event: "push", Commit: sha("1"), Artifact: "leg108", ArtifactID: 108}
	if got.By != want || got.SHA256 == "" {
		t.Errorf("%+v, wanted %+v", got.By, want)
	}
}

// The very artifact of a record is found by its number, though a newer one has its name; else it is said why not.
func TestRecorded(t *testing.T) {
	t.Parallel()
	expired := file(13, "old")
	expired.Expired = true
	server, client := start(t, githubtest.Repo{Runs: []githubtest.Run{{ID: 1, Commit: sha("1"), Artifacts: []githubtest.File{file(11, "site"), file(12, "site"), expired}}}})
	server.PerPage = 1
	by := deploy.Provenance{RunID: 1, Commit: sha("1"), Artifact: "site"}
	for id, want := range map[int64]string{
		0: "no artifact of CI is recorded", 11: "", 12: "", 13: "expired on 20", 14: `run 1 has the artifact "site" no more`,
	} {
		by.ArtifactID = id
		got, err := client.Recorded(t.Context(), by)
		if want == "" && (err != nil || got.ID != id || got.Name != "site" || got.SHA256 == "") || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%d: %+v, %v, wanted %q", id, got, err, want)
		}
	}
	by.RunID, by.ArtifactID = 2, 11
	if _, err := client.Recorded(t.Context(), by); err == nil || !strings.Contains(err.Error(), "(404)") {
		t.Error(err)
	}
}

// What the API says instead of an answer: it is waited for, or explained.
func TestFaults(t *testing.T) {
	t.Parallel()
	header := func(pairs ...string) http.Header {
		h := http.Header{}
		for i := 0; i < len(pairs); i += 2 {
			h.Set(pairs[i], pairs[i+1])
		}
		return h
	}
	reset := fmt.Sprint(time.Now().Unix())
	storm := make([]githubtest.Answer, 20)
	for i := range storm {
		storm[i] = githubtest.Answer{Status: http.StatusBadGateway, Body: "<html>"}
	}
	for name, test := range map[string]struct {
		answers []githubtest.Answer
		lacks   string
		token   string
		cause   string
		hint    string
		again   bool // another try may go well
	}{
		"5xx, then it is well":         {answers: storm[:3]},
		"a 5xx storm":                  {answers: storm, cause: "it goes on answering 502", again: true},
		"429 with Retry-After":         {answers: []githubtest.Answer{{Status: 429, Header: header("Retry-After", "1")}}},
		"secondary limit, Retry-After": {answers: []githubtest.Answer{{Status: 403, Header: header("Retry-After", "1"), Body: `{"message":"You have exceeded a secondary rate limit."}`}}},
		"primary limit, soon over":     {answers: []githubtest.Answer{{Status: 403, Header: header("X-RateLimit-Remaining", "0", "X-RateLimit-Reset", reset), Body: `{"message":"API rate limit exceeded"}`}}},
		"primary limit, for longer than there is time": {
			answers: []githubtest.Answer{{Status: 403, Header: header("X-RateLimit-Remaining", "0", "X-RateLimit-Reset", fmt.Sprint(time.Now().Add(time.Hour).Unix()))}},
			cause:   "its rate limit is used up until", again: true,
		},
		"secondary limit that says nothing": {
			answers: []githubtest.Answer{{Status: 403, Body: `{"message":"You have exceeded a secondary rate limit."}`}}, cause: "its rate limit is used up until", again: true,
		},
		"no permission":          {lacks: "actions: read", cause: "403 Resource not accessible by integration", hint: "permissions: {actions: read}"},
		"a private repository":   {answers: []githubtest.Answer{{Status: 404, Body: `{"message":"Not Found"}`}}, cause: "acme/site has none (404)", hint: "permissions: {actions: read}"},
		"a token that is no use": {token: "ghs_stale", cause: "the token was refused (401 Bad credentials)", hint: "github_token"},
		"no JSON":                {answers: []githubtest.Answer{{Status: 200, Body: "<html>"}}, cause: "invalid character", again: true},
		"a body without an end":  {answers: []githubtest.Answer{{Status: 200, Body: `{"workflow_runs":[` + strings.Repeat(" ", answerLimit) + "]}"}}, cause: "the answer is longer than 32 MiB", again: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, client := start(t, githubtest.Repo{Runs: []githubtest.Run{{ID: 1, Commit: sha("1"), Artifacts: []githubtest.File{file(11, "site")}}}})
			server.Lacks = test.lacks
			server.Fail("/actions/runs", test.answers...)
			if test.token != "" {
				var err error
				if client, err = New(Options{API: server.API(), Repository: "acme/site", Token: secret.New(test.token)}); err != nil {
					t.Fatal(err)
				}
			}
			ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
			defer cancel()
			_, err := client.Find(ctx, Wanted{Commit: sha("1"), Artifact: "site"})
			if test.cause == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			var failure *deploy.Error
			if !errors.As(err, &failure) || !strings.Contains(failure.Cause.Error(), test.cause) || !strings.Contains(failure.Hint, test.hint) {
				t.Fatalf("%v, wanted %q (%q)", err, test.cause, test.hint)
			}
			if (failure.Fault == deploy.FaultHost) != test.again {
				t.Errorf("%v: fault %q", err, failure.Fault)
			}
		})
	}
}

func TestLocation(t *testing.T) {
	t.Parallel()
	server, client := start(t, githubtest.Repo{
		Runs: []githubtest.Run{{ID: 1, Commit: sha("1"), Artifacts: []githubtest.File{
			file(11, "site"), {ID: 12, Name: "expired", Expired: true}, {ID: 13, Name: "deleted", Deleted: true},
		}}},
		Releases: map[string][]githubtest.File{"release/1.0": {file(21, "site.tar.gz")}},
	})
	location, _, err := client.Location(t.Context(), Stored{ID: 11, Name: "site"})
	if err != nil || !strings.Contains(location, "/storage/artifact/11?sig=") {
		t.Errorf("%q, %v", location, err)
	}
	for id, cause := range map[int64]string{12: "it has expired or was deleted (410", 13: "has none (404)"} {
		if _, _, err := client.Location(t.Context(), Stored{ID: id, Name: "site"}); err == nil || !strings.Contains(err.Error(), cause) {
			t.Errorf("%d: %v", id, err)
		}
	}
	asset, err := client.Asset(t.Context(), "release/1.0", "site.tar.gz")
	if err != nil || asset.ID != 21 || asset.SHA256 == "" {
		t.Fatalf("%+v, %v", asset, err)
	}
	location, header, err := client.Location(t.Context(), asset)
	if err != nil || !strings.Contains(location, "/storage/asset/21?sig=") || header != nil {
		t.Errorf("%q, %q, %v", location, header, err)
	}
	server.Streams = true
	location, header, err = client.Location(t.Context(), asset)
	if err != nil || location != server.API()+"/repos/acme/site/releases/assets/21" || header.Get("Authorization") != "Bearer "+token {
		t.Errorf("%q, %q, %v", location, header, err)
	}
	if _, err := client.Asset(t.Context(), "release/1.0", "app.tar.gz"); err == nil || !strings.Contains(err.Error(), "has no asset app.tar.gz: it has site.tar.gz") {
		t.Error(err)
	}
	server.Fail("/zip", githubtest.Answer{Status: http.StatusMovedPermanently, Header: http.Header{"Location": {"https://other.example/x"}}})
	if _, _, err := client.Location(t.Context(), Stored{ID: 11}); err == nil || !strings.Contains(err.Error(), "cross-host") {
		t.Errorf("a redirect of the API to another host: %v", err)
	}
}

func TestVersionOf(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]string{publicAPI: "2026-03-10", "https://github.acme.example/api/v3/": "2022-11-28"} {
		if got := versionOf(base); got != want {
			t.Errorf("%s speaks %s", base, got)
		}
	}
	for _, repository := range []string{"", "acme", "/site", "acme/", "a/b/c"} {
		if _, err := New(Options{Repository: repository}); err == nil {
			t.Errorf("%q is taken for a repository", repository)
		}
	}
}
