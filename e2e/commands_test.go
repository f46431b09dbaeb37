//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Commands is a fleet on which every command is tried, as an action and on a person's machine: testdata/commands/slipway.yml has
// its environments. What staging's host lets in is a key of its own.
type Commands struct {
	*Fleet
	all       bool   // make e2e-commands: what makes each run longer, too
	staging   string // the private key that staging's host lets in
	workspace string
	index     string // the page of version 1
	version   int
	commits   map[int]string // of each version
	uses      int            // of actions and command lines
	stderr    string         // of the last command line
	stranded  Action         // the deployment whose runner died
}

// testCommands boots the fleet once. Each part leaves the hosts as the next one needs them.
func testCommands(ctx context.Context, t *testing.T) {
	c := startCommands(ctx, t)
	for _, part := range []struct {
		name string
		run  func(c *Commands, ctx context.Context, t *testing.T)
		long bool // make e2e-commands
	}{
		{name: "validate", run: (*Commands).validate},
		{name: "completion", run: (*Commands).completion},
		{name: "doctor", run: (*Commands).doctor},
		{name: "plan-first", run: (*Commands).planFirst},
		{name: "promote", run: (*Commands).promote},
		{name: "limit", run: (*Commands).limit},
		{name: "status", run: (*Commands).status},
		{name: "rollback", run: (*Commands).rollback},
		{name: "history", run: (*Commands).history},
		{name: "logs", run: (*Commands).logs},
		{name: "hold", run: (*Commands).hold},
		{name: "exec", run: (*Commands).exec},
		{name: "refused-right", run: (*Commands).refusedRight, long: true},
		{name: "prune", run: (*Commands).prune},
		{name: "join", run: (*Commands).join},
		{name: "unlock", run: (*Commands).unlock},
		{name: "resolve", run: (*Commands).resolve},
	} {
		if part.long && !c.all {
			continue
		}
		if !t.Run(part.name, func(t *testing.T) { part.run(c, ctx, t) }) {
			t.Fatalf("%s went wrong: what comes after it would say nothing", part.name)
		}
	}
}

// startCommands boots production, staging, and a person's machine, which has the image's program and both keys.
func startCommands(ctx context.Context, t *testing.T) *Commands {
	t.Helper()
	c := &Commands{
		Fleet: newFleet(ctx, t, "commands"), all: os.Getenv("SLIPWAY_E2E_COMMANDS") != "", commits: map[int]string{},
		workspace: checkout(ctx, t, "static-site", "commands"),
	}
	site := filepath.Join(c.workspace, "nginx.conf") + ":/etc/nginx/conf.d/site.conf:ro"
	c.boot(ctx, t, "web1", balancerImage, "--volume", site)
	c.boot(ctx, t, "web2", balancerImage, "--volume", site)
	c.boot(ctx, t, "files1", busyboxImage)
	staging := *c.Fleet
	staging.Key, staging.authorized = keyPair(t)
	staging.boot(ctx, t, "stage1", balancerImage, "--volume", site)
	c.awaitHosts(ctx, t, "web1", "web2", "files1", "stage1")

	keys, programs := t.TempDir(), t.TempDir()
	write(t, filepath.Join(keys, "production"), c.Key)
	c.staging = staging.Key
	write(t, filepath.Join(keys, "staging"), staging.Key)
	write(t, filepath.Join(keys, "known_hosts"), c.KnownHosts)
	image := run(ctx, t, "docker", "create", actionImage)
	defer remove(ctx, t, "rm", "--force", image)
	run(ctx, t, "docker", "cp", image+":/usr/local/bin/slipway", programs)
	c.docker(ctx, t, "run", "--detach", "--init", "--name", c.container("laptop"), "--network", c.Network, "--env", "USER=ben",
		"--volume", c.workspace+":/work", "--workdir", "/work", "--volume", keys+":/keys:ro",
		"--volume", filepath.Join(programs, "slipway")+":/usr/local/bin/slipway:ro", runnerImage, "sleep", "infinity")

	c.index = read(t, filepath.Join(c.workspace, "site", "index.html"))
	c.right(ctx, t, "stage1", "nginx -s reload")
	c.next(ctx, t)
	return c
}

// next packs the next version.
func (c *Commands) next(ctx context.Context, t *testing.T) {
	t.Helper()
	c.version++
	write(t, filepath.Join(c.workspace, "site", "index.html"), strings.ReplaceAll(c.index, "Version 1.", fmt.Sprintf("Version %d.", c.version)))
	archive(ctx, t, c.workspace)
	c.commits[c.version] = commit(ctx, t, c.workspace)
}

// right is what the deploy user may have nginx do as root, and beside it to run what the site warms up with.
func (c *Commands) right(ctx context.Context, t *testing.T, host, command string) {
	t.Helper()
	c.asRoot(ctx, t, host, `printf '%s\n' 'deploy ALL=(root) NOPASSWD: /usr/sbin/`+command+`' \
'deploy ALL=(www-data) NOPASSWD: /usr/bin/head --lines\=1 index.html' >/etc/sudoers.d/deploy
chmod 440 /etc/sudoers.d/deploy && visudo -c`)
}

// asRoot runs a script on a host as a person who may do everything there.
func (c *Commands) asRoot(ctx context.Context, t *testing.T, host, script string) string {
	t.Helper()
	return run(ctx, t, "docker", "exec", c.container(host), "sh", "-euc", script)
}

// job is a use of the action in a run of its own, in production unless an input says otherwise. inputs are names and values by turns.
func (c *Commands) job(command string, inputs ...string) Action {
	c.uses++
	given := map[string]string{"command": command, "environment": "production", "ssh_key": c.Key, "known_hosts": c.KnownHosts}
	for pair := range slices.Chunk(inputs, 2) {
		given[pair[0]] = pair[1]
	}
	return Action{
		Workspace: c.workspace, Commit: c.commits[c.version], RunID: fmt.Sprint(700 + c.uses), Network: c.Network, With: given,
	}
}

// use is such a job, to its end.
func (c *Commands) use(ctx context.Context, t *testing.T, exit int, command string, inputs ...string) Outcome {
	t.Helper()
	outcome := c.job(command, inputs...).Use(ctx, t, c.report(command))
	if outcome.Exit != exit {
		t.Fatalf("%s ends %d, want %d:\n%s", command, outcome.Exit, exit, outcome.Raw)
	}
	return outcome
}

// report is the name under which the next thing that is done is kept.
func (c *Commands) report(command string) string {
	return fmt.Sprintf("commands-%02d-%s", c.uses, strings.ReplaceAll(command, " ", "-"))
}

// login are the flags of whoever goes to production.
var login = []string{"--ssh_key", "@/keys/production", "--known_hosts", "@/keys/known_hosts"}

// typed is a command that a person types who may go to the hosts. It gives what was printed to standard output; where words are to
// stand behind --, they come last.
func (c *Commands) typed(ctx context.Context, t *testing.T, exit int, command string, args ...string) string {
	t.Helper()
	return c.offline(ctx, t, exit, slices.Concat([]string{command}, login, args)...)
}

// offline is a command that a person types, without a way to any host.
func (c *Commands) offline(ctx context.Context, t *testing.T, exit int, args ...string) string {
	t.Helper()
	c.uses++
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, "docker", slices.Concat([]string{"exec", c.container("laptop"), "slipway"}, args)...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	var ended *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &ended) {
		t.Fatal(err)
	}
	line := strings.ReplaceAll("$ slipway "+strings.Join(args, " "), " "+strings.Join(login, " "), "")
	c.stderr = stderr.String()
	printed := line + "\n" + stdout.String() + c.stderr
	write(t, filepath.Join(report(t, c.report("typed-"+args[0])), "log.txt"), printed)
	if got := cmd.ProcessState.ExitCode(); got != exit {
		t.Fatalf("it ends %d, want %d: %s", got, exit, printed)
	}
	return stdout.String()
}

// says checks that a text has lines that fit each of some expressions.
func says(t *testing.T, text string, expressions ...string) {
	t.Helper()
	for _, expression := range expressions {
		if !regexp.MustCompile(`(?m)` + expression).MatchString(text) {
			t.Errorf("nothing fits %s in\n%s", expression, text)
		}
	}
}

// annotated checks that a use of the action made annotations of a level with these titles, in any order, and no others.
func annotated(t *testing.T, o Outcome, level string, titles ...string) {
	t.Helper()
	var got []string
	for _, command := range o.Log.Named(level) {
		got = append(got, command.Properties["title"])
	}
	slices.Sort(got)
	slices.Sort(titles)
	if !slices.Equal(got, titles) {
		t.Errorf("annotations of level %s: %q, want %q", level, got, titles)
	}
}

// serves checks that production serves a version.
func (c *Commands) serves(ctx context.Context, t *testing.T, version int) {
	t.Helper()
	c.servesOn(ctx, t, version, "web1", "web2", "files1")
}

func (c *Commands) servesOn(ctx context.Context, t *testing.T, version int, hosts ...string) {
	t.Helper()
	for _, host := range hosts {
		path := "/"
		if host == "files1" {
			path = "/static/"
		}
		if page := c.Page(ctx, t, host, path); !strings.Contains(page, fmt.Sprintf("Version %d.", version)) {
			t.Errorf("%s does not serve version %d:\n%s", host, version, page)
		}
	}
}
