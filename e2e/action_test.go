//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// Action is one use of the action in a job.
type Action struct {
	Workspace string            // the job's checkout
	Commit    string            // that the run is for
	RunID     string            // of the CI run
	Attempt   int               // of the run; 0 is the first
	Network   string            // that the job's containers are on
	Names     []string          // "name:address" that are known whatever happens to who has them
	With      map[string]string // inputs
	Image     string            // actionImage unless set
	// Post is the action's post step, of a main step that saved no state.
	Post bool
}

// Use runs the built image the way the runner runs a Docker action, to its end.
func (a Action) Use(ctx context.Context, t *testing.T, name string) Outcome {
	t.Helper()
	return a.Start(ctx, t, name).Wait(t)
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
		"GITHUB_RUN_ID": a.RunID, "GITHUB_RUN_NUMBER": a.RunID, "GITHUB_RUN_ATTEMPT": fmt.Sprint(max(1, a.Attempt)), "GITHUB_RETENTION_DAYS": "90",
		"GITHUB_JOB": "deploy", "GITHUB_WORKFLOW": "deploy", "GITHUB_ACTION": "__slipway_slipway", "GITHUB_ACTION_REPOSITORY": "slipway/slipway",
		"GITHUB_ACTION_REF": "v1", "GITHUB_ACTOR": "anna", "GITHUB_ACTOR_ID": "42", "GITHUB_TRIGGERING_ACTOR": "anna",
		"GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/production", "GITHUB_REF_NAME": "production", "GITHUB_REF_TYPE": "branch",
		"GITHUB_REF_PROTECTED": "true", "GITHUB_SHA": a.Commit, "GITHUB_BASE_REF": "", "GITHUB_HEAD_REF": "",
		"RUNNER_OS": "Linux", "RUNNER_ARCH": "X64", "RUNNER_NAME": "GitHub Actions 1", "RUNNER_ENVIRONMENT": "github-hosted",
		"RUNNER_TEMP": "/github/runner_temp", "RUNNER_TOOL_CACHE": "/opt/hostedtoolcache", "RUNNER_WORKSPACE": "/home/runner/work/broken-brackets",
	}
	variable := func(input string) string { return "INPUT_" + strings.ToUpper(strings.ReplaceAll(input, " ", "_")) }
	filledIn := strings.NewReplacer("${{ github.token }}", "ghs_16C7e42F292c6912E7710c838347Ae178B4a", "${{ strategy.job-total }}", "1", "${{ job.check_run_id }}", "58001234") // by the runner
	for name, input := range action.Inputs {
		env[variable(name)] = filledIn.Replace(input.Default)
	}
	for name, value := range a.With {
		if _, ok := action.Inputs[name]; !ok {
			t.Fatalf("action.yml has no input %s", name)
		}
		env[variable(name)] = value
	}
	return env
}
