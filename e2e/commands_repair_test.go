//go:build e2e

package e2e

import (
	"context"
	"path"
	"strings"
	"testing"
)

// join brings the fleet's release to the host that `limit` left out, and to no other. It refuses an artifact that the fleet does not run.
func (c *Commands) join(ctx context.Context, t *testing.T) {
	c.next(ctx, t)
	says(t, c.typed(ctx, t, 1, "join", "-e", "production"), `the\s+fleet\s+runs\s+\d+-\d+-\S+\s+and\s+the\s+artifact\s+is\s+another\s+one`, `^FAILED in preflight`)
	c.use(ctx, t, 0, "deploy", "limit", "web1, files")
	c.servesOn(ctx, t, c.version, "web1", "files1")
	if c.all {
		says(t, c.use(ctx, t, 2, "join", "limit", "web2").Raw, `join\s+goes\s+to\s+the\s+hosts\s+that\s+lack\s+the\s+release`)
	}

	live := c.On(ctx, t, "web1", "readlink /srv/www/static_site/current")
	outcome := c.use(ctx, t, 0, "join")
	says(t, outcome.Raw, `^    web2 +\| noted on web2$`, `^ACTIVATED on 3 of 3 hosts`)
	for _, text := range []string{"noted on web1", "counted on"} {
		if strings.Contains(outcome.Raw, text) {
			t.Errorf("join printed %q: it is for web2 alone, and migrates nothing", text)
		}
	}
	c.serves(ctx, t, c.version)
	if joined := c.On(ctx, t, "web2", "readlink /srv/www/static_site/current"); joined != live {
		t.Errorf("web2 runs %s, the others %s", joined, live)
	}
	says(t, c.typed(ctx, t, 0, "join", "-e", "production"), `^UNCHANGED: 3 hosts verified on `)
	says(t, c.typed(ctx, t, 0, "status", "-e", "production"), `^OK: 3 hosts, all on `)
}

const deployments = "/srv/www/static_site/.slipway/deployments"

// unlock takes nothing from a run that is alive, nor from one whose runner died while its step goes on; once the step has died, too, the lock
// is given back. Nor does resolve decide about a step that runs.
func (c *Commands) unlock(ctx context.Context, t *testing.T) {
	c.On(ctx, t, "web1", "touch /srv/www/slow")
	c.next(ctx, t)
	c.stranded = c.job("deploy")
	use := c.stranded.Start(ctx, t, c.report("deploy"))
	if !use.log.until(ctx, "counted on web1") {
		t.Fatalf("the deployment did not come to its step Count:\n%s", use.log.all())
	}
	outcome := c.use(ctx, t, 5, "unlock")
	run := `run https://\S+/runs/` + c.stranded.RunID + ` .*by anna`
	says(t, outcome.Raw, `^web1 +locked by `+run, `^REFUSED \(exit 5\): the owner on .* is alive: `+run, `slipway unlock --force -e production`)
	killed(ctx, t, nil, use)
	if died := use.Wait(t); died.Exit != exitKilled {
		t.Fatalf("killed, it ends %d:\n%s", died.Exit, died.Raw)
	}

	journal := path.Join(deployments, c.On(ctx, t, "web1", "ls "+deployments+" | grep ^"+c.stranded.RunID+"-"))
	if c.all {
		says(t, c.typed(ctx, t, 5, "unlock", "-e", "production"), `^REFUSED \(exit 5\): the owner on web1 is alive`)
	}
	c.typed(ctx, t, 1, "resolve", "-e", "production", "--deployment", path.Base(journal), "--host", "web1", "--step", "Count", "done")
	says(t, c.stderr, `it\s+is\s+still\s+running`)
	c.asRoot(ctx, t, "web1", "cd "+journal+`/steps/migrate-*-count/do-1
set -- $(cat pid) # the step, its start, its wrapper
kill -s KILL "$3"
kill -s KILL -- "-$1"
rm /srv/www/slow`)

	args := []string{"-e", "production"}
	if !c.all { // that it is dead is seen after a minute and a half
		args = append(args, "--force")
	}
	says(t, c.typed(ctx, t, 0, "unlock", args...), `^files1 +locked by `+run, `^unlocked web1 web2 files1$`)
	says(t, c.use(ctx, t, 0, "unlock").Raw, `^web1 +free$`, `^web2 +free$`, `^files1 +free$`)
}

// resolve decides about the step of which unlock's deployment never saw the end: the next attempt does not run it again.
func (c *Commands) resolve(ctx context.Context, t *testing.T) {
	id := c.On(ctx, t, "web1", "ls "+deployments+" | grep ^"+c.stranded.RunID+"-")
	typed := func(exit int, step, as string) string {
		t.Helper()
		stdout := c.typed(ctx, t, exit, "resolve", "-e", "production", "--deployment", id, "--host", "web1", "--step", step, as)
		return stdout + c.stderr
	}
	again := func(attempt, exit int) Outcome {
		t.Helper()
		c.uses++
		c.stranded.Attempt = attempt
		outcome := c.stranded.Use(ctx, t, c.report("deploy"))
		if outcome.Exit != exit {
			t.Fatalf("attempt %d ends %d, want %d:\n%s", attempt, outcome.Exit, exit, outcome.Raw)
		}
		return outcome
	}
	says(t, again(2, 4).Raw, `slipway\s+resolve\s+--deployment\s+`+id+`\s+--host\s+web1\s+--step\s+"?Count`, `^A PERSON IS NEEDED`)
	c.serves(ctx, t, c.version-1)

	says(t, typed(2, "Count", "maybe"), `done or rerun`)
	says(t, typed(1, "Warm", "done"), `started\s+no\s+such\s+step\s+here`)
	outcome := c.use(ctx, t, 0, "resolve", "deployment", id, "host", "web1", "step", "Count", "as", "done")
	says(t, outcome.Raw, `^Count on web1: done; the job can be re-run: it keeps the step as done$`)
	says(t, typed(1, "Count", "rerun"), `its\s+end\s+was\s+seen`)

	says(t, again(3, 0).Raw, `^ACTIVATED on 3 of 3 hosts`)
	c.serves(ctx, t, c.version)
	if tries := c.On(ctx, t, "web1", "cd "+path.Join(deployments, id)+" && ls steps/migrate-*-count"); tries != "do-1" {
		t.Errorf("tries of Count: %s, want the first alone", tries)
	}
}
