//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
)

// twentyApps are examples/twenty-apps on one host that has no route to anywhere.
type twentyApps struct {
	*Fleet
	workspace string
	ports     map[string]string // by application
	run       int
}

// testTwentyApps deploys all of them, several at a time; then a new version of one, and one that is broken.
func testTwentyApps(ctx context.Context, t *testing.T) {
	a := startTwentyApps(ctx, t)
	names := slices.Sorted(maps.Keys(a.ports))
	if len(names) != 20 {
		t.Fatalf("there are %d applications: %v", len(names), names)
	}
	for i, name := range names {
		a.requires(ctx, t, name, i+1)
	}
	a.build(ctx, t, names...)
	for some := range slices.Chunk(names, 5) {
		a.deploy(ctx, t, 0, some...)
	}
	for i, name := range names {
		a.serves(ctx, t, name, i+1)
	}
	if got := a.On(ctx, t, "apps1", "crontab -l | grep -c '^@reboot */srv/apps/.*/current/serve.sh$'"); got != "20" {
		t.Errorf("%s lines of the crontab start applications, want 20", got)
	}
	a.noDrift(ctx, t, "accounts")
	before := a.processes(ctx, t)

	a.requires(ctx, t, "billing", 99)
	a.build(ctx, t, "billing")
	a.deploy(ctx, t, 0, "billing")
	a.serves(ctx, t, "billing", 99)
	a.untouched(ctx, t, before, "billing")
	before = a.processes(ctx, t)

	write(t, filepath.Join(a.workspace, "apps", "orders", "wsgi.py"), "def application(environ, start_response):\n    start_response('500 Broken', [])\n    return [b'broken']\n")
	a.commit(ctx, t)
	a.build(ctx, t, "orders")
	a.deploy(ctx, t, 3, "orders")
	a.serves(ctx, t, "orders", slices.Index(names, "orders")+1)
	a.untouched(ctx, t, before, "orders")

	// What the tarball has not got is got from nowhere, and nothing live is touched for it.
	a.requires(ctx, t, "polls", 98)
	before = a.processes(ctx, t)
	a.build(ctx, t, "polls")
	run(ctx, t, "sh", "-euc", `tree=$(mktemp -d) && cd "$1" && tar -C "$tree" -xzf dist/polls.tar.gz && rm "$tree"/wheels/flavour-* && tar -C "$tree" -czf dist/polls.tar.gz . && rm -r "$tree"`,
		"sh", a.workspace)
	log := a.deploy(ctx, t, 1, "polls")
	if !strings.Contains(log, "No matching distribution found for flavour==98.0") {
		t.Errorf("it does not say what is missing:\n%s", log)
	}
	a.untouched(ctx, t, before, "")
}

func startTwentyApps(ctx context.Context, t *testing.T) *twentyApps {
	t.Helper()
	a := &twentyApps{Fleet: newFleet(ctx, t, "twenty"), workspace: checkout(ctx, t, "twenty-apps"), ports: map[string]string{}, run: 800}
	a.boot(ctx, t, "apps1", cookbookImage)
	a.awaitHosts(ctx, t, "apps1")
	run(ctx, t, "docker", "exec", a.container("apps1"), "install", "-d", "-o", "deploy", "-g", "deploy", "/srv/apps")
	run(ctx, t, "docker", "run", "--rm", "--network", "container:"+a.container("apps1"), "--cap-add", "NET_ADMIN", "--entrypoint", "ip", busyboxImage, "route", "del", "default")
	if routes := a.On(ctx, t, "apps1", `awk '$2 == "00000000"' /proc/net/route`); routes != "" {
		t.Fatalf("the host has a route out: %s", routes)
	}
	files, err := filepath.Glob(filepath.Join(a.workspace, "apps", "*", "slipway.yml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text := read(t, file)
		if strings.Count(text, "\n") != 3 {
			t.Errorf("%s has not three lines:\n%s", file, text)
		}
		port := regexp.MustCompile(`PORT: "(\d+)"`).FindStringSubmatch(text)
		if port == nil {
			t.Fatalf("%s names no port", file)
		}
		a.ports[filepath.Base(filepath.Dir(file))] = port[1]
	}
	a.wheelhouse(ctx, t)
	return a
}

// wheelhouse is what stands for the index that CI takes wheels from: gunicorn and setuptools of Debian's packages, as wheels.
func (a *twentyApps) wheelhouse(ctx context.Context, t *testing.T) {
	t.Helper()
	house := filepath.Join(a.workspace, "wheelhouse")
	run(ctx, t, "docker", "cp", a.container("apps1")+":/usr/share/python-wheels", house)
	debian := t.TempDir()
	run(ctx, t, "docker", "cp", a.container("apps1")+":/usr/lib/python3/dist-packages/gunicorn", debian)
	gunicorn := recipetest.Wheel{
		Project: "gunicorn", Version: "20.1.0", Requires: []string{"setuptools"}, Commands: map[string]string{"gunicorn": "gunicorn.app.wsgiapp:run"},
		Files: map[string]string{},
	}
	err := filepath.WalkDir(debian, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".py") && !entry.IsDir() {
			name, _ := filepath.Rel(debian, path)
			gunicorn.Files[filepath.ToSlash(name)] = read(t, path)
		}
		return err
	})
	if err != nil || len(gunicorn.Files) == 0 {
		t.Fatalf("no gunicorn: %v", err)
	}
	write(t, filepath.Join(house, gunicorn.Name()), gunicorn.Bytes(t))
}

// requires has an application require a package of its own, in a version.
func (a *twentyApps) requires(ctx context.Context, t *testing.T, name string, version int) {
	t.Helper()
	flavour := recipetest.Wheel{Project: "flavour", Version: fmt.Sprintf("%d.0", version), Files: map[string]string{"flavour.py": ""}}
	write(t, filepath.Join(a.workspace, "wheelhouse", flavour.Name()), flavour.Bytes(t))
	write(t, filepath.Join(a.workspace, "apps", name, "requirements.txt"), fmt.Sprintf("gunicorn==20.1.0\nflavour==%s\n", flavour.Version))
	a.commit(ctx, t)
}

func (a *twentyApps) commit(ctx context.Context, t *testing.T) {
	t.Helper()
	run(ctx, t, "git", "-C", a.workspace, "add", "--all", "apps")
	run(ctx, t, "git", "-C", a.workspace, "-c", "user.name=Anna", "-c", "user.email=anna@example.com", "commit", "--quiet", "--allow-empty", "--message", "next")
}

// build packs applications as the example's workflow does; the wheelhouse is the index.
func (a *twentyApps) build(ctx context.Context, t *testing.T, names ...string) {
	t.Helper()
	inRunner(ctx, t, a.workspace, append([]string{
		"env", "PIP_NO_INDEX=1", "PIP_FIND_LINKS=/work/wheelhouse", "sh", "-euc", `for app; do deploy/build.sh "$app"; done`, "sh",
	}, names...)...)
}

// deploy deploys applications at the same time, and gives the log of the last one.
func (a *twentyApps) deploy(ctx context.Context, t *testing.T, exit int, names ...string) string {
	t.Helper()
	var uses []*Use
	for _, name := range names {
		action := a.action(ctx, t, name)
		action.With["artifact"] = "dist/" + name + ".tar.gz"
		action.With["deployment_key"] = name
		uses = append(uses, action.Start(ctx, t, fmt.Sprintf("twenty-apps-%d-%s", a.run, name)))
	}
	log := ""
	for i, use := range uses {
		outcome := use.Wait(t)
		log = outcome.Raw
		if outcome.Exit != exit {
			t.Errorf("%s: exit %d, want %d:\n%s", names[i], outcome.Exit, exit, log)
		}
	}
	if t.Failed() {
		t.FailNow()
	}
	return log
}

// action is a run of the action for an application.
func (a *twentyApps) action(ctx context.Context, t *testing.T, name string) Action {
	t.Helper()
	a.run++
	return Action{
		Workspace: a.workspace, Commit: commit(ctx, t, a.workspace), RunID: fmt.Sprint(a.run), Network: a.Network,
		With: map[string]string{
			"config": "apps/" + name + "/slipway.yml", "environment": "production", "ssh_key": a.Key, "known_hosts": a.KnownHosts,
		},
	}
}

// noDrift checks that neither the environment nor bytecode counts as a change of the release.
func (a *twentyApps) noDrift(ctx context.Context, t *testing.T, name string) {
	t.Helper()
	action := a.action(ctx, t, name)
	action.With["command"], action.With["drift"] = "status", "true"
	if outcome := action.Use(ctx, t, "twenty-apps-drift"); outcome.Outputs["outcome"] != "ok" {
		t.Errorf("status --drift says %q:\n%s", outcome.Outputs["outcome"], outcome.Raw)
	}
}

// serves checks that an application answers, with the package of its own.
func (a *twentyApps) serves(ctx context.Context, t *testing.T, name string, version int) {
	t.Helper()
	got := a.On(ctx, t, "apps1", "curl -fsS --max-time 10 http://127.0.0.1:"+a.ports[name]+"/")
	want := fmt.Sprintf("%s with flavour %d.0, gunicorn 20.1.0, setuptools ", name, version)
	if !strings.HasPrefix(got, want) {
		t.Errorf("%s answers %q, want %q...", name, got, want)
	}
}

// processes are each application's gunicorn and its workers.
func (a *twentyApps) processes(ctx context.Context, t *testing.T) map[string]string {
	t.Helper()
	const script = `for app in /srv/apps/*; do
	read -r master <"$app/shared/gunicorn.pid"
	echo "${app##*/} $master $(cat /proc/$master/task/*/children)"
done`
	found := map[string]string{}
	for line := range strings.Lines(a.On(ctx, t, "apps1", script)) {
		name, processes, _ := strings.Cut(strings.TrimSpace(line), " ")
		if len(strings.Fields(processes)) != 2 {
			t.Errorf("%s has not a gunicorn and a worker: %q", name, processes)
		}
		found[name] = processes
	}
	if len(found) != 20 {
		t.Errorf("gunicorns of %d applications run", len(found))
	}
	return found
}

// untouched checks that every application but one runs as the same processes.
func (a *twentyApps) untouched(ctx context.Context, t *testing.T, before map[string]string, but string) {
	t.Helper()
	for name, now := range a.processes(ctx, t) {
		if name != but && now != before[name] {
			t.Errorf("%s was %q, and is %q now", name, before[name], now)
		}
	}
}
