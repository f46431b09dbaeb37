//go:build cookbook

package composer_test

import (
	"archive/zip"
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
	"github.com/slipway/slipway/internal/cookbook/shelltest"
	"github.com/slipway/slipway/internal/needtest"
)

func TestMain(m *testing.M) { needtest.RunWaiting(m) }

// archive is a package of composer's, as a zip.
func archive(t *testing.T, name, code string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for file, text := range map[string]string{
		"composer.json": `{"name": "` + name + `", "version": "1.0.0", "autoload": {"files": ["code.php"]}}`, "code.php": code,
	} {
		part, err := w.Create(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// composer runs it as CI would, with a network.
func composer(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "composer", append(args, "--no-interaction", "--no-ansi")...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir(), "COMPOSER_CACHE_DIR="+filepath.Join(dir, ".composer-cache"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("composer %s: %v\n%s", args, err, out)
	}
}

// TestInstall installs with composer itself: a package from an archive of the release, one from a folder, and one from a server that
// is reached by CI alone.
func TestInstall(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "composer", "php")
	shell, dir := shelltest.InTurns(t), t.TempDir()
	var asked atomic.Int32
	served := archive(t, "example/served", "<?php function served() { return 'served'; }")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		_, _ = w.Write(served)
	}))
	defer server.Close()
	shelltest.Write(t, dir, map[string]string{
		"packages/packed.zip":          string(archive(t, "example/packed", "<?php function packed() { return 'packed'; }")),
		"libraries/mine/code.php":      "<?php function mine() { return 'mine'; }",
		"libraries/mine/composer.json": `{"name": "example/mine", "version": "1.0.0", "autoload": {"files": ["code.php"]}}`,
		"composer.json": `{"name": "example/site", "config": {"secure-http": false}, "repositories": [
  {"packagist.org": false}, {"type": "artifact", "url": "packages"}, {"type": "path", "url": "libraries/*"},
  {"type": "package", "package": {"name": "example/served", "version": "1.0.0", "autoload": {"files": ["code.php"]}, "dist": {"type": "zip", "url": "` + server.URL + `/served.zip"}}},
  {"type": "package", "package": {"name": "example/lint", "version": "1.0.0", "dist": {"type": "zip", "url": "` + server.URL + `/lint.zip"}}}
 ], "require": {"example/packed": "1.0.0", "example/mine": "1.0.0", "example/served": "1.0.0"}, "require-dev": {"example/lint": "1.0.0"},
 "scripts": {"post-install-cmd": "echo scripts-ran"}}`,
	})
	install := func(dir string, with map[string]string) shelltest.Outcome {
		return shelltest.Run(t, shell(), dir, recipetest.Rendered(t, "composer/install", with), "COMPOSER_ALLOW_SUPERUSER=1")
	}
	install(dir, nil).Expect(t, "no lock file", true, "there is no composer.lock in "+dir)
	composer(t, dir, "update", "--no-install")
	install(dir, nil).Expect(t, "an empty cache", true, ".composer-cache lacks it")
	composer(t, dir, "install", "--no-dev", "--no-scripts")
	if err := os.RemoveAll(filepath.Join(dir, "vendor")); err != nil {
		t.Fatal(err)
	}
	before := asked.Load()
	install(dir, nil).Expect(t, "install", false, "scripts-ran")
	works := func(what string) {
		t.Helper()
		out, err := exec.CommandContext(t.Context(), "php", "-r", "require '"+dir+"/vendor/autoload.php'; echo packed(), mine(), served();").CombinedOutput()
		if err != nil || string(out) != "packedmineserved" {
			t.Errorf("%s: %s, %v", what, out, err)
		}
	}
	works("install")
	if asked.Load() != before {
		t.Error("the server was asked")
	}
	if _, err := os.Stat(filepath.Join(dir, "vendor/example/lint")); err == nil {
		t.Error("a package for development was installed")
	}
	if _, err := os.Stat(filepath.Join(dir, ".composer-unfinished")); err == nil {
		t.Error("the mark stays")
	}

	// Run again it changes nothing; after a try that was cut off, vendor/ is made anew.
	again := install(dir, map[string]string{"scripts": "false"})
	again.Expect(t, "install again", false, "Nothing to install")
	if strings.Contains(again.Out, "scripts-ran") {
		t.Error("scripts ran")
	}
	shelltest.Write(t, dir, map[string]string{".composer-unfinished": "", "vendor/example/served/code.php": "<?php function ser"})
	install(dir, nil).Expect(t, "after a cut", false, "an earlier try did not end: vendor is made anew")
	works("after a cut")

	// The packages for development are in no cache.
	install(dir, map[string]string{"dev": "true"}).Expect(t, "a package that is in no cache", true, "lacks it")
	install(filepath.Dir(dir), map[string]string{"dir": filepath.Base(dir)}).Expect(t, "a folder", false, "scripts-ran")
	install(dir, map[string]string{"dir": "web"}).Expect(t, "no folder", true, "there is no folder web")
	install(dir, map[string]string{"composer": "composer9"}).Expect(t, "no composer", true, "there is no composer9 on this host")
	install(dir, map[string]string{"composer": "tools/composer.phar"}).Expect(t, "no composer in the release", true, "there is no "+dir+"/tools/composer.phar on this host")
	shelltest.Write(t, dir, map[string]string{"composer.lock": "{"})
	install(dir, nil).Expect(t, "a lock file that is cut off", true, "composer.lock")
}
