//go:build e2e

package e2e

import (
	"context"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"slipway/internal/ci/citest"
)

// Action is one use of the action in a job.
type Action struct {
	Workspace string            // the job's checkout
	Commit    string            // that the run is for
	RunID     string            // of the CI run
	Network   string            // that the job's containers are on
	With      map[string]string // inputs
}

// Outcome is what the runner sees of a use of the action.
type Outcome struct {
	Exit    int
	Log     citest.Log
	Raw     string            // the log as it was printed
	Outputs map[string]string // of the step
	Summary string            // Markdown
}

// Use runs the built image the way the runner runs a Docker action: its mounts, its environment, no shell around it
// (actions/runner, ContainerOperationProvider.cs and ContainerActionHandler.cs). The log, the summary and the outputs
// stay in the report of that name.
func (a Action) Use(ctx context.Context, t *testing.T, name string) Outcome {
	t.Helper()
	runner := t.TempDir()
	args := []string{"run", "--rm", "--workdir", "/github/workspace", "--network", a.Network}
	for _, mount := range []string{"home", "workflow", "file_commands", "runner_temp"} {
		dir := filepath.Join(runner, mount)
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--volume", dir+":/github/"+mount)
	}
	args = append(args, "--volume", a.Workspace+":/github/workspace", "--volume", "/var/run/docker.sock:/var/run/docker.sock")
	write(t, filepath.Join(runner, "workflow", "event.json"), "{}")

	env := a.environment(t)
	for _, file := range []string{"GITHUB_OUTPUT", "GITHUB_STATE", "GITHUB_STEP_SUMMARY", "GITHUB_ENV", "GITHUB_PATH"} {
		write(t, filepath.Join(runner, "file_commands", file), "")
		env[file] = "/github/file_commands/" + file
	}
	cmd := exec.CommandContext(ctx, "docker")
	cmd.Env = os.Environ()
	for _, key := range slices.Sorted(maps.Keys(env)) {
		args = append(args, "--env", key)
		cmd.Env = append(cmd.Env, key+"="+env[key])
	}
	cmd.Args = append(append(cmd.Args, args...), actionImage)
	// An interrupt reaches the program in the container, as a cancelled job does.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 20 * time.Second
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}

	dir := report(t, name)
	outcome := Outcome{
		Exit:    cmd.ProcessState.ExitCode(),
		Log:     citest.ReadLog(out),
		Raw:     string(out),
		Outputs: map[string]string{},
		Summary: read(t, filepath.Join(runner, "file_commands", "GITHUB_STEP_SUMMARY")),
	}
	outputs := read(t, filepath.Join(runner, "file_commands", "GITHUB_OUTPUT"))
	write(t, filepath.Join(dir, "log.txt"), outcome.Raw)
	write(t, filepath.Join(dir, "summary.md"), outcome.Summary)
	write(t, filepath.Join(dir, "outputs.txt"), outputs)
	pairs, err := citest.ReadFile([]byte(outputs))
	if err != nil {
		t.Errorf("the outputs file: %v\n%s", err, outputs)
	}
	for _, pair := range pairs {
		outcome.Outputs[pair.Name] = pair.Value
	}
	return outcome
}

// environment is what the runner sets: an input each, given or not, and what it tells of the run.
func (a Action) environment(t *testing.T) map[string]string {
	t.Helper()
	var action struct {
		Inputs map[string]struct {
			Default string `yaml:"default"`
		} `yaml:"inputs"`
	}
	if err := yaml.Unmarshal([]byte(read(t, filepath.Join(repository(t), "action.yml"))), &action); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{
		"CI": "true", "GITHUB_ACTIONS": "true", "HOME": "/github/home",
		"GITHUB_WORKSPACE": "/github/workspace", "GITHUB_EVENT_PATH": "/github/workflow/event.json",
		"GITHUB_SERVER_URL": "https://github.com", "GITHUB_API_URL": "https://api.github.com",
		"GITHUB_GRAPHQL_URL": "https://api.github.com/graphql",
		"GITHUB_REPOSITORY":  "example/broken-brackets", "GITHUB_REPOSITORY_ID": "7100001", "GITHUB_REPOSITORY_OWNER": "example",
		"GITHUB_RUN_ID": a.RunID, "GITHUB_RUN_NUMBER": a.RunID, "GITHUB_RUN_ATTEMPT": "1", "GITHUB_RETENTION_DAYS": "90",
		"GITHUB_JOB": "deploy", "GITHUB_WORKFLOW": "deploy", "GITHUB_ACTION": "__slipway_slipway", "GITHUB_ACTION_REPOSITORY": "slipway/slipway",
		"GITHUB_ACTION_REF": "v1", "GITHUB_ACTOR": "anna", "GITHUB_ACTOR_ID": "42", "GITHUB_TRIGGERING_ACTOR": "anna",
		"GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/production", "GITHUB_REF_NAME": "production", "GITHUB_REF_TYPE": "branch",
		"GITHUB_REF_PROTECTED": "true", "GITHUB_SHA": a.Commit, "GITHUB_BASE_REF": "", "GITHUB_HEAD_REF": "",
		"RUNNER_OS": "Linux", "RUNNER_ARCH": "X64", "RUNNER_NAME": "GitHub Actions 1", "RUNNER_ENVIRONMENT": "github-hosted",
		"RUNNER_TEMP": "/github/runner_temp", "RUNNER_TOOL_CACHE": "/opt/hostedtoolcache", "RUNNER_WORKSPACE": "/home/runner/work/broken-brackets",
	}
	variable := func(input string) string { return "INPUT_" + strings.ToUpper(strings.ReplaceAll(input, " ", "_")) }
	for name, input := range action.Inputs {
		env[variable(name)] = input.Default
	}
	for name, value := range a.With {
		if _, ok := action.Inputs[name]; !ok {
			t.Fatalf("action.yml has no input %s", name)
		}
		env[variable(name)] = value
	}
	return env
}
