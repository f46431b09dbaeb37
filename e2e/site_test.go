//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// Site is examples/django, of which a new version is to be deployed again and again. Each version has a migration that
// takes a while, and each deployment counts in the database's folder how often it ran the steps that run once.
type Site struct {
	Fleet   *Fleet
	Version int

	dotenv    string
	linger    time.Duration // how long the migration of a version takes at least
	workspace string
	tree      string // what the artifact is packed of
}

// What is changed in the deploy file. Dependencies are unpacked rather than installed with pip: that is quick, and then
// waits, so that there is a middle. Nothing says that Count may run twice, or how to see that it did run.
var deployFileChanges = map[string]string{
	`(?m)^  - name: Install dependencies.*\n(    .*\n)+`: `  - name: Install dependencies
    run: |
      echo unpacking
      python3 -m venv --system-site-packages --without-pip --clear venv
      python3 -m zipfile -e vendor/wheels/*.whl venv/lib/python3*/site-packages
      sleep 3
    roles: [web]
`,
	`(?m)^migrate:.*\n`: `migrate:
  - {name: Count, run: 'echo "$SLIPWAY_DEPLOYMENT" >>/srv/data/count', roles: [web]}
`,
	`\z`: `
finish:
  - {name: Linger, run: echo waiting; sleep 2, roles: [web]}
`,
}

// newSite builds the example once, with overlays over it; a version differs from the one before in what Site.next writes.
func newSite(ctx context.Context, t *testing.T, fleet *Fleet, changes map[string]string, overlays ...string) *Site {
	t.Helper()
	s := &Site{Fleet: fleet, dotenv: dotenv, workspace: checkout(ctx, t, "django", overlays...), tree: t.TempDir()}
	inRunner(ctx, t, s.workspace, "deploy/build.sh")
	run(ctx, t, "tar", "-C", s.tree, "-xzf", s.artifact())
	s.change(t, changes)
	return s
}

// change replaces what expressions match in the deploy file: once each.
func (s *Site) change(t *testing.T, changes map[string]string) {
	t.Helper()
	file := filepath.Join(s.workspace, "slipway.yml")
	text := read(t, file)
	for old, changed := range changes {
		place := regexp.MustCompile(old)
		if len(place.FindAllString(text, -1)) != 1 {
			t.Fatalf("the deploy file has not one %s:\n%s", old, text)
		}
		text = place.ReplaceAllLiteralString(text, changed)
	}
	write(t, file, text)
}

func (s *Site) artifact() string {
	return filepath.Join(s.workspace, "dist", "broken-brackets.tar.gz")
}

// next packs the next version and is its deployment.
func (s *Site) next(ctx context.Context, t *testing.T) Action {
	t.Helper()
	before := "0001_initial"
	if s.Version > 1 {
		before = s.migration()
	}
	s.Version++
	write(t, filepath.Join(s.tree, "public", "version.txt"), fmt.Sprintln(s.Version))
	write(t, filepath.Join(s.tree, "puzzles", "static", "puzzles", "site.css"), fmt.Sprintf("/* Version %d */\nbody { margin: 3rem }\n", s.Version))
	if s.Version > 1 {
		write(t, filepath.Join(s.tree, "puzzles", "migrations", s.migration()+".py"), fmt.Sprintf(
			"import time\n\nfrom django.db import migrations\n\n\nclass Migration(migrations.Migration):\n"+
				"    dependencies = [(\"puzzles\", %q)]\n"+
				"    operations = [migrations.RunPython(lambda apps, editor: time.sleep(%.0f), migrations.RunPython.noop)]\n",
			before, s.linger.Seconds()))
	}
	s.pack(ctx, t)
	return Action{
		Workspace: s.workspace, Commit: commitOf(s.Version), RunID: fmt.Sprint(600 + s.Version), Network: s.Fleet.Network,
		With: map[string]string{
			"environment": "production", "ssh_key": s.Fleet.Key, "known_hosts": s.Fleet.KnownHosts,
			"secrets": "DOTENV<<END-OF-DOTENV\n" + s.dotenv + "END-OF-DOTENV\n",
		},
	}
}

// pack makes the artifact of what the version is.
func (s *Site) pack(ctx context.Context, t *testing.T) {
	t.Helper()
	entries, err := os.ReadDir(s.tree)
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"-C", s.tree, "-czf", s.artifact()}
	for _, entry := range entries {
		args = append(args, entry.Name())
	}
	run(ctx, t, "tar", args...)
}

func (s *Site) migration() string { return fmt.Sprintf("%04d_version", s.Version) }

// commitOf is the commit that a version is said to be built of. A release's name has the first seven digits.
func commitOf(version int) string { return fmt.Sprintf("%07x%033x", version, version) }

// serves gives the version that each host serves, whole: the page, the release that made it, and `current` agree on it;
// -1 where they do not. A host that restarts is waited for.
func (s *Site) serves(ctx context.Context, t *testing.T) map[string]int {
	t.Helper()
	served := map[string]int{}
	deadline := time.Now().Add(30 * time.Second)
	for _, host := range hosts {
		for {
			served[host] = s.page(ctx, host)
			if served[host] >= 0 || time.Now().After(deadline) {
				break
			}
		}
	}
	return served
}

func (s *Site) page(ctx context.Context, host string) int {
	url, format := "http://"+host+".example.com:8001/", "Version %d, release %s"
	if host == "files1" {
		url, format = "http://127.0.0.1:8080/site/version.txt", "%d"
	}
	page, err := try(ctx, "docker", "exec", s.Fleet.container("files1"), "timeout", "10", "wget", "-q", "-O", "-", url)
	if err != nil {
		return -1
	}
	for _, line := range strings.Split(page, "\n") {
		var version int
		var release string
		_, at, _ := strings.Cut(line, "<footer>")
		if host == "files1" {
			at = line
		}
		if n, _ := fmt.Sscanf(at, format, &version, &release); n == 0 {
			continue
		}
		if host == "files1" || strings.Contains(release, "-"+commitOf(version)[:7]+"-") {
			return version
		}
	}
	return -1
}

// everywhere reports whether every host serves a version.
func everywhere(served map[string]int, version int) bool {
	for _, host := range hosts {
		if served[host] != version {
			return false
		}
	}
	return true
}

// checkCount checks that a deployment ran the step Count once.
func (s *Site) checkCount(ctx context.Context, t *testing.T, deployment string) {
	t.Helper()
	if got := s.Fleet.On(ctx, t, "web1", "grep -cxF '"+deployment+"' /srv/data/count || true"); got != "1" {
		t.Errorf("the step Count ran %s times in deployment %s, want once", got, deployment)
	}
}

// tries is how often a step began on a host in a deployment.
func (s *Site) tries(ctx context.Context, t *testing.T, host, deployment, step string) string {
	t.Helper()
	script := "find /srv/www/broken_brackets/.slipway/deployments/" + deployment + "/steps -path '*-" + step + "/do-*' -prune | wc -l"
	return strings.TrimSpace(s.Fleet.On(ctx, t, host, script))
}

// migrating reports whether the step Migrate runs on a host, and nobody has seen its end.
func (s *Site) migrating(ctx context.Context, t *testing.T) bool {
	t.Helper()
	const script = `cd /srv/www/broken_brackets/.slipway/deployments && ls -d */steps/migrate-*-migrate/do-* | while read -r try; do
	[ -e "$try/status" ] || echo "$try"
done`
	return s.Fleet.On(ctx, t, "web1", script) != ""
}

// lockOf is the state of a host's lock: "held" or "released".
func (s *Site) lockOf(ctx context.Context, t *testing.T, host string) string {
	t.Helper()
	return s.Fleet.On(ctx, t, host, `cd /srv/www/broken_brackets/.slipway/lock
highest=$(ls | sort -n | tail -n 1)
if [ -e "$highest/released" ]; then echo released; else echo held; fi`)
}
