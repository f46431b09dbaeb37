//go:build e2e

package e2e

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// pagesUnit is a unit of the deploy user's own that looks again when it is reloaded, and notes the release that it is of. The unit jobs,
// which keeps the folder that it was started in, comes with the release.
const pagesUnit = `[Service]
ExecStart=/bin/sh -c 'look() { basename "$(readlink /srv/www/broken_brackets/current)" >/srv/data/pages; }; trap look HUP; while :; do sleep 1 & wait; done'
ExecReload=/bin/kill -HUP $MAINPID
[Install]
WantedBy=default.target
`

// testSystemd deploys to one host on which systemd runs the site as docs/zero-downtime.md has it, with the rights that
// docs/secure-hosts.md gives: a good release, and one that does not start.
func testSystemd(ctx context.Context, t *testing.T, numbers *numbers) {
	f := newFleet(ctx, t, "systemd")
	f.boot(ctx, t, "web1", systemdImage, "--init=false", "--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined",
		"--security-opt", "apparmor=unconfined", "--cgroupns", "private", "--tmpfs", "/run", "--tmpfs", "/run/lock", "--tmpfs", "/tmp")
	f.awaitHosts(ctx, t, "web1")
	f.installUnits(ctx, t)
	site := newSite(ctx, t, f, nil, "fleet", "systemd")
	if first := site.next(ctx, t).Use(ctx, t, "systemd-first"); first.Exit != 0 {
		t.Fatalf("the first deployment ends %d:\n%s", first.Exit, first.Raw)
	}
	address := run(ctx, t, "docker", "inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", f.container("web1"))
	use := func(name string, exit, version int) (log string) {
		action := site.next(ctx, t)
		under := startLoad(ctx, "http://"+address+":8001", true)
		under.settle(ctx)
		began := time.Now()
		outcome := action.Use(ctx, t, name)
		took := time.Since(began)
		under.settle(ctx)
		numbers.add(t, name, under.stop(t, site.Version-1, site.Version), took, outcome.Exit)
		if outcome.Exit != exit {
			t.Errorf("%s ends %d, want %d:\n%s", name, outcome.Exit, exit, outcome.Raw)
		}
		release := f.On(ctx, t, "web1", "basename $(readlink /srv/www/broken_brackets/current)")
		if !strings.Contains(release, "-"+commitOf(version)[:7]+"-") {
			t.Errorf("%s: current is %s, want version %d", name, release, version)
		}
		for _, unit := range []string{"jobs", "pages"} {
			if of := f.On(ctx, t, "web1", "cat /srv/data/"+unit); of != release {
				t.Errorf("%s: the unit %s is of %s, want %s", name, unit, of, release)
			}
		}
		return outcome.Raw
	}
	use("systemd", 0, 2)
	wsgi := filepath.Join(site.tree, "project", "wsgi.py")
	write(t, wsgi, "raise RuntimeError('no such setting')\n"+read(t, wsgi))
	if log := use("systemd-unfit", 3, 2); !strings.Contains(log, "no such setting") {
		t.Errorf("the log does not say why:\n%s", log)
	}
}

// installUnits puts the units of the documents on the host, and the lines of sudoers.
func (f *Fleet) installUnits(ctx context.Context, t *testing.T) {
	t.Helper()
	docs := filepath.Join(repository(t), "docs")
	units := strings.NewReplacer(
		"127.0.0.1:8001", "0.0.0.0:8001", "/srv/www/site", "/srv/www/broken_brackets", "User=site", "User=deploy",
		"-c gunicorn.conf.py mysite.wsgi", "-c deploy/gunicorn.conf.py project.wsgi",
	)
	zeroDowntime := read(t, filepath.Join(docs, "zero-downtime.md"))
	f.install(ctx, t, "root", "/etc/systemd/system/site.socket", units.Replace(block(t, zeroDowntime, "# /etc/systemd/system/site.socket")))
	f.install(ctx, t, "root", "/etc/systemd/system/site.service", units.Replace(block(t, zeroDowntime, "# /etc/systemd/system/site.service")))
	f.install(ctx, t, "root", "/etc/sudoers.d/deploy", block(t, read(t, filepath.Join(docs, "secure-hosts.md")), "deploy ALL=(root) NOPASSWD: /usr/bin/systemctl"))
	f.install(ctx, t, "deploy", "/home/deploy/.config/systemd/user/pages.service", pagesUnit)
	run(ctx, t, "docker", "exec", f.container("web1"), "systemctl", "daemon-reload")
	run(ctx, t, "docker", "exec", f.container("web1"), "systemctl", "enable", "--now", "site.socket")
	f.On(ctx, t, "web1", `export XDG_RUNTIME_DIR=/run/user/$(id -u)
for n in $(seq 100); do [ -e "$XDG_RUNTIME_DIR/systemd/private" ] && break; sleep 0.1; done
systemctl --user daemon-reload
systemctl --user enable --now pages.service`)
}

// install writes a file on the host.
func (f *Fleet) install(ctx context.Context, t *testing.T, user, path, text string) {
	t.Helper()
	run(ctx, t, "docker", "exec", "--user", user, f.container("web1"), "sh", "-c", `mkdir -p "${1%/*}" && printf '%s' "$2" >"$1"`, "sh", path, text)
}

// block is the text of the page's code block that begins with some words.
func block(t *testing.T, page, begins string) string {
	t.Helper()
	_, rest, found := strings.Cut(page, "\n"+begins)
	text, _, ended := strings.Cut(rest, "```\n")
	if !found || !ended {
		t.Fatalf("the page has no block that begins with %s", begins)
	}
	return begins + text
}
