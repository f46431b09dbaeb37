//go:build e2e

package e2e

import (
	"context"
	"strings"
	"testing"
)

// testStaticSite deploys examples/static-site to the BusyBox host with inputs alone, as its workflow does.
func testStaticSite(ctx context.Context, t *testing.T) {
	fleet := startFleet(ctx, t, "static")
	workspace := checkout(ctx, t, "static-site")
	run(ctx, t, "git", "-C", workspace, "archive", "--output", "site.tar.gz", "HEAD:site")
	outcome := Action{
		Workspace: workspace, Commit: commit(ctx, t, workspace), RunID: "501", Network: fleet.Network,
		With: map[string]string{
			"artifact": "site.tar.gz", "hosts": "deploy@files1.example.com", "deploy_path": "/srv/www/static_site",
			"verify": "http://127.0.0.1:8080/static/", "ssh_key": fleet.Key, "known_hosts": fleet.KnownHosts,
		},
	}.Use(ctx, t, "static-site")
	if outcome.Exit != 0 {
		t.Fatalf("exit %d:\n%s", outcome.Exit, outcome.Raw)
	}
	if page := fleet.Page(ctx, t, "files1", "/static/"); !strings.Contains(page, "Version 1.") {
		t.Errorf("the page is not the example's:\n%s", page)
	}
}
