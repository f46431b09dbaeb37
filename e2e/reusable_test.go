//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/report/outputs"
	"github.com/slipway/slipway/internal/sshtest/sshd"
)

// TestReusableWorkflow runs the workflow of docs/reusable-workflow.md, which calls ours, under act, with this machine as the runner and as
// the host. Of ours, what act does not know is left out: the queue, and that the action is fetched by the workflow's own commit. In
// the action's place is the program itself, with the inputs and outputs of action.yml.
func TestReusableWorkflow(t *testing.T) {
	t.Parallel()
	ctx := untilInterrupted(t)
	server := sshd.Start(t, sshd.Options{})
	root, workspace, ours, artifacts := filepath.Join(t.TempDir(), "www"), t.TempDir(), t.TempDir(), t.TempDir()
	for _, folder := range []string{root, filepath.Join(ours, ".github", "workflows"), filepath.Join(ours, "program")} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	program := filepath.Join(ours, "slipway")
	run(ctx, t, "go", "build", "-o", program, repository(t))
	write(t, filepath.Join(ours, "program", "action.yml"), programAsAction(program))
	called := read(t, filepath.Join(repository(t), ".github", "workflows", "deploy.yml"))
	before, rest, found := strings.Cut(called, "      # The action of the very commit")
	_, after, ended := strings.Cut(rest, "      - id: slipway\n")
	if !found || !ended {
		t.Fatal("the workflow is not as this test knows it")
	}
	write(t, filepath.Join(ours, ".github", "workflows", "deploy.yml"), strings.NewReplacer("      queue: max\n", "", "./.slipway-action", "slipway/slipway/program@v1").
		Replace(before+"      - id: slipway\n"+after))

	write(t, filepath.Join(workspace, "index.html"), "by the reusable workflow\n")
	write(t, filepath.Join(workspace, "slipway.yml"), fmt.Sprintf(
		"app: site\nenvironments:\n  production:\n    url: https://site.example.com\n    deploy_path: %s\n    hosts: [%s]\n", root, server.Address()))
	caller := strings.ReplaceAll(block(t, read(t, filepath.Join(repository(t), "docs", "reusable-workflow.md")), "# .github/workflows/deploy.yml\n"),
		"make dist/site.tar.gz", "mkdir dist && tar -czf dist/site.tar.gz index.html") +
		"  then:\n    needs: deploy\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo said ${{ needs.deploy.outputs.outcome }} ${{ needs.deploy.outputs.url }}\n"
	replaced := []string{"slipway/slipway@v1=" + ours}
	for name, ref := range map[string]string{"upload-artifact": "v7", "download-artifact": "3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c"} {
		folder := t.TempDir()
		write(t, filepath.Join(folder, "action.yml"),
			strings.ReplaceAll(read(t, filepath.Join("testdata", "actions", name, "action.yml")), "/artifacts", artifacts))
		replaced = append(replaced, "actions/"+name+"@"+ref+"="+folder)
	}
	out, err := onThisMachine(ctx, t, workspace, caller, server, replaced...)
	for _, words := range []string{"site -> production", "ACTIVATED on 1 of 1 host", "said activated https://site.example.com"} {
		if err != nil || !strings.Contains(out, words) {
			t.Fatalf("%v, want %q in\n%s", err, words, out)
		}
	}
	if got := read(t, filepath.Join(root, "current", "index.html")); got != "by the reusable workflow\n" {
		t.Errorf("the host has %q", got)
	}
}

// programAsAction is an action that runs the program as the container of ours does.
func programAsAction(program string) string {
	var inputs, env, outs strings.Builder
	for _, doc := range ci.Names() {
		fmt.Fprintf(&inputs, "  %s: {description: x, default: %q}\n", doc.Name, doc.Default)
		fmt.Fprintf(&env, "        INPUT_%s: ${{ inputs.%s }}\n", strings.ToUpper(doc.Name), doc.Name)
	}
	for _, doc := range outputs.Docs() {
		fmt.Fprintf(&outs, "  %s: {description: x, value: '${{ steps.run.outputs.%s }}'}\n", doc.Name, doc.Name)
	}
	return "name: program\ndescription: x\ninputs:\n" + inputs.String() + "outputs:\n" + outs.String() +
		"runs:\n  using: composite\n  steps:\n    - id: run\n      shell: sh\n      run: exec " + program + "\n      env:\n" + env.String()
}
