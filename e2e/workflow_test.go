//go:build e2e

package e2e

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// testWorkflow runs the workflows of examples/django by which a release goes live: a merge, a dispatch with a ref, and a re-run of that
// one, whose first attempt fails on a host. The rest of a week is in testWays.
func testWorkflow(ctx context.Context, t *testing.T) {
	fleet := startFleet(ctx, t, "workflow")
	a := newActions(ctx, t, fleet, "django")
	first := commit(ctx, t, a.Workspace)
	inRunner(ctx, t, a.Workspace, "deploy/build.sh")
	a.Built(t, 900, first, "production", []byte(read(t, filepath.Join(a.Workspace, "dist", "broken-brackets.tar.gz"))))

	merged := a.deployMerge(ctx, t, 901, "2")
	a.Repo.Branches = map[string][]string{"production": {first, merged}, "hotfix": {first}}
	a.API.Set(a.Repo)
	a.deployRefTwice(ctx, t, first, merged)
}

// deployMerge merges a version: what the merge is built of serves everywhere. The API knows of that run then.
func (a *Actions) deployMerge(ctx context.Context, t *testing.T, id int, version string) (merged string) {
	t.Helper()
	event := merge(ctx, t, a.Workspace, newVersion(ctx, t, a.Workspace, version))
	ran := a.Start(ctx, t, WorkflowRun{Workflow: "deploy.yml", Event: "push", Payload: event, ID: id})
	merged = commit(ctx, t, a.Workspace)
	told := ran.Uses["deploy"]
	told.want(t, map[string]string{
		"outcome": "activated", "revision": merged, "changed": "true", "hosts_activated": `["web1","web2","files1"]`, "url": "https://brackets.example.com",
	}, "ACTIVATED on 3 of 3 hosts", "commit "+merged[:7]+" by anna")
	if !strings.HasPrefix(told.Summary, "## ✅ production runs "+merged[:7]) {
		t.Errorf("the summary begins otherwise:\n%.200s", told.Summary)
	}
	a.serves(ctx, t, ran, true, version, told.Outputs["release"])
	tarball, err := os.ReadFile(filepath.Join(a.Artifacts, "site", "broken-brackets.tar.gz"))
	if err != nil {
		t.Fatal(err)
	}
	a.Built(t, int64(id), merged, "production", tarball)
	return merged
}

// deployRefTwice dispatches the branch hotfix while a host is not well, and runs the failed job again once it is. The branch has moved
// by then: what it named at first is deployed.
func (a *Actions) deployRefTwice(ctx context.Context, t *testing.T, first, merged string) {
	t.Helper()
	live := a.Fleet.On(ctx, t, "web1", "basename $(readlink /srv/www/broken_brackets/current)")
	const assets = " /srv/www/broken_brackets/shared/assets/puzzles"
	a.Fleet.On(ctx, t, "web2", "chmod 555"+assets)
	attempt := WorkflowRun{
		Workflow: "deploy-ref.yml", Event: "workflow_dispatch", ID: 910,
		Payload: dispatch(map[string]string{"environment": "production", "ref": "hotfix"}),
	}
	ran := a.Start(ctx, t, attempt)
	told := ran.Uses["deploy"]
	told.want(t, map[string]string{
		"outcome": "failed", "failed_phase": "prepare", "failed_step": "Keep static files", "hosts_failed": `["web2"]`, "revision": first, "changed": "false",
	}, "FAILED in prepare", "run 900 of .github/workflows/deploy.yml (push on production) built the artifact of "+first[:7])
	if errors := told.Annotations["error"]; len(errors) != 1 || !strings.Contains(errors[0], "Keep static files failed on web2") {
		t.Errorf("annotations of errors: %q", errors)
	}
	a.serves(ctx, t, ran, false, "2", live)

	a.Fleet.On(ctx, t, "web2", "chmod 755"+assets)
	a.Repo.Branches["hotfix"] = []string{first, merged}
	a.API.Set(a.Repo)
	asked := len(a.API.Asked())
	attempt.Attempt, attempt.By = 2, "ben"
	ran = a.Start(ctx, t, attempt)
	told = ran.Uses["deploy"]
	told.want(t, map[string]string{"outcome": "activated", "revision": first, "hosts_activated": `["web1","web2","files1"]`},
		"Resuming run 910: attempt 1 (anna) stopped in prepare; attempt 2 by ben",
		"kept Upload (attempt 1) web1 web2 files1", "kept Keep static files (attempt 1) web1",
		"which an earlier attempt deployed for `hotfix`, and so this one does")
	for _, path := range a.API.Asked()[asked:] {
		if strings.Contains(path, "/commits/") && !strings.HasSuffix(path, "/pulls") { // whose pull requests brought it is asked when it is live
			t.Errorf("the second attempt looks the ref up again: %s", path)
		}
	}
	if slices.ContainsFunc(told.Lines, func(line string) bool { return strings.Contains(line, "waiting for") }) {
		t.Error("the second attempt waits for the first one's lock")
	}
	a.serves(ctx, t, ran, true, "1", told.Outputs["release"])
}

// serves checks how an attempt ended, and which version every host of production serves.
func (a *Actions) serves(ctx context.Context, t *testing.T, ran Ran, green bool, version, release string) {
	t.Helper()
	checkPages(ctx, t, a.Fleet, version, release)
	ran.must(t, green)
}
