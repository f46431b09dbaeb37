//go:build e2e

// Package e2e runs the built action image as CI runs it, against hosts in containers, and looks at the pages that the
// hosts serve afterwards. `make e2e` runs it; it needs Docker on Linux (and, where no registry is in reach, root,
// debootstrap and the Go toolchain for stand-ins of the base images: see images/bases.sh).
//
// Words: a fleet is hosts on a private network of their own; a version is a variant of examples/django. What each run
// printed and wrote is kept in the folder that SLIPWAY_E2E_REPORTS names, for people.
package e2e

import (
	"context"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/needtest"
)

// TestEndToEnd is one test, so that images are built once and an interrupt ends everything.
func TestEndToEnd(t *testing.T) {
	t.Parallel()
	ctx := untilInterrupted(t)
	needDocker(ctx, t)
	buildImages(ctx, t)
	tests := map[string]func(context.Context, *testing.T){
		"image": testImage, "attested": testAttested, "django": testDjango, "static-site": testStaticSite, "workflow": testWorkflow, "commands": testCommands, "cookbook": testCookbook,
	}
	if os.Getenv("SLIPWAY_E2E_KILL") != "" { // ten minutes and more: make e2e-kill
		tests["kill"] = testKill
	}
	if os.Getenv("SLIPWAY_E2E_WAYS") != "" { // minutes: make e2e-ways
		tests["ways"] = testWays
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // hosts that start, and programs that do, are waited for
			test(ctx, t)
		})
	}
}

func needDocker(ctx context.Context, t *testing.T) {
	t.Helper()
	if err := exec.CommandContext(ctx, "docker", "version").Run(); err != nil {
		needtest.Skip(t, "no Docker engine answers: "+err.Error())
	}
}

// untilInterrupted is a context that ends on SIGINT and SIGTERM, and early enough before `go test` runs into its own
// time limit that what was started is cleaned up.
func untilInterrupted(t *testing.T) context.Context {
	t.Helper()
	ctx, stop := signal.NotifyContext(t.Context(), os.Interrupt, syscall.SIGTERM)
	t.Cleanup(stop)
	deadline, limited := t.Deadline()
	if !limited {
		return ctx
	}
	ctx, cancel := context.WithDeadline(ctx, deadline.Add(-time.Minute))
	t.Cleanup(cancel)
	return ctx
}

// repository is the root of the checkout.
func repository(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// report is the folder in which a run leaves what people may want to look at.
func report(t *testing.T, name string) string {
	t.Helper()
	root := os.Getenv("SLIPWAY_E2E_REPORTS")
	if root == "" {
		root = t.TempDir()
	}
	dir := filepath.Join(root, name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}
