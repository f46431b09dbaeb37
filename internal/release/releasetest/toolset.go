// Package releasetest gives tests of the operations on a host a host of their own: a temporary directory and a
// transport.Conn that runs commands with a real shell and a chosen set of tools.
//
// Terms: a toolset is a shell and the programs that it can find, nothing else. The sets hold what release.Required
// promises, so that a script which calls anything more fails. It must not know what the scripts do.
package releasetest

import (
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/slipway/slipway/internal/needtest"
	"github.com/slipway/slipway/internal/release"
)

// Toolset is a shell and the folder of the programs that it finds.
type Toolset struct {
	Name  string // "dash", "ash", "bash"
	Shell string // path
	Path  string // PATH of the commands
	Zstd  bool   // there is a zstd
}

// always are the toolsets that a test has wherever it runs.
var always = []string{"dash", "ash"}

// Each runs a test on a host of each toolset: dash with exactly the required coreutils, BusyBox ash with BusyBox's
// applets only, and bash with all of the machine. bash has its turn where nothing may be left out, as
// in CI: it is a third of the time. It makes the test a parallel one.
func Each(t *testing.T, test func(t *testing.T, host *Host)) {
	t.Helper()
	on(t, always, test)
}

// Either is Each for one of many cases that are alike: it has dash or ash, as its name decides. Where nothing may be left out it has
// all.
func Either(t *testing.T, test func(t *testing.T, host *Host)) {
	t.Helper()
	i := crc32.ChecksumIEEE([]byte(t.Name())) % uint32(len(always))
	on(t, always[i:i+1], test)
}

func on(t *testing.T, names []string, test func(t *testing.T, host *Host)) {
	t.Helper()
	t.Parallel()
	if os.Getenv(needtest.Variable) != "" {
		names = append(slices.Clone(always), "bash")
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, NewHost(t, name))
		})
	}
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
		link(needtest.Program(t, "dash"), "sh")
		for _, program := range release.Required {
			link(needtest.Program(t, program), program)
		}
		for _, program := range []string{"setsid", "gzip", "zstd"} {
			link(needtest.Program(t, program), program)
		}
		set.Zstd = true
	case "ash":
		busybox := needtest.Program(t, "busybox")
		for _, program := range slices.Concat([]string{"sh", "setsid", "gzip"}, release.Required) {
			link(busybox, program)
		}
	case "bash":
		link(needtest.Program(t, "bash"), "sh")
		link(needtest.Program(t, "zstd"), "zstd")
		set.Path += ":/usr/local/bin:/usr/bin:/bin"
		set.Zstd = true
	default:
		t.Fatalf("no toolset %q", name)
	}
	return set
}
