// Package releasetest gives tests of the operations on a host a host of their own: a temporary directory and a
// transport.Conn that runs commands with a real shell and a chosen set of tools.
//
// Terms: a toolset is a shell and the programs that it can find, nothing else. The sets hold what release.Required
// promises, so that a script which calls anything more fails. It must not know what the scripts do.
package releasetest

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"slipway/internal/release"
)

// Toolset is a shell and the folder of the programs that it finds.
type Toolset struct {
	Name  string // "dash", "ash", "bash"
	Shell string // path
	Path  string // PATH of the commands
	Zstd  bool   // there is a zstd
}

// Each runs a test on a host of each toolset: dash with exactly the required coreutils, BusyBox ash with BusyBox's
// applets only, and bash with all of the machine. It makes the test a parallel one.
func Each(t *testing.T, test func(t *testing.T, host *Host)) {
	t.Helper()
	t.Parallel()
	for _, name := range []string{"dash", "ash", "bash"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, NewHost(t, name))
		})
	}
}

// Need is the path of a program that a test cannot do without. Where it is missing the test is skipped, unless
// SLIPWAY_TEST_NO_SKIP is set: then it fails.
func Need(t testing.TB, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	switch {
	case err == nil:
		return path
	case os.Getenv("SLIPWAY_TEST_NO_SKIP") != "":
		t.Fatalf("%s is needed for this test: %v", program, err)
	}
	t.Skipf("%s is needed for this test: %v", program, err)
	return ""
}

func newToolset(t testing.TB, name string) Toolset {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "bin")
	if err := os.Mkdir(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	link := func(target, program string) {
		if err := os.Symlink(target, filepath.Join(bin, program)); err != nil {
			t.Fatal(err)
		}
	}
	set := Toolset{Name: name, Shell: filepath.Join(bin, "sh"), Path: bin}
	switch name {
	case "dash":
		link(Need(t, "dash"), "sh")
		for _, program := range release.Required {
			link(Need(t, program), program)
		}
		for _, program := range []string{"setsid", "gzip", "zstd"} {
			link(Need(t, program), program)
		}
		set.Zstd = true
	case "ash":
		busybox := Need(t, "busybox")
		for _, program := range slices.Concat([]string{"sh", "setsid", "gzip"}, release.Required) {
			link(busybox, program)
		}
	case "bash":
		link(Need(t, "bash"), "sh")
		link(Need(t, "zstd"), "zstd")
		set.Path += ":/usr/local/bin:/usr/bin:/bin"
		set.Zstd = true
	default:
		t.Fatalf("no toolset %q", name)
	}
	return set
}
