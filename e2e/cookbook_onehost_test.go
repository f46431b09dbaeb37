//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/e2e/load"
)

const oneHostDotenv = "DJANGO_SECRET_KEY=" + djangoKey + "\nDATABASE_URL=postgres://brackets:password@127.0.0.1/brackets\n" +
	"BROKER_URL=redis://127.0.0.1:6379/0\nALLOWED_HOSTS=*\nLISTEN=unix:/srv/www/broken_brackets/shared/run/web.sock\n"

// unpacked is how later versions get their environment.
var unpacked = map[string]string{
	`(?m)^  - \{uses: python/venv.*\n`: `  - name: Install dependencies
    run: |
      python3 -m venv --system-site-packages --without-pip --clear venv
      python3 -m zipfile -e vendor/wheels/*.whl venv/lib/python3*/site-packages
`,
}

// testOneHost is examples/django-one-host: while visitors come and 1,000 tasks are sent, a release is deployed, one that fails its
// health check is unwound, and the first one is rolled back to.
func testOneHost(ctx context.Context, t *testing.T) {
	fleet, site := startOneHost(ctx, t)
	first := site.next(ctx, t).Use(ctx, t, "one-host-first")
	if first.Exit != 0 {
		t.Fatalf("the first deployment ends %d:\n%s", first.Exit, first.Raw)
	}
	site.change(t, unpacked) // pip takes longest, and has been seen to work
	const format = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
	under := startLoad(ctx, "http://"+run(ctx, t, "docker", "inspect", "--format", format, fleet.container("web1")), true)
	queue := tasks{fleet: fleet, release: first.Outputs["release"]}
	for _, d := range []struct {
		name, command string
		unfit         bool
		exit          int
		outcome       string
		live          int
	}{
		{name: "good", outcome: "activated", live: 2},
		{name: "unfit", unfit: true, exit: 3, outcome: "unwound", live: 2},
		{name: "rollback", command: "rollback", outcome: "activated", live: 1},
	} {
		action := site.next(ctx, t)
		if d.unfit {
			fleet.On(ctx, t, "web1", fmt.Sprintf("touch /srv/data/unfit-%d", site.Version))
		}
		if d.command != "" {
			action.With["command"] = d.command
		}
		under.settle(ctx)
		queue.send(ctx, t)
		began := time.Now()
		outcome := action.Use(ctx, t, "one-host-"+d.name)
		t.Logf("%s: %.0f s", d.name, time.Since(began).Seconds())
		under.settle(ctx)
		if outcome.Exit != d.exit || outcome.Outputs["outcome"] != d.outcome {
			t.Errorf("%s ends %d, %s; want %d, %s:\n%s", d.name, outcome.Exit, outcome.Outputs["outcome"], d.exit, d.outcome, outcome.Raw)
		}
		if got := fleet.On(ctx, t, "web1", "cat /srv/www/broken_brackets/current/public/version.txt"); got != fmt.Sprint(d.live) {
			t.Errorf("after %s version %s is live, want %d", d.name, got, d.live)
		}
	}
	answers := under.load.Stop()
	queue.check(ctx, t)
	for i, failure := range load.Failures(answers) {
		if i < 20 {
			t.Error(failure.Line(under.began))
		}
	}
	t.Log(load.Sum(answers))
}

// startOneHost boots the host, made as the example's README says.
func startOneHost(ctx context.Context, t *testing.T) (*Fleet, *Site) {
	t.Helper()
	fleet := newFleet(ctx, t, "one-host")
	example := filepath.Join(repository(t), "examples", "django-one-host")
	fleet.boot(ctx, t, "web1", cookbookImage, "--volume", "/var/lib/postgresql", "--volume", example+":/example:ro",
		"--volume", filepath.Join(example, "deploy", "supervisord.conf")+":/home/deploy/supervisord.conf:ro")
	fleet.awaitHosts(ctx, t, "web1")
	commands := consoleOf(t, filepath.Join(example, "README.md"), "apt ", "adduser ")
	run(ctx, t, "docker", "exec", fleet.container("web1"), "sh", "-euxc",
		"cd /example\nservice postgresql start\nservice redis-server start\nservice nginx start\n"+commands)
	site := newSite(ctx, t, fleet, nil, "../../examples/django-one-host", "fleet", "tasks")
	site.dotenv = oneHostDotenv
	return fleet, site
}

// tasks are those that are sent to the host's queue.
type tasks struct {
	fleet   *Fleet
	release string // from which they are sent
	sent    int
	sends   []*exec.Cmd
}

// send has 250 more tasks sent, and twice that many the first time: 1,000 in three times.
func (s *tasks) send(ctx context.Context, t *testing.T) {
	t.Helper()
	more := 250
	if s.sent == 0 {
		more = 500
	}
	script := fmt.Sprintf("cd -P /srv/www/broken_brackets/releases/%s && exec venv/bin/python -c 'import time\nfrom project.celery import app\n"+
		"for n in range(%d, %d):\n    app.send_task(\"puzzles.tasks.work\", [n])\n    time.sleep(0.02)'", s.release, s.sent, s.sent+more)
	cmd := exec.CommandContext(ctx, "docker", "exec", "--user", "deploy", s.fleet.container("web1"), "sh", "-c", script)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.sent += more
	s.sends = append(s.sends, cmd)
}

// check waits until the tasks are done: each began once, and ended.
func (s *tasks) check(ctx context.Context, t *testing.T) {
	t.Helper()
	for _, cmd := range s.sends {
		if err := cmd.Wait(); err != nil {
			t.Errorf("sending tasks: %v", err)
		}
	}
	lines := map[string]int{}
	look := time.NewTicker(100 * time.Millisecond)
	defer look.Stop()
	const patience = 2 * time.Minute // without a line: a slow machine has some hundred tasks to do yet
	for deadline := time.Now().Add(patience); ; {
		before := len(lines)
		clear(lines)
		for line := range strings.Lines(s.fleet.On(ctx, t, "web1", "cat /srv/data/tasks") + "\n") {
			lines[strings.TrimSpace(line)]++
		}
		if len(lines) > before {
			deadline = time.Now().Add(patience)
		}
		if len(lines) == 2*s.sent || time.Now().After(deadline) || ctx.Err() != nil {
			break
		}
		<-look.C
	}
	wrong := 0
	for n := range s.sent {
		for _, what := range []string{"begin", "end"} {
			if times := lines[fmt.Sprintf("%s %d", what, n)]; times != 1 {
				wrong++
				if wrong < 20 {
					t.Errorf("%d times: %s of task %d", times, what, n)
				}
			}
		}
	}
	t.Logf("%d tasks, %d lines of them", s.sent, len(lines))
	if wrong > 0 {
		t.Log(s.fleet.On(ctx, t, "web1", "redis-cli llen celery; redis-cli hlen unacked; date; ps -eo lstart,pid,args | grep '[c]elery'; tail -n 40 /home/deploy/worker.log"))
	}
}
