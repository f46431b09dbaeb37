package report

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/report/outputs"
)

const root = "../.."

// TestGenerated: what is made of the code is as the code makes it. `go generate ./internal/report` writes it.
func TestGenerated(t *testing.T) {
	t.Parallel()
	for name, want := range Generated() {
		have, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		// A release's own branch names the image in place of the Dockerfile.
		if string(have) != string(want) && name != "action.yml" {
			t.Errorf("%s is stale: run go generate ./internal/report", name)
		}
	}
}

// TestAction: action.yml offers exactly the inputs that the code reads and the outputs that it sets.
func TestAction(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "action.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var action struct {
		Inputs  yaml.MapSlice
		Outputs yaml.MapSlice
		Runs    struct {
			Using, Image, Entrypoint string
			Post                     string `yaml:"post-entrypoint"`
			PostIf                   string `yaml:"post-if"`
		}
	}
	if err := yaml.UnmarshalWithOptions(text, &action, yaml.UseOrderedMap()); err != nil {
		t.Fatal(err)
	}
	if r := action.Runs; r.Using != "docker" || r.Entrypoint != "/usr/local/bin/slipway" || r.Post != "/usr/local/bin/slipway-post" || r.PostIf != "always()" {
		t.Errorf("runs: %+v", action.Runs)
	}
	got := func(entries yaml.MapSlice) []string {
		var lines []string
		for _, entry := range entries {
			line := fmt.Sprint(entry.Key)
			for _, field := range entry.Value.(yaml.MapSlice) {
				line += fmt.Sprintf(" | %s: %v", field.Key, field.Value)
			}
			lines = append(lines, line)
		}
		return lines
	}
	var wantInputs, wantOutputs []string
	for _, doc := range ci.Names() {
		line := doc.Name + " | description: " + doc.Text()
		if doc.Default != "" {
			line += " | default: " + doc.Default
		}
		wantInputs = append(wantInputs, line)
	}
	for _, doc := range outputs.Docs() {
		wantOutputs = append(wantOutputs, doc.Name+" | description: "+doc.Help)
	}
	for _, pair := range [][2][]string{{wantInputs, got(action.Inputs)}, {wantOutputs, got(action.Outputs)}} {
		if want, have := strings.Join(pair[0], "\n"), strings.Join(pair[1], "\n"); want != have {
			t.Errorf("action.yml has\n%s\nwant\n%s", have, want)
		}
	}
}
