//go:build cookbook

package node_test

import (
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
	"github.com/slipway/slipway/internal/cookbook/shelltest"
	"github.com/slipway/slipway/internal/needtest"
)

func TestMain(m *testing.M) { needtest.RunWaiting(m) }

// project is a release with a lock file that names a package of a registry, which nobody reaches here, and a cache of npm that has it.
func project(t *testing.T) string {
	t.Helper()
	dir, pack := t.TempDir(), t.TempDir()
	shelltest.Write(t, pack, map[string]string{
		"package.json": `{"name": "greeting", "version": "1.0.0", "scripts": {"install": "echo built >built.txt"}}`,
		"index.js":     "module.exports = 'ahoy';\n",
	})
	npm(t, pack, dir, "pack", "--silent")
	tarball := filepath.Join(pack, "greeting-1.0.0.tgz")
	npm(t, pack, dir, "cache", "add", tarball)
	text, err := os.ReadFile(tarball)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha512.Sum512(text)
	shelltest.Write(t, dir, map[string]string{
		"package.json":      `{"name": "site", "version": "1.0.0", "dependencies": {"greeting": "1.0.0"}, "devDependencies": {"lint": "1.0.0"}}`,
		"package-lock.json": lock("sha512-" + base64.StdEncoding.EncodeToString(sum[:])),
	})
	return dir
}

// lock is a lock file; the package for development is in no cache.
func lock(integrity string) string {
	return fmt.Sprintf(`{"name": "site", "version": "1.0.0", "lockfileVersion": 3, "requires": true, "packages": {
  "": {"name": "site", "version": "1.0.0", "dependencies": {"greeting": "1.0.0"}, "devDependencies": {"lint": "1.0.0"}},
  "node_modules/greeting": {"version": "1.0.0", "resolved": "https://registry.npmjs.org/greeting/-/greeting-1.0.0.tgz", "integrity": %q, "hasInstallScript": true},
  "node_modules/lint": {"version": "1.0.0", "resolved": "https://registry.npmjs.org/lint/-/lint-1.0.0.tgz", "integrity": "sha512-AAAA", "dev": true}
}}`, integrity)
}

func npm(t *testing.T, dir, release string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "npm", append(args, "--cache", filepath.Join(release, ".npm-cache"), "--no-update-notifier")...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("npm %s: %v\n%s", args, err, out)
	}
}

// TestInstall installs from a cache with npm itself, without a network.
func TestInstall(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "npm", "node")
	shell := shelltest.InTurns(t)
	dir := project(t)
	install := func(dir string, with map[string]string) shelltest.Outcome {
		return shelltest.Run(t, shell(), dir, recipetest.Rendered(t, "node/install", with))
	}
	installed := func(what string, want bool, file string) {
		t.Helper()
		if _, err := os.Stat(filepath.Join(dir, "node_modules", file)); (err == nil) != want {
			t.Errorf("%s: %s is there: %v, want %v", what, file, err == nil, want)
		}
	}
	install(dir, nil).Expect(t, "install", false, "slipway-note: 1 package(s)\n")
	installed("install", true, "greeting/index.js")
	installed("install", true, "greeting/built.txt")
	installed("install", false, "lint")

	// What an earlier try left half made is made anew.
	shelltest.Write(t, dir, map[string]string{"node_modules/greeting/index.js": "module.ex", "node_modules/stray/package.json": "{}"})
	install(dir, map[string]string{"scripts": "false"}).Expect(t, "install again", false, "slipway-note: 1 package(s)\n")
	installed("without scripts", false, "greeting/built.txt")
	installed("install again", false, "stray")
	out, err := exec.CommandContext(t.Context(), "node", "-p", "require('"+dir+"/node_modules/greeting')").CombinedOutput()
	if err != nil || string(out) != "ahoy\n" {
		t.Errorf("%s, %v", out, err)
	}

	// The cache may lie in shared/, and the application deeper.
	shared := t.TempDir()
	if err := os.Rename(filepath.Join(dir, ".npm-cache"), filepath.Join(shared, "npm")); err != nil {
		t.Fatal(err)
	}
	install(dir, nil).Expect(t, "no cache", true, "there is no cache of npm in "+dir+"/.npm-cache")
	install(filepath.Dir(dir), map[string]string{"dir": filepath.Base(dir), "cache": shared + "/npm"}).Expect(t, "a shared cache", false, "1 package(s)")

	install(dir, map[string]string{"cache": shared + "/npm", "omit": "peer"}).Expect(t, "a package that is in no cache", true, "lacks a package, or package.json asks for another version")
	install(dir, map[string]string{"omit": "tests"}).Expect(t, "a kind that is none", true, "`omit` takes dev, optional and peer, not 'tests'")
	install(dir, map[string]string{"dir": "web"}).Expect(t, "no folder", true, "there is no folder web in the release")

	// A file that is not the one that was locked, and a lock file that does not fit package.json.
	shelltest.Write(t, dir, map[string]string{"package-lock.json": lock("sha512-" + strings.Repeat("A", 86) + "==")})
	install(dir, map[string]string{"cache": shared + "/npm"}).Expect(t, "another file than was locked", true, "ENOTCACHED")
	shelltest.Write(t, dir, map[string]string{"package.json": `{"name": "site", "version": "1.0.0", "dependencies": {"greeting": "2.0.0"}}`})
	install(dir, map[string]string{"cache": shared + "/npm"}).Expect(t, "a lock file that does not fit", true, "package.json asks for another version")
	if err := os.Remove(filepath.Join(dir, "package-lock.json")); err != nil {
		t.Fatal(err)
	}
	install(dir, nil).Expect(t, "no lock file", true, "there is no package-lock.json in "+dir)
}

// TestInstallFromGit: a dependency in a repository would be fetched by git, past npm's --offline.
func TestInstallFromGit(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "npm", "node", "git")
	shell, dir := shelltest.InTurns(t), project(t)
	shelltest.Write(t, dir, map[string]string{
		"package.json": `{"name": "site", "version": "1.0.0", "dependencies": {"tool": "git+http://127.0.0.1:9/tool.git#0123456789012345678901234567890123456789"}}`,
		"package-lock.json": `{"name": "site", "version": "1.0.0", "lockfileVersion": 3, "requires": true, "packages": {
  "": {"name": "site", "version": "1.0.0", "dependencies": {"tool": "git+http://127.0.0.1:9/tool.git#0123456789012345678901234567890123456789"}},
  "node_modules/tool": {"version": "1.0.0", "resolved": "git+http://127.0.0.1:9/tool.git#0123456789012345678901234567890123456789"}
}}`,
	})
	shelltest.Run(t, shell(), dir, recipetest.Rendered(t, "node/install", nil)).Expect(t, "a repository", true, "transport 'http' not allowed")
}
