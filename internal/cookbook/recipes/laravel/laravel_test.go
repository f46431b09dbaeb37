//go:build cookbook

package laravel_test

import (
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

// site is an application of Laravel, whose framework is Debian's.
func site(t *testing.T, dir string) {
	t.Helper()
	needtest.Programs(t, "php")
	if out, err := exec.CommandContext(t.Context(), "php", "-r", "require 'Illuminate/autoload.php';").CombinedOutput(); err != nil {
		needtest.Skip(t, "Laravel is missing (Debian's php-laravel-framework): "+string(out))
	}
	shelltest.Write(t, dir, map[string]string{
		"artisan": `<?php
require __DIR__ . '/vendor/autoload.php';
$app = require_once __DIR__ . '/bootstrap/app.php';
$kernel = $app->make(Illuminate\Contracts\Console\Kernel::class);
exit($kernel->handle(new Symfony\Component\Console\Input\ArgvInput, new Symfony\Component\Console\Output\ConsoleOutput));
`,
		"vendor/autoload.php": "<?php\nrequire_once 'Illuminate/autoload.php';\nrequire_once __DIR__ . '/../app/Routes.php';\n",
		"bootstrap/app.php": `<?php
$app = new Illuminate\Foundation\Application(dirname(__DIR__));
$app->singleton(Illuminate\Contracts\Http\Kernel::class, Illuminate\Foundation\Http\Kernel::class);
$app->singleton(Illuminate\Contracts\Console\Kernel::class, Illuminate\Foundation\Console\Kernel::class);
$app->singleton(Illuminate\Contracts\Debug\ExceptionHandler::class, Illuminate\Foundation\Exceptions\Handler::class);
return $app;
`,
		"app/Routes.php": `<?php
namespace App;
class Routes extends \Illuminate\Foundation\Support\Providers\RouteServiceProvider {
    public function boot() { $this->routes(fn () => \Illuminate\Support\Facades\Route::view('/', 'home')); }
}
`,
		"config/app.php": `<?php
return [
    'name' => 'Site', 'env' => env('APP_ENV', 'production'), 'debug' => false, 'url' => 'http://localhost', 'timezone' => 'UTC', 'locale' => 'en',
    'fallback_locale' => 'en', 'key' => 'base64:' . base64_encode(str_repeat('x', 32)), 'cipher' => 'AES-256-CBC',
    'providers' => [
        Illuminate\Bus\BusServiceProvider::class, Illuminate\Cache\CacheServiceProvider::class, Illuminate\Queue\QueueServiceProvider::class,
        Illuminate\Foundation\Providers\ConsoleSupportServiceProvider::class, Illuminate\Database\DatabaseServiceProvider::class,
        Illuminate\Encryption\EncryptionServiceProvider::class, Illuminate\Filesystem\FilesystemServiceProvider::class,
        Illuminate\Foundation\Providers\FoundationServiceProvider::class, Illuminate\Translation\TranslationServiceProvider::class,
        Illuminate\View\ViewServiceProvider::class, Illuminate\Foundation\Support\Providers\EventServiceProvider::class, App\Routes::class,
    ],
    'aliases' => [],
];
`,
		"config/database.php": `<?php
$at = fn ($name) => ['driver' => 'sqlite', 'database' => base_path($name), 'prefix' => ''];
return ['default' => 'main', 'migrations' => 'migrations', 'connections' => ['main' => $at('main.sqlite3'), 'other' => $at('other.sqlite3')]];
`,
		"config/cache.php":   "<?php\nreturn ['default' => 'array', 'stores' => ['array' => ['driver' => 'array']], 'prefix' => 'x'];\n",
		"config/logging.php": "<?php\nreturn ['default' => 'errorlog', 'channels' => ['errorlog' => ['driver' => 'errorlog']]];\n",
		"config/queue.php":   "<?php\nreturn ['default' => 'sync', 'connections' => ['sync' => ['driver' => 'sync']]];\n",
		"config/view.php": `<?php
return ['paths' => [resource_path('views')], 'compiled' => env('VIEW_COMPILED_PATH', realpath(storage_path('framework/views')))];
`,
		"composer.json":                                 `{"name": "example/site", "autoload": {"psr-4": {"App\\": "app/"}}}`,
		"resources/views/home.blade.php":                "<p>{{ 1 + 1 }}</p>\n",
		"storage/framework/views/.gitignore":            "",
		"bootstrap/cache/.gitignore":                    "",
		"main.sqlite3":                                  "",
		"other.sqlite3":                                 "",
		"database/migrations/2026_01_01_0000_carts.php": migration("Schema::create('carts', function ($table) { $table->id(); });"),
	})
}

func migration(up string) string {
	return fmt.Sprintf("<?php\nuse Illuminate\\Support\\Facades\\Schema;\nreturn new class extends Illuminate\\Database\\Migrations\\Migration {\n"+
		"    public function up() { %s }\n};\n", up)
}

// TestMigrate migrates with Laravel itself, on SQLite.
func TestMigrate(t *testing.T) {
	t.Parallel()
	shell, dir := shelltest.InTurns(t), t.TempDir()
	migrate := func(with map[string]string, env ...string) shelltest.Outcome {
		return shelltest.Run(t, shell(), dir, recipetest.Rendered(t, "laravel/migrate", with), env...)
	}
	migrate(nil).Expect(t, "no Laravel", true, "there is no artisan in "+dir)
	migrate(map[string]string{"php": "php4"}).Expect(t, "no PHP", true, "there is no php4 on this host")
	site(t, dir)
	preview := func(with map[string]string, files, want string) {
		t.Helper()
		script := "set -eu\nprintf '%s' '" + files + "' | {\n" + recipetest.Scripts(t, "laravel/migrate", with).Preview + "\n}"
		shelltest.Run(t, shell(), dir, script).Expect(t, "preview", false, "\nslipway-note: "+want+"\n")
	}
	next := "database/migrations/2026_01_01_0000_carts.php\ndatabase/migrations/2026_01_02_0000_prices.php\nvendor/x/database/migrations/no.php\n"
	preview(nil, next, "pending 2026_01_01_0000_carts, 2026_01_02_0000_prices")
	migrate(nil).Expect(t, "migrate", false, "\nslipway-note: 1 applied: 2026_01_01_0000_carts\n")
	migrate(nil).Expect(t, "migrate again", false, "slipway-note: nothing to apply\n")
	preview(nil, next, "pending 2026_01_02_0000_prices")
	preview(nil, "database/migrations/2026_01_01_0000_carts.php\n", "none pending of its own")
	preview(map[string]string{"database": "other"}, next, "pending 2026_01_01_0000_carts, 2026_01_02_0000_prices")
	migrate(map[string]string{"database": "other"}).Expect(t, "another database", false, "1 applied")
	migrate(map[string]string{"database": "none"}).Expect(t, "an unknown database", true, "none")

	shelltest.Write(t, dir, map[string]string{
		"database/migrations/2026_01_02_0000_prices.php": migration("Schema::table('carts', function ($table) { $table->integer('price')->nullable(); });"),
		"database/migrations/2026_01_03_0000_fail.php":   migration("Schema::table('nowhere', function ($table) { $table->integer('price')->nullable(); });"),
	})
	failed := migrate(nil)
	failed.Expect(t, "the second fails", true, "slipway-note: 1 applied: 2026_01_02_0000_prices\n")
	failed.Expect(t, "the second fails", true, "no such table: nowhere")
}

// TestMigrateNotes: Laravel says since its version 9 in other words what was applied. Debian has 8, so its documented output is printed.
func TestMigrateNotes(t *testing.T) {
	t.Parallel()
	shelltest.Each(t, func(t *testing.T, shell []string) {
		dir := t.TempDir()
		shelltest.Write(t, dir, map[string]string{"artisan": `echo "$PGOPTIONS"
cat <<'END'

   INFO  Running migrations.

  2026_01_01_0000_carts .......................................... 5.07ms DONE
  2026_01_02_0000_prices ......................................... 1s DONE
  2026_01_03_0000_fail ........................................... 3.10ms FAIL
SQLSTATE[55P03]: Lock not available: 7 ERROR:  canceling statement due to lock timeout
END
exit 1
`})
		got := shelltest.Run(t, shell, dir, recipetest.Rendered(t, "laravel/migrate", map[string]string{"php": "sh"}))
		got.Expect(t, "the time", true, "-c lock_timeout=5s\n")
		got.Expect(t, "notes", true, "\nslipway-note: 2 applied: 2026_01_01_0000_carts, 2026_01_02_0000_prices\n")
		got.Expect(t, "a lock", true, "something else held a lock for longer than 5s")
	})
}

// TestOptimize caches with Laravel itself.
func TestOptimize(t *testing.T) {
	t.Parallel()
	shell, root := shelltest.InTurns(t), t.TempDir()
	dir := filepath.Join(root, "release")
	site(t, dir)
	optimize := func(with map[string]string, env ...string) shelltest.Outcome {
		return shelltest.Run(t, shell(), dir, recipetest.Rendered(t, "laravel/optimize", with), env...)
	}
	cached := func(pattern string, want int) {
		t.Helper()
		if found, err := filepath.Glob(filepath.Join(root, pattern)); err != nil || len(found) != want {
			t.Errorf("%s: %s, %v", pattern, found, err)
		}
	}
	optimize(nil).Expect(t, "all", false, "slipway-note: cached config, route, event, view\n")
	cached("release/bootstrap/cache/config.php", 1)
	cached("release/bootstrap/cache/routes-*.php", 1)
	cached("release/bootstrap/cache/events.php", 1)
	cached("release/storage/framework/views/*.php", 1)
	optimize(nil).Expect(t, "again", false, "slipway-note: cached config, route, event, view\n")

	// The compiled views of shared/ are the live release's, too.
	shelltest.Write(t, root, map[string]string{"shared/framework/views/live.php": ""})
	if err := os.RemoveAll(filepath.Join(dir, "storage")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../shared", filepath.Join(dir, "storage")); err != nil {
		t.Fatal(err)
	}
	shared := optimize(nil)
	shared.Expect(t, "shared views", false, "the compiled views lie outside of the release, in "+root+"/shared/framework/views: they are left as they are")
	shared.Expect(t, "shared views", false, "slipway-note: cached config, route, event\n")
	cached("shared/framework/views/live.php", 1)
	optimize(nil, "VIEW_COMPILED_PATH=bootstrap/cache/views").Expect(t, "views of its own", false, "cached config, route, event, view\n")
	cached("shared/framework/views/live.php", 1)
	cached("release/bootstrap/cache/views/*.php", 1)
	if text, err := os.ReadFile(filepath.Join(dir, "bootstrap/cache/config.php")); err != nil || !strings.Contains(string(text), "'"+dir+"/bootstrap/cache/views'") {
		t.Errorf("the cached configuration does not name the folder: %v\n%s", err, text)
	}

	optimize(map[string]string{"parts": "config cache"}).Expect(t, "an unknown part", true, "`parts` takes config, route, event and view, not 'cache'")
	optimize(map[string]string{"artisan": "none"}).Expect(t, "no Laravel", true, "there is no none in "+dir)
	shelltest.Write(t, dir, map[string]string{"config/view.php": "<?php\nthrow new Exception('no such setting');\n"})
	optimize(nil).Expect(t, "a configuration that cannot be loaded", true, "no such setting")
}
