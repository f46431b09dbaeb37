package release_test

import (
	"io/fs"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/slipway/slipway/internal/needtest"
)

// Every shell script of the program is clean under shellcheck, and parses in the shells that hosts have.
func TestScripts(t *testing.T) {
	shellcheck := needtest.Program(t, "shellcheck")
	var scripts []string
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && entry.Name() == "testdata" {
			return filepath.SkipDir
		}
		if err == nil && filepath.Ext(path) == ".sh" {
			scripts = append(scripts, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(scripts) < 10 {
		t.Fatalf("found only %q", scripts)
	}
	if out, err := exec.Command(shellcheck, append([]string{"-s", "sh"}, scripts...)...).CombinedOutput(); err != nil {
		t.Errorf("shellcheck: %v\n%s", err, out)
	}
	for _, shell := range [][]string{{needtest.Program(t, "dash"), "-n"}, {needtest.Program(t, "busybox"), "ash", "-n"}} {
		for _, script := range scripts {
			if out, err := exec.Command(shell[0], append(shell[1:], script)...).CombinedOutput(); err != nil {
				t.Errorf("%s: %v\n%s", script, err, out)
			}
		}
	}
}
