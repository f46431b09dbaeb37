//go:build e2e

package e2e

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// What act calls the action's image, and the volume that it makes and keeps.
const (
	actionImageOfAct = "act-slipway-slipway-v1-dockeraction:latest"
	toolsOfAct       = "act-toolcache"
)

// testWorkflow runs the whole workflow of examples/django, build and deploy, under nektos/act. What act would fetch is
// replaced: the action by this repository, the two artifact actions by a mounted folder.
func testWorkflow(ctx context.Context, t *testing.T) {
	act := findAct(ctx, t)
	fleet := startFleet(ctx, t, "workflow")
	workspace := checkout(ctx, t, "django")
	root := repository(t)
	scratch := t.TempDir()
	artifacts := filepath.Join(scratch, "artifacts")
	if err := os.Mkdir(artifacts, 0o777); err != nil {
		t.Fatal(err)
	}
	// act names the image of an action after the action, and takes the one that is there when it is told not to build.
	run(ctx, t, "docker", "tag", actionImage, actionImageOfAct)
	t.Cleanup(func() { remove(ctx, t, "image", "rm", actionImageOfAct) })
	if _, err := try(ctx, "docker", "volume", "inspect", toolsOfAct); err != nil {
		t.Cleanup(func() { remove(ctx, t, "volume", "rm", "--force", toolsOfAct) })
	}

	args := []string{
		"push", "--directory", workspace, "--workflows", filepath.Join(workspace, ".github", "workflows"),
		"--platform", "ubuntu-latest=" + runnerImage, "--pull=false", "--rebuild=false", "--rm", "--no-cache-server",
		"--network", fleet.Network, "--container-options", "--volume " + artifacts + ":/artifacts",
		"--action-cache-path", filepath.Join(scratch, "cache"), "--actor", "anna",
		"--local-repository", "slipway/slipway@v1=" + root,
		"--local-repository", "actions/upload-artifact@v4=" + filepath.Join(root, "e2e", "testdata", "actions", "upload-artifact"),
		"--local-repository", "actions/download-artifact@v4=" + filepath.Join(root, "e2e", "testdata", "actions", "download-artifact"),
		"--secret", "SSH_KEY", "--secret", "DOTENV", "--var", "KNOWN_HOSTS=" + fleet.KnownHosts,
	}
	cmd := exec.CommandContext(ctx, act, args...)
	// act reads a secret without a value from its environment. Its own settings stay away from the machine's.
	cmd.Env = append(os.Environ(), "SSH_KEY="+fleet.Key, "DOTENV="+dotenv, "HOME="+scratch, "XDG_CONFIG_HOME="+scratch)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // it removes its containers then
	cmd.WaitDelay = 20 * time.Second
	out, err := cmd.CombinedOutput()
	write(t, filepath.Join(report(t, "workflow"), "log.txt"), string(out))
	if err != nil {
		t.Fatalf("act: %v\n%s", err, out)
	}
	if strings.Contains(string(out), djangoKey) {
		t.Error("a secret is in the log")
	}
	for _, host := range []string{"web1", "web2"} {
		if page := fleet.Page(ctx, t, host, "/"); !strings.Contains(page, "Version 1, release ") {
			t.Errorf("%s does not serve version 1:\n%s", host, page)
		}
	}
}

// findAct is the act of the version that CI pins.
func findAct(ctx context.Context, t *testing.T) string {
	t.Helper()
	return run(ctx, t, filepath.Join(repository(t), ".ci", "tool"), "act")
}
