// Package needtest gives tests what they need from the machine: a program, the superuser's rights, a kernel's feature. A test
// whose need is not met is skipped; where SLIPWAY_TEST_NO_SKIP is set, as in CI, it fails. It is the only place that skips a
// test, so that nothing that CI should have run passes unseen.
package needtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// Variable names the variable of the environment that makes a skip a failure.
const Variable = "SLIPWAY_TEST_NO_SKIP"

// T is what this package needs of a test: testing.TB and testscript's T have it.
type T interface {
	Skip(...any)
	Fatal(...any)
}

// Skip ends the test, because something that it needs is missing.
func Skip(t T, why string) {
	if os.Getenv(Variable) != "" {
		t.Fatal(why + ", and " + Variable + " is set")
		return
	}
	t.Skip(why)
}

// Program is the path of a program. Servers are looked for outside of PATH, too: a user's often lacks the sbin folders.
func Program(t T, name string) string {
	for _, dir := range []string{"", "/usr/sbin", "/usr/local/sbin", "/sbin"} {
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path
		}
	}
	Skip(t, name+" is missing")
	return ""
}

// Programs are needed by a test that finds them itself.
func Programs(t T, names ...string) {
	for _, name := range names {
		Program(t, name)
	}
}

// Root is needed by a test that does what only the superuser may. Others skip it, even in CI: rights cannot be installed.
func Root(t T) {
	if os.Geteuid() != 0 {
		t.Skip("only the superuser can do that")
	}
}

// Linux is needed by a test that reads /proc, or relies on its network. Other systems skip it, even in CI.
func Linux(t T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has that")
	}
}

// NoRace is needed by a test that measures memory: the race detector's own is several times what it watches. `go test` runs
// it, and so does CI.
func NoRace(t T) {
	if raced {
		t.Skip("measured without the race detector alone")
	}
}
