//go:build e2e

package e2e

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
)

// testStaticSite deploys examples/static-site to the BusyBox host with inputs alone, as its workflow does: a version, the next one, and one
// that the web server does not show.
func testStaticSite(ctx context.Context, t *testing.T) {
	fleet := startFleet(ctx, t, "static")
	workspace := checkout(ctx, t, "static-site")
	page := filepath.Join(workspace, "site", "index.html")
	first := read(t, page)
	deploy := func(run string, exit int, verify string) Outcome {
		t.Helper()
		archive(ctx, t, workspace)
		outcome := Action{
			Workspace: workspace, Commit: commit(ctx, t, workspace), RunID: run, Network: fleet.Network,
			With: map[string]string{
				"artifact": "site.tar.gz", "hosts": "deploy@files1.example.com", "deploy_path": "/srv/www/static_site",
				"verify": verify, "ssh_key": fleet.Key, "known_hosts": fleet.KnownHosts,
			},
		}.Use(ctx, t, "static-site-"+run)
		if outcome.Exit != exit {
			t.Fatalf("exit %d, want %d:\n%s", outcome.Exit, exit, outcome.Raw)
		}
		return outcome
	}
	serves := func(want string) {
		t.Helper()
		if got := fleet.Page(ctx, t, "files1", "/static/"); !strings.Contains(got, want) {
			t.Errorf("the page is not that of %s:\n%s", want, got)
		}
	}
	verify := exampleInput(t, "verify")
	deploy("501", 0, verify)
	serves("Version 1.")
	write(t, page, strings.ReplaceAll(first, "Version 1.", "Version 2."))
	deploy("502", 0, verify)
	serves("Version 2.")
	// A page that is not the release's: nothing to compare with is one, too.
	write(t, page, strings.ReplaceAll(first, "Version 1.", "Version 3."))
	deploy("503", 3, strings.ReplaceAll(verify, "/static/", "/"))
	serves("Version 2.")
}

// archive commits what lies in a checkout of the static site and packs it as its workflow does.
func archive(ctx context.Context, t *testing.T, workspace string) {
	t.Helper()
	run(ctx, t, "git", "-C", workspace, "-c", "user.name=Anna", "-c", "user.email=anna@example.com", "commit", "--quiet", "--all", "--allow-empty", "--message", "next")
	run(ctx, t, "git", "-C", workspace, "archive", "--output", "site.tar.gz", "HEAD:site")
}

// exampleInput is an input of one line in the static site's workflow.
func exampleInput(t *testing.T, name string) string {
	t.Helper()
	for line := range strings.Lines(read(t, filepath.Join(repository(t), "examples", "static-site", ".github", "workflows", "deploy.yml"))) {
		if value, is := strings.CutPrefix(strings.TrimSpace(line), name+": "); is {
			return value
		}
	}
	t.Fatalf("the workflow has no input %s", name)
	return ""
}
