//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// The content of the example's .env. The key is what must appear nowhere.
const (
	djangoKey = "e2e-9Jm3xVfQ7pLw2sRk8TnYb4HcZd6GuEa5XoPi1KtWqBvNyMrCj"
	dotenv    = "DJANGO_SECRET_KEY=" + djangoKey + "\nDATABASE_URL=sqlite:////srv/data/brackets.sqlite3\nALLOWED_HOSTS=*\nLISTEN=0.0.0.0:8001\n"
)

// deployment is one version's way to the hosts and what must be true afterwards.
type deployment struct {
	name     string
	command  string   // deploy unless given
	overlays []string // over examples/django
	live     string   // the version that every host serves afterwards
	exit     int
	outcome  string // output `outcome`
	phase    string // output `failed_phase`
	step     string // output `failed_step`
	verdict  string // in the log, outside groups
	heading  string // how the summary begins
	errors   int    // annotations
}

// testDjango deploys four versions of examples/django one after the other: two good ones, one whose migration fails, one
// whose health check fails; then it rolls back. After each, every host serves the version that it should.
func testDjango(ctx context.Context, t *testing.T) {
	fleet := startFleet(ctx, t, "django")
	releases := map[string]string{} // of each version that went live
	for i, d := range []deployment{
		{name: "v1", live: "1", outcome: "activated", verdict: "ACTIVATED on 3 of 3 hosts", heading: "## ✅ "},
		{name: "v2", overlays: []string{"v2"}, live: "2", outcome: "activated", verdict: "ACTIVATED on 3 of 3 hosts", heading: "## ✅ "},
		{
			name: "v3-migration-fails", overlays: []string{"v2", "v3"}, live: "2", exit: 8, outcome: "failed", phase: "migrate",
			step: "Migrate", verdict: "FAILED in migrate", heading: "## ❌ ", errors: 1,
		},
		{
			name: "v4-health-check-fails", overlays: []string{"v2", "v4"}, live: "2", exit: 3, outcome: "unwound", phase: "activate",
			step: "verify Health", verdict: "UNWOUND on 3 of 3 switched hosts", heading: "## ↩️ ", errors: 1,
		},
		{name: "rollback", command: "rollback", live: "1", outcome: "activated", verdict: "ACTIVATED on 3 of 3 hosts", heading: "## ✅ "},
	} {
		ok := t.Run(d.name, func(t *testing.T) {
			workspace := checkout(ctx, t, "django", d.overlays...)
			inRunner(ctx, t, workspace, "deploy/build.sh")
			action := Action{
				Workspace: workspace, Commit: commit(ctx, t, workspace), RunID: fmt.Sprint(412 + i), Network: fleet.Network,
				With: map[string]string{
					"environment": "production", "ssh_key": fleet.Key, "known_hosts": fleet.KnownHosts,
					"secrets": "DOTENV<<END-OF-DOTENV\n" + dotenv + "END-OF-DOTENV\n",
				},
			}
			if d.command != "" {
				action.With["command"] = d.command
			}
			outcome := action.Use(ctx, t, d.name)
			d.check(t, outcome)
			if _, known := releases[d.live]; !known {
				releases[d.live] = outcome.Outputs["release"]
			}
			checkPages(ctx, t, fleet, d.live, releases[d.live])
			if t.Failed() {
				t.Logf("the log of %s:\n%s\nits summary:\n%s", d.name, outcome.Raw, outcome.Summary)
			}
		})
		if !ok {
			t.Fatalf("%s went wrong: what comes after it would say nothing", d.name)
		}
	}
	checkOnce(ctx, t, fleet)
}

// check compares what the runner sees with what it should see.
func (d deployment) check(t *testing.T, o Outcome) {
	t.Helper()
	if o.Exit != d.exit {
		t.Errorf("exit %d, want %d", o.Exit, d.exit)
	}
	for name, want := range map[string]string{
		"outcome": d.outcome, "failed_phase": d.phase, "failed_step": d.step, "exit_code": fmt.Sprint(d.exit),
	} {
		if got := o.Outputs[name]; got != want {
			t.Errorf("output %s: %q, want %q", name, got, want)
		}
	}
	var activated []string
	if err := json.Unmarshal([]byte(o.Outputs["hosts_activated"]), &activated); err != nil {
		t.Errorf("output hosts_activated is no list: %v", err)
	}
	if d.exit == 0 && !slices.Equal(activated, hosts) || d.exit != 0 && len(activated) != 0 {
		t.Errorf("output hosts_activated: %q", activated)
	}
	if !slices.ContainsFunc(o.Log.Lines, func(line string) bool { return strings.HasPrefix(line, d.verdict) }) {
		t.Errorf("no line of the log begins with %q", d.verdict)
	}
	if !strings.HasPrefix(o.Summary, d.heading) {
		t.Errorf("the summary does not begin with %q", d.heading)
	}
	if found := o.Log.Named("error"); len(found) != d.errors {
		t.Errorf("%d error annotations, want %d: %v", len(found), d.errors, found)
	}
	if o.Log.Stopped {
		t.Error("the log ends while workflow commands are stopped")
	}
	for where, text := range map[string]string{
		"log": o.Log.Text(), "summary": o.Summary, "outputs": fmt.Sprint(o.Outputs),
	} {
		if strings.Contains(text, djangoKey) {
			t.Errorf("a secret is in the %s", where)
		}
	}
}

// checkPages fetches a page from every host: each serves the version, and `current` names the release.
func checkPages(ctx context.Context, t *testing.T, fleet *Fleet, version, release string) {
	t.Helper()
	for _, host := range hosts {
		if got := fleet.On(ctx, t, host, "readlink /srv/www/broken_brackets/current"); got != "releases/"+release {
			t.Errorf("%s: current is %s, want releases/%s", host, got, release)
		}
		path, want := "/", fmt.Sprintf("Version %s, release %s", version, release)
		if host == "files1" {
			path, want = "/site/version.txt", version
		}
		if page := fleet.Page(ctx, t, host, path); !strings.Contains(page, want) {
			t.Errorf("%s does not serve %q:\n%s", host, want, page)
		}
	}
}

// checkOnce looks into the journals: migrations ran on the primary alone.
func checkOnce(ctx context.Context, t *testing.T, fleet *Fleet) {
	t.Helper()
	for _, host := range hosts {
		steps := fleet.On(ctx, t, host, "find /srv/www/broken_brackets/.slipway/deployments -name 'migrate-*' | wc -l")
		if ran := strings.TrimSpace(steps) != "0"; ran != (host == "web1") {
			t.Errorf("%s has %s journals of migrate steps", host, steps)
		}
	}
}
