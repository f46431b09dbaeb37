// Package shelltest runs scripts under each of the shells that hosts have, as a step would (tests alone).
package shelltest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/needtest"
)

// Shells are the commands of the shells.
var Shells = [][]string{{"dash"}, {"busybox", "ash"}}

// Outcome is how a script ended.
type Outcome struct {
	Out  string // both streams
	Fail bool
	Exit int
}

// Run runs a script in a folder, as a step would; env is what the step sees besides.
func Run(t *testing.T, shell []string, dir, script string, env ...string) Outcome {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), shell[0], append(shell[1:], "-eu", "-c", script)...)
	cmd.Dir = dir
	cmd.Env = append([]string{
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=" + t.TempDir(), "LANG=C.UTF-8",
		"DJANGO_SETTINGS_MODULE=settings", "PYTHONDONTWRITEBYTECODE=1",
	}, env...)
	out, err := cmd.CombinedOutput()
	return Outcome{string(out), err != nil, cmd.ProcessState.ExitCode()}
}

// Expect judges an outcome: whether it failed, and what it said.
func (o Outcome) Expect(t *testing.T, what string, fail bool, says string) {
	t.Helper()
	if o.Fail != fail || !strings.Contains(o.Out, says) {
		t.Errorf("%s: failed is %v, want %v, saying %q:\n%s", what, o.Fail, fail, says, o.Out)
	}
}

// Is judges an outcome that is to print a text and no more.
func (o Outcome) Is(t *testing.T, what, want string) {
	t.Helper()
	if o.Fail || o.Out != want {
		t.Errorf("%q gives %q, failed is %v; want %q", what, o.Out, o.Fail, want)
	}
}

// Each runs a test in each shell.
func Each(t *testing.T, test func(t *testing.T, shell []string)) {
	t.Helper()
	needtest.Programs(t, "dash", "busybox")
	for _, shell := range Shells {
		t.Run(shell[0], func(t *testing.T) {
			t.Parallel()
			test(t, shell)
		})
	}
}

// InTurns gives one shell after the other, where each of them for all of it would take long.
func InTurns(t *testing.T) func() []string {
	t.Helper()
	needtest.Programs(t, "dash", "busybox")
	n := -1
	return func() []string {
		n++
		return Shells[n%len(Shells)]
	}
}

// Write writes files into a folder, and makes the folders that they need.
func Write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
