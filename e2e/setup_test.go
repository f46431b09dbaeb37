//go:build e2e

package e2e

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/github/githubtest"
	"github.com/slipway/slipway/internal/sshtest/sshd"
)

// TestSetUpAction runs the workflow of docs/networks.md under act, with this machine as the runner and as the host: no container is
// needed. The set-up action is as it lies in a release, with the checksums beside it; the job's network opens by nothing.
func TestSetUpAction(t *testing.T) {
	t.Parallel()
	ctx := untilInterrupted(t)
	action := releasedSetUp(ctx, t)
	server := sshd.Start(t, sshd.Options{})
	root, workspace := filepath.Join(t.TempDir(), "www"), t.TempDir()
	if err := os.Mkdir(root, 0o755); err != nil {
		t.Fatal(err)
	}
	workflow := "on: push\n" + strings.NewReplacer(
		"deploy@web1.internal.example.com", server.Address().String(), "/srv/www/site", root,
		"make dist/site.tar.gz", "mkdir dist && tar -czf dist/site.tar.gz index.html",
	).Replace(block(t, read(t, filepath.Join(repository(t), "docs", "networks.md")), "jobs:"))
	write(t, filepath.Join(workspace, "index.html"), "by the program on the runner\n")
	out, err := onThisMachine(ctx, t, workspace, workflow, server, "slipway/slipway@v1="+action)
	for _, words := range []string{"slipway 1.2.3 was installed", "ACTIVATED on 1 of 1 host", "::set-output:: outcome=activated"} {
		if err != nil || !strings.Contains(out, words) {
			t.Fatalf("%v, want %q in\n%s", err, words, out)
		}
	}
	if got := read(t, filepath.Join(root, "current", "index.html")); got != "by the program on the runner\n" {
		t.Errorf("the host has %q", got)
	}
}

// onThisMachine runs a workflow for a push to a workspace, with this machine as the runner, and gives what act printed. What act would
// fetch is replaced by folders, name@ref=folder.
func onThisMachine(ctx context.Context, t *testing.T, workspace, workflow string, server *sshd.Server, replaced ...string) (string, error) {
	t.Helper()
	scratch := t.TempDir()
	if err := os.MkdirAll(filepath.Join(workspace, ".github", "workflows"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(workspace, ".github", "workflows", "deploy.yml"), workflow)
	run(ctx, t, "git", "-C", workspace, "init", "--quiet", "--initial-branch", "production")
	git(ctx, t, workspace, "remote", "add", "origin", "https://github.com/example/site.git")
	git(ctx, t, workspace, "add", "--all")
	git(ctx, t, workspace, "commit", "--quiet", "--message", "One")
	api, err := githubtest.StartAt("127.0.0.1", "example/site", jobToken)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		api.Close()
		if len(api.Asked()) == 0 {
			t.Error("not this API was asked")
		}
		for _, wrong := range api.Wrong() {
			t.Errorf("the API was asked badly: %s", wrong)
		}
	})
	args := []string{
		"push", "--platform", "ubuntu-latest=-self-hosted", "--directory", workspace, "--action-cache-path", filepath.Join(scratch, "cache"),
		"--no-cache-server", "--actor", "anna", "--env", "GITHUB_API_URL=" + api.API(), "--secret", "SSH_KEY", "--secret", "GITHUB_TOKEN", "--var", "KNOWN_HOSTS=" + server.KnownHosts,
	}
	for _, folder := range replaced {
		args = append(args, "--local-repository", folder)
	}
	cmd := exec.CommandContext(ctx, run(ctx, t, filepath.Join(repository(t), ".ci", "tool"), "act"), args...)
	cmd.Env = append(os.Environ(), "SSH_KEY="+server.Key.Reveal(), "GITHUB_TOKEN="+jobToken, "HOME="+scratch, "XDG_CONFIG_HOME="+scratch, "XDG_CACHE_HOME="+scratch)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 20 * time.Second
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// releasedSetUp is a folder of this repository's action for set-up as a release has it: its program is what the checksums beside it say.
func releasedSetUp(ctx context.Context, t *testing.T) string {
	t.Helper()
	action, asset := t.TempDir(), "slipway_"+runtime.GOOS+"_"+runtime.GOARCH
	program := filepath.Join(t.TempDir(), asset)
	run(ctx, t, "go", "build", "-o", program, repository(t))
	server := httptest.NewServer(http.StripPrefix("/v1.2.3/", http.FileServer(http.Dir(filepath.Dir(program)))))
	t.Cleanup(server.Close)
	if err := os.Mkdir(filepath.Join(action, "setup"), 0o755); err != nil {
		t.Fatal(err)
	}
	source := filepath.Join(repository(t), "setup")
	for name, text := range map[string]string{
		"action.yml": strings.Replace(read(t, filepath.Join(source, "action.yml")), "https://github.com/slipway/slipway/releases/download", server.URL, 1),
		"install.sh": read(t, filepath.Join(source, "install.sh")),
		"VERSION":    "1.2.3\n",
		"SHA256SUMS": fmt.Sprintf("%x  %s\n", sha256.Sum256([]byte(read(t, program))), asset),
	} {
		write(t, filepath.Join(action, "setup", name), text)
	}
	return action
}
