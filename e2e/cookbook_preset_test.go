//go:build e2e

package e2e

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
)

// testPreset deploys the Django example to two hosts with `preset: django` and three lines, through all phases.
func testPreset(ctx context.Context, t *testing.T) {
	fleet := newFleet(ctx, t, "preset")
	fleet.docker(ctx, t, "volume", "create", fleet.prefix)
	hosts := []string{"web1", "web2"}
	for _, host := range hosts {
		fleet.boot(ctx, t, host, debianImage, "--volume", fleet.prefix+":/srv/data", "--volume", supervisord(t))
	}
	fleet.awaitHosts(ctx, t, hosts...)
	workspace := checkout(ctx, t, "django", "preset")
	inRunner(ctx, t, workspace, "deploy/build.sh")
	// What the index has elsewhere lies on the hosts.
	for _, host := range hosts {
		run(ctx, t, "docker", "cp", filepath.Join(workspace, "vendor", "wheels")+"/.", fleet.container(host)+":/srv/index")
		run(ctx, t, "docker", "cp", filepath.Join(workspace, "wheels.py"), fleet.container(host)+":/srv/index/wheels.py")
		run(ctx, t, "docker", "exec", fleet.container(host), "python3", "/srv/index/wheels.py", "/srv/index", "Django", "gunicorn", "whitenoise", "asgiref", "sqlparse", "pytz")
	}
	outcome := Action{
		Workspace: workspace, Commit: commit(ctx, t, workspace), RunID: "712", Network: fleet.Network,
		With: map[string]string{
			"ssh_key": fleet.Key, "known_hosts": fleet.KnownHosts, "artifact": "dist/broken-brackets.tar.gz",
			"vars":    "PIP_NO_INDEX=1\nPIP_FIND_LINKS=/srv/index\n",
			"secrets": "DOTENV<<END-OF-DOTENV\n" + dotenv + "END-OF-DOTENV\n",
		},
	}.Use(ctx, t, "preset")
	if outcome.Exit != 0 || !strings.Contains(outcome.Raw, "ACTIVATED on 2 of 2 hosts") {
		t.Errorf("it ends %d", outcome.Exit)
	}
	for _, host := range hosts {
		if page := run(ctx, t, "docker", "exec", fleet.container(host), "curl", "-sS", "http://127.0.0.1:8001/"); !strings.Contains(page, "Version 1,") {
			t.Errorf("%s does not serve version 1:\n%s", host, page)
		}
		if kept := fleet.On(ctx, t, host, "ls /srv/www/broken_brackets/shared/static/puzzles"); !strings.Contains(kept, ".css") {
			t.Errorf("no static file is kept on %s: %s", host, kept)
		}
	}
	if t.Failed() {
		t.Logf("its log:\n%s", outcome.Raw)
	}
}
