//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The images of this test. They stay, as a cache for the next time.
const (
	actionImage  = "slipway-e2e/action"
	debianImage  = "slipway-e2e/debian-host"
	busyboxImage = "slipway-e2e/busybox-host"
	runnerImage  = "slipway-e2e/runner"

	balancerImage = "slipway-e2e/balancer-host"
	databaseImage = "slipway-e2e/database-host"
	systemdImage  = "slipway-e2e/systemd-host"
)

// buildImages builds what has changed since the last time.
func buildImages(ctx context.Context, t *testing.T) {
	t.Helper()
	root := repository(t)
	run(ctx, t, filepath.Join(root, "e2e", "images", "bases.sh"))
	build := func(image, dir string) {
		began := time.Now()
		run(ctx, t, "docker", "build", "--quiet", "--force-rm", "--tag", image, dir)
		t.Logf("%s: %.0f s", image, time.Since(began).Seconds())
	}
	build(debianImage, filepath.Join(root, "e2e", "images", "debian-host"))
	build(busyboxImage, filepath.Join(root, "e2e", "images", "busybox-host"))
	build(runnerImage, filepath.Join(root, "e2e", "images", "runner"))
	build(balancerImage, filepath.Join(root, "e2e", "images", "balancer-host"))
	build(systemdImage, filepath.Join(root, "e2e", "images", "systemd-host"))
	build(databaseImage, filepath.Join(root, "e2e", "images", "database-host"))
	build(actionImage, root)
}

// run is a command that must succeed; it returns what the command printed to standard output, without its last line end.
func run(ctx context.Context, t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := try(ctx, name, args...)
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return out
}

// try is a command that may fail. When it does, what it printed to standard error follows its output.
func try(ctx context.Context, name string, args ...string) (string, error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return stdout.String() + stderr.String(), err
	}
	return strings.TrimRight(stdout.String(), "\n"), nil
}

// remove is a command that cleans up. It runs whatever has become of the test, and what it finds gone already is no failure.
func remove(ctx context.Context, t *testing.T, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Minute)
	defer cancel()
	if out, err := try(ctx, "docker", args...); err != nil && !strings.Contains(out, "No such") {
		t.Errorf("left behind: docker %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}
