// Package treetest makes folders for tests of artifacts, and runs real tools in them.
package treetest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Site is a small tree with all that trees of sites have, as Write takes it.
var Site = map[string]string{
	"manage.py": "#!/usr/bin/env python3\n", "site/settings.py": "DEBUG = False\n", "site/static/a.css": "body{}", "docs/": "",
	"site/latest": "-> static/a.css", "a b/ü.txt": "x", ".env.example": "X=1", strings.Repeat("deep/", 30) + strings.Repeat("n", 140): "long",
}

// Write makes a tree: names that end in a slash are folders, texts that begin with "-> " links.
func Write(tb testing.TB, dir string, files map[string]string) {
	tb.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		Must(tb, os.MkdirAll(filepath.Dir(path), 0o755))
		target, isLink := strings.CutPrefix(text, "-> ")
		switch {
		case strings.HasSuffix(name, "/"):
			Must(tb, os.MkdirAll(path, 0o755))
		case isLink:
			Must(tb, os.Symlink(target, path))
		default:
			Must(tb, os.WriteFile(path, []byte(text), 0o644))
		}
	}
}

// Run runs a program in a folder and gives what it printed.
func Run(tb testing.TB, dir, name string, args ...string) string {
	tb.Helper()
	command := exec.CommandContext(tb.Context(), name, args...)
	command.Dir = dir
	command.Env = append(os.Environ(), "LC_ALL=C", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
	out, err := command.CombinedOutput()
	if err != nil {
		tb.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// Must ends the test where there is an error.
func Must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
