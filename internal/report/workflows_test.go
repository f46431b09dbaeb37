package report

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/report/outputs"
)

// workflows are our own, and those of examples, by path and text.
func workflows(t *testing.T, patterns ...string) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, pattern := range patterns {
		paths, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(pattern)))
		if err != nil || len(paths) == 0 {
			t.Fatalf("%s: %d, %v", pattern, len(paths), err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			found[path] = string(text)
		}
	}
	return found
}

// TestDeployWorkflow: the workflow that others call uses every input that it takes, and hands on none that the action has not.
func TestDeployWorkflow(t *testing.T) {
	t.Parallel()
	for path, text := range workflows(t, ".github/workflows/deploy.yml") {
		var workflow struct {
			On struct {
				Call struct {
					Inputs, Secrets map[string]any
					Outputs         map[string]struct{ Value string }
				} `yaml:"workflow_call"`
			}
			Jobs map[string]struct {
				Steps []struct {
					Uses string
					With map[string]any
				}
			}
		}
		if err := yaml.Unmarshal([]byte(text), &workflow); err != nil {
			t.Fatal(path, err)
		}
		call, steps := workflow.On.Call, workflow.Jobs["deploy"].Steps
		for name := range call.Inputs {
			if !regexp.MustCompile(`inputs\.` + name + `\b`).MatchString(text) {
				t.Errorf("nothing is done with the input %s", name)
			}
		}
		for name := range call.Secrets {
			if !strings.Contains(text, "secrets."+name+" }}") {
				t.Errorf("nothing is done with the secret %s", name)
			}
		}
		for name := range call.Outputs {
			if !slices.ContainsFunc(outputs.Docs(), func(d outputs.Doc) bool { return d.Name == name }) {
				t.Errorf("the action has no output %s", name)
			}
		}
		if len(call.Inputs) == 0 || len(call.Secrets) == 0 || len(call.Outputs) == 0 || len(steps) == 0 || steps[len(steps)-1].Uses != "./.slipway-action" {
			t.Fatalf("%s is not as this test knows it", path)
		}
		for name := range steps[len(steps)-1].With {
			if !slices.ContainsFunc(ci.Names(), func(d ci.InputDoc) bool { return d.Name == name }) {
				t.Errorf("the action has no input %s", name)
			}
		}
	}
}

// TestActionsArePinned: an action of others that our workflows use is named by its commit, and which version that is stands behind it.
func TestActionsArePinned(t *testing.T) {
	t.Parallel()
	uses := regexp.MustCompile(`(?m)^\s*(?:- )?uses: (.*)$`)
	pinned := regexp.MustCompile(`^[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`)
	for path, text := range workflows(t, ".github/workflows/*.yml") {
		for _, found := range uses.FindAllStringSubmatch(text, -1) {
			if !strings.HasPrefix(found[1], "./") && !pinned.MatchString(found[1]) {
				t.Errorf("%s: %s", path, found[1])
			}
		}
	}
}

// TestQueues: what .github/actionlint.yaml lets pass is one of the two values that GitHub knows, where it may stand.
func TestQueues(t *testing.T) {
	t.Parallel()
	queue := regexp.MustCompile(`(?m)^( *)queue: *(.*)$`)
	seen := 0
	for path, text := range workflows(t, ".github/workflows/*.yml", "examples/*/.github/workflows/*.yml") {
		for _, found := range queue.FindAllStringSubmatch(text, -1) {
			seen++
			if found[2] != "single" && (found[2] != "max" || !strings.Contains(text, found[1]+"cancel-in-progress: false\n")) {
				t.Errorf("%s: queue: %s", path, found[2])
			}
		}
	}
	if seen == 0 {
		t.Error("no workflow has a queue")
	}
}

// TestGoRelease: CI tests with the Go release that the image and the binaries are built by, and not with the oldest that go.mod allows.
func TestGoRelease(t *testing.T) {
	t.Parallel()
	release, err := os.ReadFile(filepath.Join(root, ".go-version"))
	if err != nil {
		t.Fatal(err)
	}
	image := "golang:" + strings.TrimSpace(string(release)) + "-"
	for path, text := range workflows(t, "Dockerfile", ".github/workflows/*.yml") {
		for _, found := range regexp.MustCompile(`GO_IMAGE(?:=|: )(golang:.*)`).FindAllStringSubmatch(text, -1) {
			if !strings.HasPrefix(found[1], image) {
				t.Errorf("%s has %s, and .go-version %s", path, found[1], release)
			}
		}
		if strings.Count(text, "actions/setup-go@") != strings.Count(text, "go-version-file: .go-version\n") {
			t.Errorf("%s sets up Go otherwise than by .go-version", path)
		}
	}
}
