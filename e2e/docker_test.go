//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
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
	cookbookImage = "slipway-e2e/cookbook-host"
	mysqlImage    = "slipway-e2e/mysql-host" // built by the one test that needs it
)

// TestImages builds the images by itself, so that CI can have them ready.
func TestImages(t *testing.T) {
	ctx := untilInterrupted(t)
	needDocker(ctx, t)
	buildImages(ctx, t)
}

var building sync.Mutex // by one test at a time; for the next one everything is there

// buildImages builds what has changed since the last time.
func buildImages(ctx context.Context, t *testing.T) {
	t.Helper()
	building.Lock()
	defer building.Unlock()
	root := repository(t)
	run(ctx, t, filepath.Join(root, "e2e", "images", "bases.sh"))
	build := func(image, dir string) error {
		began := time.Now()
		out, err := try(ctx, "docker", "build", "--quiet", "--force-rm", "--tag", image, dir)
		if err != nil {
			return fmt.Errorf("docker build %s: %w\n%s", image, err, out)
		}
		t.Logf("%s: %.0f s", image, time.Since(began).Seconds())
		return nil
	}
	images := filepath.Join(root, "e2e", "images")
	// At once, because most of the time they wait for packages.
	var all errgroup.Group
	all.Go(func() error {
		return errors.Join(build(debianImage, filepath.Join(images, "debian-host")), build(systemdImage, filepath.Join(images, "systemd-host")), // on the first
			build(cookbookImage, filepath.Join(images, "cookbook-host")))
	})
	for image, dir := range map[string]string{
		busyboxImage: filepath.Join(images, "busybox-host"), runnerImage: filepath.Join(images, "runner"), balancerImage: filepath.Join(images, "balancer-host"),
		databaseImage: filepath.Join(images, "database-host"), actionImage: root,
	} {
		all.Go(func() error { return build(image, dir) })
	}
	if err := all.Wait(); err != nil {
		t.Fatal(err)
	}
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
