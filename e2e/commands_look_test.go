//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

func (c *Commands) validate(ctx context.Context, t *testing.T) {
	says(t, c.offline(ctx, t, 0, "validate"), `^ok  static-site -> staging: 1 host`, `^ok  static-site -> production: 3 hosts`)
	says(t, c.offline(ctx, t, 2, "validate", "-e", "prodution"), `prodution`, `production`)

	file := filepath.Join(c.workspace, "slipway.yml")
	good := read(t, file)
	write(t, file, strings.Replace(good, "restart:", "restrat:", 1))
	outcome := c.use(ctx, t, 2, "validate", "ssh_key", "", "known_hosts", "")
	write(t, file, good)
	says(t, outcome.Raw, `^slipway.yml:\d+:3: .*restrat`, `restart`)
	if errors := outcome.Log.Named("error"); len(errors) != 1 || errors[0].Properties["file"] != "slipway.yml" || errors[0].Properties["line"] == "" {
		t.Errorf("annotations: %v, want one at its line of the deploy file", errors)
	}
}

func (c *Commands) completion(ctx context.Context, t *testing.T) {
	complete := func(words ...string) string {
		return run(ctx, t, "docker", append([]string{"exec", c.container("laptop"), "bash", "/work/complete.bash", "slipway"}, words...)...)
	}
	for _, one := range []struct{ offered, want string }{
		{complete("ro"), "rollback"},
		{complete("deploy", "-e", "st"), "staging\nstrict"},
		{complete("promote", "--from_ssh"), "--from_ssh_key"},
	} {
		if one.offered != one.want {
			t.Errorf("bash offers %q, want %q", one.offered, one.want)
		}
	}
}

// doctor finds a program that is missing on one host and a right of root that is missing on another. What it prints mends that.
func (c *Commands) doctor(ctx context.Context, t *testing.T) {
	c.right(ctx, t, "web1", "nginx -s reload")
	c.right(ctx, t, "web2", "nginx -s stop")
	c.asRoot(ctx, t, "web1", "mv /usr/bin/sha256sum /usr/bin/sha256sum.away")
	outcome := c.use(ctx, t, 1, "doctor")
	says(t, outcome.Raw, `^web1 +tools +FAIL +.*sha256sum`, "^web2 +sudo +FAIL +deploy may not run `sudo -n nginx -s reload`$", `^files1 +all \d+ +ok$`,
		`^NOT READY: web1 web2 of 3 hosts \(exit 1\)`)
	says(t, outcome.Summary, `^## ❌ NOT READY: web1 web2 of 3 hosts`, `^\| web2 \| sudo \| FAIL \|`)
	annotated(t, outcome, "error", "web1: tools", "web2: sudo")
	c.asRoot(ctx, t, "web1", "mv /usr/bin/sha256sum.away /usr/bin/sha256sum")

	var found struct {
		Findings []struct{ Host, Check, State, Mend string }
	}
	fromJSON(t, c.typed(ctx, t, 1, "doctor", "-e", "production", "--json"), &found)
	for _, f := range found.Findings {
		if f.State != "FAIL" {
			continue
		}
		command, is := strings.CutPrefix(f.Mend, "as root: `")
		if f.Host != "web2" || f.Check != "sudo" || !is {
			t.Fatalf("found %+v, want the right of web2 alone", f)
		}
		c.asRoot(ctx, t, "web2", strings.TrimSuffix(command, "`"))
	}
	says(t, c.typed(ctx, t, 0, "doctor", "-e", "production"), `^web2 +all \d+ +ok$`, `^READY: 3 hosts$`)
	if left := c.On(ctx, t, "web1", "ls -A /srv/www"); left != "" {
		t.Errorf("doctor left on web1: %s", left)
	}
}

func fromJSON(t *testing.T, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
}

// planFirst is the plan of a first deployment, without a key and with one.
func (c *Commands) planFirst(ctx context.Context, t *testing.T) {
	says(t, c.offline(ctx, t, 10, "plan", "-e", "production", "--offline"),
		`^  prepare   Note +web1 web2 files1$`, `^  migrate   Count +web1$`, `^  activate  1 web1 web2 files1$`, `^No host was asked`)
	outcome := c.use(ctx, t, 0, "plan", "environment", "staging", "ssh_key", c.staging)
	says(t, outcome.Raw, `^deploy static-site -> staging   nothing -> [0-9a-f]{7}   1 host$`, `^  files     \+3  ~0  -0$`)
	says(t, outcome.Summary, `^## 📋 Plan: deploy static-site`)
	if outcome.Outputs["changes"] != "true" {
		t.Errorf("outputs: %v", outcome.Outputs)
	}
	says(t, c.typed(ctx, t, 1, "plan", "-e", "staging"), `refuses the key`)
}

// status tells of one fleet, then of a file that was edited by hand, and of a host that is off.
func (c *Commands) status(ctx context.Context, t *testing.T) {
	says(t, c.typed(ctx, t, 0, "status", "-e", "production"), `^web2 .* ok$`, `^lock   none$`, `^OK: 3 hosts, all on `)
	var answer struct {
		Format int
		State  string
		Hosts  []struct{ Host, State string }
	}
	fromJSON(t, c.typed(ctx, t, 0, "status", "-e", "production", "--json"), &answer)
	if answer.Format != 1 || answer.State != "ok" || len(answer.Hosts) != 3 {
		t.Errorf("as JSON: %+v", answer)
	}

	c.On(ctx, t, "web2", "echo 'a word by hand' >>/srv/www/static_site/current/index.html")
	says(t, c.typed(ctx, t, 0, "status", "-e", "production"), `^OK: `)
	says(t, c.typed(ctx, t, 10, "status", "-e", "production", "--drift"), `^web2 .* DRIFTED$`, `^    changed  index\.html$`, `^DRIFTED: .*\(exit 10\)$`)
	outcome := c.use(ctx, t, 0, "status", "drift", "true")
	annotated(t, outcome, "warning", "web2 is drifted (production)")
	says(t, outcome.Summary, `^## ⚠️ .*drifted`)
	if o := outcome.Outputs; o["outcome"] != "drifted" || o["exit_code"] != "10" {
		t.Errorf("outputs: %v", o)
	}
	c.On(ctx, t, "web2", "cd /srv/www/static_site/current && sed -i '/a word by hand/d' index.html")
	says(t, c.typed(ctx, t, 0, "status", "-e", "production", "--drift"), `^OK: `)

	c.docker(ctx, t, "stop", "--time", "0", c.container("web2"))
	says(t, c.typed(ctx, t, 1, "status", "-e", "production"), `^web1 .* ok$`, `^web2 .* UNREACHABLE$`, `^web2: connect`, `^UNREACHABLE: 1 of 3 hosts did not answer$`)
	if c.all {
		outcome = c.use(ctx, t, 1, "status")
		annotated(t, outcome, "error", "web2 is unreachable (production)")
	}
	c.docker(ctx, t, "start", c.container("web2"))
	c.hostKey(ctx, t, "web2")
}

// history has what was done so far, as lines, JSON and a page.
func (c *Commands) history(ctx context.Context, t *testing.T) {
	says(t, c.typed(ctx, t, 0, "history", "-e", "production"), `^WHEN +RELEASE +REV +BY +RUN +TOOK +OUTCOME$`,
		` ben .* rollback activated on 3 of 3, live$`, ` anna .* activated on 2 of 3 \(limit\)`, ` anna .* promote activated on 3 of 3`)
	var answer struct {
		Deployments []struct{ Command, Outcome string }
	}
	fromJSON(t, c.typed(ctx, t, 0, "history", "-e", "production", "--json"), &answer)
	var done []string
	for _, d := range answer.Deployments {
		done = append(done, d.Command+" "+d.Outcome)
	}
	if got, want := strings.Join(done, ", "),
		"rollback activated, rollback activated, deploy activated, deploy activated, deploy activated, promote activated"; got != want {
		t.Errorf("history: %s; want %s", got, want)
	}

	outcome := c.use(ctx, t, 0, "history", "html", "page.html")
	says(t, outcome.Raw, `^wrote page\.html: production$`)
	page := read(t, filepath.Join(c.workspace, "page.html"))
	says(t, page, `<title>static-site: what runs where</title>`, `Rolled back`, `<code>`+c.commits[1][:7]+`</code>`)
	if strings.Contains(page, "<script") || len(page) > 300_000 {
		t.Errorf("the page has a script, or %d bytes", len(page))
	}
	if c.all {
		says(t, c.use(ctx, t, 0, "history").Summary, `^## Deployments to production$`)
		says(t, c.typed(ctx, t, 0, "history", "-e", "production", "--html", "typed.html"), `^wrote typed\.html: production$`)
	}
}

// logs shows what a step printed, in CI only where that is allowed.
func (c *Commands) logs(ctx context.Context, t *testing.T) {
	says(t, c.typed(ctx, t, 0, "logs", "-e", "production", "--step", "Note", "--host", "files1"), `^    files1 +\| noted on files1$`, `^prepare    ok    Note +files1`)
	outcome := c.use(ctx, t, 2, "logs")
	says(t, outcome.Raw, `allow_logs`, `^FAILED \(exit 2\)`)
	outcome = c.use(ctx, t, 0, "logs", "allow_logs", "true", "step", "Count")
	says(t, outcome.Raw, `^    web1 +\| counted on web1$`)
	annotated(t, outcome, "error")
	if c.all {
		says(t, c.typed(ctx, t, 2, "logs", "-e", "production", "--step", "Migrate"), `steps that left one:`)
	}
}
