//go:build e2e

package e2e

import (
	"archive/zip"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/github/githubtest"
)

// What act calls the action's image, and the volume that it makes and keeps.
const (
	actionImageOfAct = "act-slipway-slipway-v1-dockeraction:latest"
	toolsOfAct       = "act-toolcache"
)

// jobToken is what github.token holds in a job.
const jobToken = "ghs_16C7e42F292c6912E7710c838347Ae178B4a"

// Actions is GitHub with one repository, a copy of an example: its runner is nektos/act, its API the strict one of githubtest. What act
// would fetch is replaced: the action by this repository, the actions for artifacts and pages by a folder that all jobs mount.
type Actions struct {
	Fleet     *Fleet
	Workspace string             // what actions/checkout checks out
	API       *githubtest.Server // asked by the action; the jobs' containers reach it at the gateway of the fleet's network
	Repo      githubtest.Repo    // what the API knows, once it is Set
	Artifacts string             // the folder

	act, scratch string
	attempts     int
}

// act names its containers and the image after the workflow and the action: one test at a time uses it.
var actInUse sync.Mutex

func newActions(ctx context.Context, t *testing.T, fleet *Fleet, example string) *Actions {
	t.Helper()
	actInUse.Lock()
	t.Cleanup(actInUse.Unlock)
	a := &Actions{
		Fleet: fleet, Workspace: checkout(ctx, t, example), scratch: t.TempDir(),
		act:  run(ctx, t, filepath.Join(repository(t), ".ci", "tool"), "act"), // the version that CI pins
		Repo: githubtest.Repo{Branches: map[string][]string{}, Tags: map[string]string{}},
	}
	a.Artifacts = filepath.Join(a.scratch, "artifacts")
	if err := os.Mkdir(a.Artifacts, 0o777); err != nil {
		t.Fatal(err)
	}
	// act takes the image that is there when it is told not to build.
	run(ctx, t, "docker", "tag", actionImage, actionImageOfAct)
	t.Cleanup(func() { remove(ctx, t, "image", "rm", actionImageOfAct) })
	if _, err := try(ctx, "docker", "volume", "inspect", toolsOfAct); err != nil {
		t.Cleanup(func() { remove(ctx, t, "volume", "rm", "--force", toolsOfAct) })
	}

	gateway := run(ctx, t, "docker", "network", "inspect", "--format", "{{(index .IPAM.Config 0).Gateway}}", fleet.Network)
	var err error
	if a.API, err = githubtest.StartAt(gateway, "example/"+example, jobToken); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		a.API.Close()
		for _, wrong := range a.API.Wrong() {
			t.Errorf("the API was asked badly: %s", wrong)
		}
	})
	return a
}

// Built tells the API of a run of CI that built a tarball: the newest run so far.
func (a *Actions) Built(t *testing.T, id int64, commit, branch string, tarball []byte) {
	t.Helper()
	var zipped bytes.Buffer
	w := zip.NewWriter(&zipped)
	file, err := w.Create("broken-brackets.tar.gz")
	if err == nil {
		_, err = file.Write(tarball)
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	a.Repo.Runs = append([]githubtest.Run{{
		ID: id, Commit: commit, Branch: branch, Workflow: ".github/workflows/deploy.yml", Name: "deploy",
		Artifacts: []githubtest.File{{ID: id, Name: "site", Content: zipped.Bytes()}},
	}}, a.Repo.Runs...)
	a.API.Set(a.Repo)
}

// WorkflowRun is one attempt at a run of a workflow.
type WorkflowRun struct {
	Workflow    string // its file
	Event       string
	Payload     map[string]any // of the event
	ID, Attempt int            // of the run; attempt 0 is the first
	By          string         // who started this attempt; "" is anna, who caused the run
	OfFork      bool           // it gets no secrets
}

// Start carries an attempt out, to its end. What act printed stays in the report of the test.
func (a *Actions) Start(ctx context.Context, t *testing.T, r WorkflowRun) Ran {
	t.Helper()
	a.attempts++
	dir := report(t, filepath.Join("act", fmt.Sprintf("%02d-%s-%d.%d", a.attempts, strings.TrimSuffix(r.Workflow, ".yml"), r.ID, max(1, r.Attempt))))
	payload, err := json.Marshal(r.Payload)
	if err != nil {
		t.Fatal(err)
	}
	event := filepath.Join(a.scratch, "event.json")
	write(t, event, string(payload))
	cmd := exec.CommandContext(ctx, a.act, a.arguments(t, r, event)...)
	// act reads a secret without a value from its environment. Its own settings stay away from the machine's.
	cmd.Env = append(os.Environ(),
		"SSH_KEY="+a.Fleet.Key, "PLAN_KEY="+a.Fleet.Key, "DOTENV="+dotenv, "GITHUB_TOKEN="+jobToken, "HOME="+a.scratch, "XDG_CONFIG_HOME="+a.scratch)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // it removes its containers then
	cmd.WaitDelay = 20 * time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	ran := readAct(stdout.Bytes())
	ran.Green = err == nil
	write(t, filepath.Join(dir, "log.txt"), ran.Text+stderr.String())
	return ran
}

func (a *Actions) arguments(t *testing.T, r WorkflowRun, event string) []string {
	t.Helper()
	root := repository(t)
	args := []string{
		r.Event, "--json", "--eventpath", event, "--directory", a.Workspace, "--workflows", filepath.Join(a.Workspace, ".github", "workflows", r.Workflow),
		"--platform", "ubuntu-latest=" + runnerImage, "--pull=false", "--rebuild=false", "--rm", "--no-cache-server",
		"--network", a.Fleet.Network, "--container-options", "--volume " + a.Artifacts + ":/artifacts",
		"--action-cache-path", filepath.Join(a.scratch, "cache"), "--actor", "anna", "--secret", "GITHUB_TOKEN", "--var", "KNOWN_HOSTS=" + a.Fleet.KnownHosts,
		"--local-repository", "slipway/slipway@v1=" + root,
		"--env", "GITHUB_API_URL=" + a.API.API(), "--env", "GITHUB_REPOSITORY_ID=7100001", "--env", "GITHUB_TRIGGERING_ACTOR=" + cmp.Or(r.By, "anna"),
		"--env", fmt.Sprintf("GITHUB_RUN_ID=%d", r.ID), "--env", fmt.Sprintf("GITHUB_RUN_NUMBER=%d", r.ID), "--env", fmt.Sprintf("GITHUB_RUN_ATTEMPT=%d", max(1, r.Attempt)),
	}
	for _, action := range []string{"upload-artifact", "download-artifact", "upload-pages-artifact", "deploy-pages"} {
		args = append(args, "--local-repository", "actions/"+action+"@v4="+filepath.Join(root, "e2e", "testdata", "actions", action))
	}
	if !r.OfFork {
		args = append(args, "--secret", "SSH_KEY", "--secret", "PLAN_KEY", "--secret", "DOTENV")
	}
	return args
}

// Ran is what became of an attempt.
type Ran struct {
	Green bool
	Text  string          // what all jobs printed
	Uses  map[string]Told // of the action, by job
}

// must ends the test where an attempt ended otherwise, or anything of it was not as it should be.
func (r Ran) must(t *testing.T, green bool) {
	t.Helper()
	if r.Green != green {
		t.Errorf("the run is green: %t, want %t", r.Green, green)
	}
	if t.Failed() {
		t.Fatalf("what act printed:\n%s", r.Text)
	}
}

// Told is what a use of the action told the runner.
type Told struct {
	Green       bool
	Lines       []string            // of the log
	Annotations map[string][]string // error, warning, notice: title and text
	Outputs     map[string]string
	Summary     string // Markdown
}

// Log is the log with its annotations as one line, so that it does not matter where lines are wrapped.
func (o Told) Log() string {
	text := strings.Join(o.Lines, " ")
	for _, kind := range []string{"notice", "warning", "error"} {
		text += " " + strings.Join(o.Annotations[kind], " ")
	}
	return strings.Join(strings.Fields(text), " ")
}

// line is a line of act's own log, with --json.
type line struct {
	Message    string            `json:"msg"`
	Job        string            `json:"jobID"`
	Step       string            `json:"step"`
	Stage      string            `json:"stage"`
	Result     string            `json:"stepResult"`
	Raw        bool              `json:"raw_output"` // a step printed it
	Command    string            `json:"command"`
	Properties map[string]string `json:"kvPairs"`
	Name       string            `json:"name"`    // of an output
	Argument   string            `json:"arg"`     // of a command or an output
	Content    string            `json:"content"` // of a summary
}

func readAct(log []byte) Ran {
	ran := Ran{Uses: map[string]Told{}}
	for text := range bytes.Lines(log) {
		var l line
		if json.Unmarshal(text, &l) != nil {
			ran.Text += string(text)
			continue
		}
		ran.Text += fmt.Sprintf("[%s] %s\n", l.Job, strings.TrimRight(l.Message, "\n"))
		if l.Step != "slipway/slipway@v1" || l.Stage != "Main" {
			continue
		}
		told, known := ran.Uses[l.Job]
		if !known {
			told = Told{Annotations: map[string][]string{}, Outputs: map[string]string{}}
		}
		told.add(l)
		ran.Uses[l.Job] = told
	}
	return ran
}

func (o *Told) add(l line) {
	switch l.Command {
	case "set-output":
		o.Outputs[l.Name] = l.Argument
	case "summary":
		o.Summary = l.Content
	case "error", "warning", "notice":
		o.Annotations[l.Command] = append(o.Annotations[l.Command], l.Properties["title"]+": "+l.Argument)
	}
	if l.Raw {
		o.Lines = append(o.Lines, strings.TrimRight(l.Message, "\n"))
	}
	if l.Result != "" {
		o.Green = l.Result == "success"
	}
}

// want checks what a use of the action told: outputs, and pieces of the log.
func (o Told) want(t *testing.T, outputs map[string]string, log ...string) {
	t.Helper()
	for name, want := range outputs {
		if got := o.Outputs[name]; got != want {
			t.Errorf("output %s: %q, want %q", name, got, want)
		}
	}
	for _, piece := range log {
		if !strings.Contains(o.Log(), piece) {
			t.Errorf("the log does not say %q", piece)
		}
	}
	for where, text := range map[string]string{"log": o.Log(), "summary": o.Summary, "outputs": fmt.Sprint(o.Outputs)} {
		for _, secret := range []string{djangoKey, jobToken} {
			if strings.Contains(text, secret) {
				t.Errorf("a secret is in the %s", where)
			}
		}
	}
}

// dispatch is what the event of "Run workflow" says.
func dispatch(inputs map[string]string) map[string]any {
	return map[string]any{"ref": "refs/heads/production", "inputs": inputs, "repository": map[string]any{"default_branch": "production"}}
}

// git runs git in a checkout.
func git(ctx context.Context, t *testing.T, dir string, args ...string) string {
	t.Helper()
	return run(ctx, t, "git", append([]string{"-C", dir, "-c", "user.name=Anna", "-c", "user.email=anna@example.com"}, args...)...)
}

// newVersion commits another version on a branch of its own, from production.
func newVersion(ctx context.Context, t *testing.T, dir, version string) (branch string) {
	t.Helper()
	branch = "version-" + version
	git(ctx, t, dir, "checkout", "--quiet", "-b", branch, "production")
	write(t, filepath.Join(dir, "public", "version.txt"), version+"\n")
	write(t, filepath.Join(dir, "puzzles", "static", "puzzles", "site.css"), "/* "+version+" */\nbody { margin: 3rem }\n")
	git(ctx, t, dir, "commit", "--quiet", "--all", "--message", "Version "+version)
	return branch
}

// merge merges a branch into production, as a pull request is. It gives the event.
func merge(ctx context.Context, t *testing.T, dir, branch string) map[string]any {
	t.Helper()
	before := git(ctx, t, dir, "rev-parse", "production")
	git(ctx, t, dir, "checkout", "--quiet", "production")
	git(ctx, t, dir, "merge", "--quiet", "--no-ff", "--message", "Merge pull request #7 from example/"+branch, branch)
	return map[string]any{
		"ref": "refs/heads/production", "before": before, "after": commit(ctx, t, dir), "deleted": false, "forced": false,
		"repository": map[string]any{"default_branch": "production"},
	}
}
