//go:build e2e

package e2e

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
)

// testSupervised deploys examples/django-supervised to one host, set up as its README says, under load: a good release, one that does not
// load, and a rollback. The deploy user cannot talk to supervisor.
func testSupervised(ctx context.Context, t *testing.T) {
	f := newFleet(ctx, t, "supervised")
	example := filepath.Join(repository(t), "examples", "django-supervised")
	f.boot(ctx, t, "app1", cookbookImage, "--volume", example+":/example:ro")
	f.awaitHosts(ctx, t, "app1")
	commands := consoleOf(t, filepath.Join(example, "README.md"), "apt ", "adduser ")
	commands = strings.NewReplacer("supervisorctl update", "supervisord -c /etc/supervisor/supervisord.conf", "nginx -t && nginx -s reload", "nginx").Replace(commands)
	run(ctx, t, "docker", "exec", f.container("app1"), "sh", "-euxc", "cd /example\n"+commands)
	if out, err := try(ctx, "docker", "exec", "--user", "deploy", f.container("app1"), "supervisorctl", "status"); err == nil {
		t.Fatalf("the deploy user may talk to supervisor:\n%s", out)
	}
	site := newSite(ctx, t, f, nil, "../../examples/django-supervised", "fleet")
	if first := site.next(ctx, t).Use(ctx, t, "supervised-first"); first.Exit != 0 {
		t.Fatalf("the first deployment ends %d:\n%s", first.Exit, first.Raw)
	}
	if got := f.On(ctx, t, "app1", "ls /srv/www/broken_brackets/current/puzzles/locale/de/LC_MESSAGES"); !strings.Contains(got, "django.mo") {
		t.Errorf("messages are not compiled: %s", got)
	}
	url := "http://" + run(ctx, t, "docker", "inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", f.container("app1"))
	use := func(name string, action Action, exit, old, version int) Outcome {
		t.Helper()
		under := startLoad(ctx, url, false)
		under.settle(ctx)
		outcome := action.Use(ctx, t, name)
		under.settle(ctx)
		t.Logf("%s: %d requests", name, len(under.stop(t, old, version)))
		if outcome.Exit != exit {
			t.Errorf("%s ends %d, want %d:\n%s", name, outcome.Exit, exit, outcome.Raw)
		}
		release := f.On(ctx, t, "app1", "basename $(readlink /srv/www/broken_brackets/current)")
		live := old
		if exit == 0 {
			live = version
		}
		if !strings.Contains(release, "-"+commitOf(live)[:7]+"-") {
			t.Errorf("%s: current is %s, want version %d", name, release, live)
		}
		return outcome
	}
	use("supervised", site.next(ctx, t), 0, 1, 2)
	wsgi := filepath.Join(site.tree, "project", "wsgi.py")
	write(t, wsgi, "raise RuntimeError('no such setting')\n"+read(t, wsgi))
	if unfit := use("supervised-unfit", site.next(ctx, t), 3, 2, 3); !strings.Contains(unfit.Raw, "no such setting") {
		t.Errorf("the log does not say why:\n%s", unfit.Raw)
	}
	back := site.next(ctx, t)
	back.With["command"] = "rollback"
	use("supervised-rollback", back, 0, 2, 1)
}
