//go:build e2e

package e2e

import (
	"context"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/github/githubtest"
)

// week is what happens to examples/django under its workflows, one after the other.
type week struct {
	*Actions
	first, second string // commits of versions 1 and 2
	release       string // that production runs
}

// testWays runs every workflow of examples/django, on staging and production: make e2e-ways.
func testWays(ctx context.Context, t *testing.T) {
	fleet := startFleet(ctx, t, "ways")
	fleet.boot(ctx, t, "staging1", debianImage, "--volume", supervisord(t))
	fleet.awaitHosts(ctx, t, "staging1")
	w := &week{Actions: newActions(ctx, t, fleet, "django")}
	w.first = commit(ctx, t, w.Workspace)
	inRunner(ctx, t, w.Workspace, "deploy/build.sh")
	w.Built(t, 900, w.first, "production", []byte(read(t, filepath.Join(w.Workspace, "dist", "broken-brackets.tar.gz"))))
	w.Repo.Branches["production"], w.Repo.Tags["v1"] = []string{w.first}, w.first
	w.Repo.Pulls = map[string]string{"7/merge": w.first}
	w.API.Set(w.Repo)

	for _, day := range []struct {
		name string
		run  func(context.Context, *testing.T)
	}{
		{"a tag to staging", w.pickStaging},
		{"staging to production", w.promote},
		{"plan of a pull request", w.plan},
		{"plan of a fork's pull request", w.planOfFork},
		{"drift", w.drift},
		{"page", w.page},
		{"a merge, and all its jobs again", w.mergeTwice},
		{"what is refused", w.refused},
	} {
		if !t.Run(day.name, func(t *testing.T) { day.run(ctx, t) }) {
			t.Fatalf("%s went wrong: what comes after it would say nothing", day.name)
		}
	}
}

// pickStaging deploys a tag to the environment that was picked, and to no other.
func (w *week) pickStaging(ctx context.Context, t *testing.T) {
	ran := w.Start(ctx, t, WorkflowRun{
		Workflow: "deploy-ref.yml", Event: "workflow_dispatch", ID: 901, Payload: dispatch(map[string]string{"environment": "staging", "ref": "v1"}),
	})
	told := ran.Uses["deploy"]
	told.want(t, map[string]string{
		"outcome": "activated", "revision": w.first, "hosts_activated": `["staging1"]`, "url": "https://staging.example.com",
	}, "ACTIVATED on 1 of 1 host")
	if page := w.Fleet.Page(ctx, t, "staging1", "/"); !strings.Contains(page, "Version 1, release "+told.Outputs["release"]) {
		t.Errorf("staging serves\n%s", page)
	}
	for _, host := range hosts {
		if found := w.Fleet.On(ctx, t, host, "ls -A /srv/www"); found != "" {
			t.Errorf("%s has %s", host, found)
		}
	}
	ran.must(t, true)
}

// promote shows what would happen, and then takes what staging runs to production: the very artifact, which CI still keeps.
func (w *week) promote(ctx context.Context, t *testing.T) {
	asked := len(w.API.Asked())
	ran := w.Start(ctx, t, WorkflowRun{Workflow: "promote.yml", Event: "workflow_dispatch", ID: 902, Payload: dispatch(nil)})
	plan, told := ran.Uses["plan"], ran.Uses["promote"]
	plan.want(t, map[string]string{"changes": "true"}, "promote broken-brackets -> production", "Changes: yes")
	if !strings.HasPrefix(plan.Summary, "## 📋 Plan: promote broken-brackets") {
		t.Errorf("the plan's page begins otherwise:\n%.200s", plan.Summary)
	}
	told.want(t, map[string]string{"outcome": "activated", "revision": w.first, "hosts_activated": `["web1","web2","files1"]`},
		"ACTIVATED on 3 of 3 hosts", "promoted from staging, which runs it as ")
	if downloads := w.API.Asked()[asked:]; !slices.Contains(downloads, "/repos/example/django/actions/artifacts/900/zip") {
		t.Errorf("the artifact was not taken from CI, which was asked for %q", downloads)
	}
	w.release = told.Outputs["release"]
	w.serves(ctx, t, ran, true, "1", w.release)
}

// plan says what a merge would change, on the job's page and in a comment, and changes nothing.
func (w *week) plan(ctx context.Context, t *testing.T) {
	git(ctx, t, w.Workspace, "checkout", "--quiet", newVersion(ctx, t, w.Workspace, "2")) // merged with production as it is, GitHub's merge is the same
	before := w.deployments(ctx, t)
	ran := w.Start(ctx, t, WorkflowRun{Workflow: "plan.yml", Event: "pull_request", ID: 903, Payload: pullRequest("example/django")})
	told := ran.Uses["plan"]
	told.want(t, map[string]string{"changes": "true"}, "deploy broken-brackets -> production "+w.first[:7], "migrate Migrate web1", "Changes: yes")
	for _, piece := range []string{"## 📋 Plan: deploy broken-brackets", "public/version.txt", "\n-1\n+2\n"} {
		if !strings.Contains(told.Summary, piece) {
			t.Errorf("the page has no %q:\n%s", piece, told.Summary)
		}
	}
	if comments := w.API.Comments(); len(comments) != 1 || comments[0].Pull != "7" || !strings.Contains(comments[0].Body, "\n-1\n+2\n") {
		t.Errorf("comments on the pull request: %+v", comments)
	}
	if after := w.deployments(ctx, t); after != before {
		t.Errorf("the hosts' journals were %s and are %s", before, after)
	}
	w.serves(ctx, t, ran, true, "1", w.release)
}

// planOfFork has no secrets and a token that may only read: it asks no host, comments on nothing, and is green.
func (w *week) planOfFork(ctx context.Context, t *testing.T) {
	w.API.Lacks = "pull-requests: write"
	defer func() { w.API.Lacks = "" }()
	ran := w.Start(ctx, t, WorkflowRun{Workflow: "plan.yml", Event: "pull_request", ID: 904, Payload: pullRequest("mallory/django"), OfFork: true})
	told := ran.Uses["plan"]
	told.want(t, map[string]string{"changes": "true"}, "as in pull requests of forks", "migrate Migrate web1", "No host was asked")
	if len(told.Annotations) > 0 || len(w.API.Comments()) != 1 {
		t.Errorf("annotations %q, comments %+v", told.Annotations, w.API.Comments())
	}
	w.serves(ctx, t, ran, true, "1", w.release)
	git(ctx, t, w.Workspace, "checkout", "--quiet", "production")
}

// pullRequest is what the event of a pull request from version 2 of a repository says.
func pullRequest(head string) map[string]any {
	return map[string]any{
		"action": "synchronize", "number": 7,
		"pull_request": map[string]any{
			"number": 7, "base": map[string]any{"ref": "production"},
			"head": map[string]any{"ref": "version-2", "repo": map[string]any{"full_name": head, "fork": head != "example/django"}},
		},
	}
}

// deployments counts the journals on each host of production.
func (w *week) deployments(ctx context.Context, t *testing.T) (counts string) {
	t.Helper()
	for _, host := range hosts {
		counts += " " + w.Fleet.On(ctx, t, host, "ls /srv/www/broken_brackets/.slipway/deployments | wc -l")
	}
	return counts
}

// drift is quiet while all is as it was deployed, and warns, green, of a file that somebody changed.
func (w *week) drift(ctx context.Context, t *testing.T) {
	nightly := WorkflowRun{Workflow: "drift.yml", Event: "schedule", ID: 905, Payload: map[string]any{"repository": map[string]any{"default_branch": "production"}}}
	ran := w.Start(ctx, t, nightly)
	told := ran.Uses["drift"]
	told.want(t, map[string]string{"outcome": "ok", "exit_code": "0", "release": w.release}, "OK: 3 hosts")
	if len(told.Annotations) > 0 {
		t.Errorf("annotations where all is well: %q", told.Annotations)
	}
	ran.must(t, true)

	const page = "/srv/www/broken_brackets/current/public/index.html"
	w.Fleet.On(ctx, t, "web2", "cp -p "+page+" /tmp/kept && echo '<!-- hotfix -->' >>"+page)
	nightly.ID++
	ran = w.Start(ctx, t, nightly)
	told = ran.Uses["drift"]
	told.want(t, map[string]string{"outcome": "drifted", "exit_code": "10"}, "DRIFTED: 1 of 3 hosts")
	if warnings := told.Annotations["warning"]; len(warnings) != 1 || !strings.Contains(warnings[0], "web2 is drifted") || !strings.Contains(warnings[0], "changed  public/index.html") {
		t.Errorf("warnings: %q", warnings)
	}
	w.Fleet.On(ctx, t, "web2", "cp -p /tmp/kept "+page)
	w.serves(ctx, t, ran, true, "1", w.release)
}

// page publishes what runs where, after a deployment.
func (w *week) page(ctx context.Context, t *testing.T) {
	ran := w.Start(ctx, t, WorkflowRun{Workflow: "deploy-page.yml", Event: "workflow_run", ID: 907, Payload: map[string]any{
		"workflow_run": map[string]any{"name": "deploy", "conclusion": "success"}, "repository": map[string]any{"default_branch": "production"},
	}})
	ran.must(t, true)
	page := read(t, filepath.Join(w.Artifacts, "published", "index.html"))
	for _, piece := range []string{"<!doctype html>", "broken-brackets", "production", w.first[:7], w.release, "web1", "files1"} {
		if !strings.Contains(page, piece) {
			t.Errorf("the published page has no %q", piece)
		}
	}
	if strings.Contains(page, djangoKey) {
		t.Error("a secret is on the published page")
	}
}

// mergeTwice deploys a merge, and then runs all its jobs again: what they built anew is the same, and nothing changes.
func (w *week) mergeTwice(ctx context.Context, t *testing.T) {
	event := merge(ctx, t, w.Workspace, "version-2")
	w.second = commit(ctx, t, w.Workspace)
	attempt := WorkflowRun{Workflow: "deploy.yml", Event: "push", Payload: event, ID: 908}
	ran := w.Start(ctx, t, attempt)
	told := ran.Uses["deploy"]
	told.want(t, map[string]string{"outcome": "activated", "revision": w.second, "previous_release": w.release}, "ACTIVATED on 3 of 3 hosts")
	w.release = told.Outputs["release"]
	w.serves(ctx, t, ran, true, "2", w.release)

	attempt.Attempt, attempt.By = 2, "ben"
	ran = w.Start(ctx, t, attempt)
	told = ran.Uses["deploy"]
	told.want(t, map[string]string{"outcome": "unchanged", "release": w.release}, "UNCHANGED", "preflight ok 3 hosts, all on "+w.release)
	w.serves(ctx, t, ran, true, "2", w.release)
}

// refused are dispatches that cannot be carried out: each says why, and what to do, and production goes on as it was.
func (w *week) refused(ctx context.Context, t *testing.T) {
	expired := w.Repo
	expired.Runs = []githubtest.Run{w.Repo.Runs[0]}
	expired.Runs[0].Artifacts = []githubtest.File{{ID: 900, Name: "site", Expired: true}}
	for i, refusal := range []struct {
		name   string
		inputs map[string]string
		repo   githubtest.Repo
		lacks  string // a permission
		says   string
	}{
		{name: "a ref that there is not", inputs: map[string]string{"ref": "nowhere"}, repo: w.Repo, says: "example/django has no ref nowhere"},
		{name: "an artifact that expired", repo: expired, says: "expired on "},
		{name: "a permission that is missing", repo: w.Repo, lacks: "actions: read", says: "permissions: {actions: read}"},
		{name: "an environment of GitHub's alone", inputs: map[string]string{"environment": "github-pages"}, repo: w.Repo, says: "there are staging, production"},
	} {
		w.API.Set(refusal.repo)
		w.API.Lacks = refusal.lacks
		inputs := map[string]string{"environment": "production", "ref": "v1"}
		maps.Copy(inputs, refusal.inputs)
		ran := w.Start(ctx, t, WorkflowRun{Workflow: "deploy-ref.yml", Event: "workflow_dispatch", ID: 910 + i, Payload: dispatch(inputs)})
		told := ran.Uses["deploy"]
		told.want(t, map[string]string{"changed": "false"}, refusal.says)
		if len(told.Annotations["error"]) != 1 {
			t.Errorf("%s: annotations of errors: %q", refusal.name, told.Annotations["error"])
		}
		if t.Failed() {
			t.Errorf("%s is not as it should be", refusal.name)
		}
		w.serves(ctx, t, ran, false, "2", w.release)
	}
}
