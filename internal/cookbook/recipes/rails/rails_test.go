//go:build cookbook

package rails_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
	"github.com/slipway/slipway/internal/cookbook/shelltest"
	"github.com/slipway/slipway/internal/needtest"
)

func TestMain(m *testing.M) { needtest.RunWaiting(m) }

// site is an application of Rails with one migration and one stylesheet.
func site(t *testing.T, dir string) {
	t.Helper()
	needtest.Programs(t, "ruby", "rails")
	shelltest.Write(t, dir, map[string]string{
		"bin/rails":      "APP_PATH = File.expand_path('../config/application', __dir__)\nrequire_relative '../config/boot'\nrequire 'rails/commands'\n",
		"config/boot.rb": "",
		"Rakefile":       "require_relative 'config/application'\nRails.application.load_tasks\n",
		"config/database.yml": "production:\n  adapter: sqlite3\n  database: db/site.sqlite3\n" +
			"staging:\n  adapter: sqlite3\n  database: db/staging.sqlite3\n",
		"config/environment.rb": "require_relative 'application'\nRails.application.initialize!\n",
		"config/application.rb": `require "rails"
require "active_record/railtie"
require "action_controller/railtie"
require "sprockets/railtie"
module Site
  class Application < Rails::Application
    config.load_defaults 6.1
    config.eager_load = false
    config.secret_key_base = "x" * 64
  end
end
`,
		"app/assets/config/manifest.js":             "//= link application.css\n",
		"app/assets/stylesheets/application.css":    "body {}\n",
		"db/migrate/20260101000000_create_carts.rb": migration("CreateCarts", "create_table(:carts) { |t| t.string :name }"),
	})
}

func migration(name, change string) string {
	return fmt.Sprintf("class %s < ActiveRecord::Migration[6.1]\n  def change\n    %s\n  end\nend\n", name, change)
}

// TestMigrate migrates with Rails itself, on SQLite.
func TestMigrate(t *testing.T) {
	t.Parallel()
	shell, dir := shelltest.InTurns(t), t.TempDir()
	migrate := func(with map[string]string, env ...string) shelltest.Outcome {
		return shelltest.Run(t, shell(), dir, recipetest.Rendered(t, "rails/migrate", with), env...)
	}
	migrate(nil).Expect(t, "no Rails", true, "there is no bin/rails in "+dir)
	migrate(map[string]string{"ruby": "ruby9"}).Expect(t, "no Ruby", true, "there is no ruby9 on this host")
	site(t, dir)
	preview := func(files, want string) {
		t.Helper()
		script := "set -eu\nprintf '%s' '" + files + "' | {\n" + recipetest.Scripts(t, "rails/migrate", nil).Preview + "\n}"
		shelltest.Run(t, shell(), dir, script).Expect(t, "preview", false, "\nslipway-note: "+want+"\n")
	}
	next := "db/migrate/20260101000000_create_carts.rb\ndb/migrate/20260102000000_add_price_to_carts.rb\napp/20260103000000_no.rb\ndb/migrate/readme.md\n"
	preview(next, "pending 20260101000000 CreateCarts, 20260102000000 AddPriceToCarts")

	migrate(nil).Expect(t, "migrate", false, "\nslipway-note: 1 applied: 20260101000000 CreateCarts\n")
	migrate(nil).Expect(t, "migrate again", false, "slipway-note: nothing to apply\n")
	preview(next, "pending 20260102000000 AddPriceToCarts")
	preview("db/migrate/20260101000000_create_carts.rb\n", "none pending")

	// The environment is that of the variables, unless the step says another.
	migrate(nil, "RAILS_ENV=staging").Expect(t, "the variables' environment", false, "1 applied")
	migrate(map[string]string{"environment": "production"}, "RAILS_ENV=staging").Expect(t, "the step's environment", false, "nothing to apply")

	shelltest.Write(t, dir, map[string]string{
		"db/migrate/20260102000000_add_price_to_carts.rb": migration("AddPriceToCarts", "add_column :carts, :price, :integer"),
		"db/migrate/20260103000000_fail.rb":               migration("Fail", "add_column :nowhere, :price, :integer"),
	})
	failed := migrate(nil)
	failed.Expect(t, "the second fails", true, "slipway-note: 1 applied: 20260102000000 AddPriceToCarts\n")
	failed.Expect(t, "the second fails", true, "no such table: nowhere")
}

// TestLockTimeout: the sessions that libpq opens have it, and a migration that a lock held up is explained.
func TestLockTimeout(t *testing.T) {
	t.Parallel()
	shelltest.Each(t, func(t *testing.T, shell []string) {
		dir := t.TempDir()
		shelltest.Write(t, dir, map[string]string{"bin/rails": `echo "options: $PGOPTIONS"; cat said; exit 1`, "said": ""})
		run := func(timeout string, env ...string) shelltest.Outcome {
			return shelltest.Run(t, shell, dir, recipetest.Rendered(t, "rails/migrate", map[string]string{"ruby": "sh", "lock_timeout": timeout}), env...)
		}
		run("3s", "PGOPTIONS=-c a=b").Expect(t, "options are kept", true, "options: -c a=b -c lock_timeout=3s\n")
		run("0s", "PGOPTIONS=").Expect(t, "none", true, "options: \n")
		shelltest.Write(t, dir, map[string]string{"said": "PG::LockNotAvailable: ERROR:  canceling statement due to lock timeout\n"})
		run("3s").Expect(t, "a lock", true, "something else held a lock for longer than 3s")
		shelltest.Write(t, dir, map[string]string{"said": "FATAL:  unsupported startup parameter: options\n"})
		run("3s").Expect(t, "a pooler", true, "migrate past it")
	})
}

// TestAssets makes the assets of several releases with sprockets itself.
func TestAssets(t *testing.T) {
	t.Parallel()
	shell, root := shelltest.InTurns(t), t.TempDir()
	shared := filepath.Join(root, "shared")
	release := func(name string) string { return filepath.Join(root, "releases", name) }
	assets := func(name string, with map[string]string) shelltest.Outcome {
		return shelltest.Run(t, shell(), release(name), recipetest.Rendered(t, "rails/assets", with),
			"SLIPWAY_RELEASE_PATH="+release(name), "SLIPWAY_CURRENT_PATH="+filepath.Join(root, "current"), "SLIPWAY_SHARED_PATH="+shared)
	}
	build := func(name string) {
		t.Helper()
		site(t, release(name))
		shelltest.Write(t, release(name), map[string]string{"app/assets/stylesheets/application.css": "body { content: '" + name + "' }\n"})
	}
	sheets := func(name string) int {
		t.Helper()
		return len(paths(t, release(name), "public/assets/application-*.css"))
	}
	build("one")
	assets("one", nil).Expect(t, "the first", false, "slipway-note: 2 files, 0 of earlier releases\n")
	build("two")
	assets("two", nil).Expect(t, "the second", false, "slipway-note: 2 files, 2 of earlier releases\n")
	assets("two", nil).Expect(t, "the second again", false, "of earlier releases")
	build("three")
	assets("three", nil).Expect(t, "the third", false, "slipway-note: 2 files, 4 of earlier releases\n")
	if sheets("one") != 1 || sheets("two") != 2 || sheets("three") != 3 {
		t.Errorf("stylesheets: %d, %d, %d", sheets("one"), sheets("two"), sheets("three"))
	}
	if manifests, _ := filepath.Glob(filepath.Join(release("three"), "public/assets/.sprockets-manifest-*")); len(manifests) != 1 {
		t.Errorf("another release's manifest came along: %s", manifests)
	}

	// What goes with its release is handed on by nobody.
	if err := os.RemoveAll(release("one")); err != nil {
		t.Fatal(err)
	}
	build("four")
	assets("four", nil).Expect(t, "after one was pruned", false, "slipway-note: 2 files, 4 of earlier releases\n")
	build("five")
	assets("five", map[string]string{"keep_earlier": "false"}).Expect(t, "alone", false, "slipway-note: 2 files, 0 of earlier releases\n")

	// What an earlier try was cut off in is made anew, and what the artifact brought stays.
	build("cut")
	brought := []string{"public/assets/logo-0123456789abcdef.svg", "public/assets/vendor/a b.css", "public/assets/.keep"}
	for _, name := range brought {
		shelltest.Write(t, release("cut"), map[string]string{name: "brought"})
	}
	assets("cut", nil).Expect(t, "with files of the artifact", false, "slipway-note: 4 files, ")
	sheet := ""
	for _, found := range paths(t, release("cut"), "public/assets/application-*.css") {
		if text, err := os.ReadFile(found); err == nil && strings.Contains(string(text), "cut") {
			sheet = found
		}
	}
	if sheet == "" {
		t.Fatal("the release has no stylesheet of its own")
	}
	if err := os.WriteFile(sheet, []byte("bo"), 0o600); err != nil {
		t.Fatal(err)
	}
	assets("cut", map[string]string{"keep_earlier": "false"}).Expect(t, "after a cut", false, "slipway-note: 4 files, 0 of earlier releases\n")
	if text, err := os.ReadFile(sheet); err != nil || !strings.Contains(string(text), "cut") {
		t.Errorf("%s, %v", text, err)
	}
	for _, name := range brought {
		if text, err := os.ReadFile(filepath.Join(release("cut"), name)); err != nil || string(text) != "brought" {
			t.Errorf("%s: %s, %v", name, text, err)
		}
	}

	// A folder of shared/ keeps them by itself, and nothing of it is removed.
	build("six")
	shelltest.Write(t, root, map[string]string{"shared/assets/kept-1a2b3c4d.css": "", "releases/six/public/robots.txt": ""})
	if err := os.Symlink("../../../shared/assets", filepath.Join(release("six"), "public/assets")); err != nil {
		t.Fatal(err)
	}
	assets("six", nil).Expect(t, "a shared folder", false, "public/assets leads out of the release")
	if _, err := os.Stat(filepath.Join(shared, "assets/kept-1a2b3c4d.css")); err != nil {
		t.Error(err)
	}
	assets("six", map[string]string{"folders": "../x"}).Expect(t, "a folder elsewhere", true, "`folders` lie in the release")
	assets("six", map[string]string{"folders": "public/packs"}).Expect(t, "a folder that nobody makes", true, "nothing was made in public/packs")
	shelltest.Write(t, release("six"), map[string]string{"app/assets/stylesheets/application.css": "/*= require nothing */\n"})
	assets("six", nil).Expect(t, "a stylesheet that cannot be made", true, "nothing")
}

// paths are the files of a folder that a pattern names.
func paths(t *testing.T, dir, pattern string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil {
		t.Fatal(err)
	}
	return found
}
