//go:build cookbook

package laravel_test

import (
	"fmt"
	"testing"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
	"github.com/slipway/slipway/internal/cookbook/shelltest"
)

// TestMigratePostgres: a migration gives up where something else holds a lock.
func TestMigratePostgres(t *testing.T) {
	t.Parallel()
	shell, dir := shelltest.InTurns(t), t.TempDir()
	site(t, dir)
	db := recipetest.Postgres(t)
	shelltest.Write(t, dir, map[string]string{"config/database.php": fmt.Sprintf(`<?php
return ['default' => 'main', 'migrations' => 'migrations', 'connections' => ['main' => [
    'driver' => 'pgsql', 'host' => '%s', 'database' => 'site', 'username' => '%s', 'password' => file_get_contents(base_path('password')), 'prefix' => '',
]]];
`, db.Folder, recipetest.Role), "password": recipetest.Password})
	migrate := func() shelltest.Outcome {
		return shelltest.Run(t, shell(), dir, recipetest.Rendered(t, "laravel/migrate", map[string]string{"lock_timeout": "1s"}))
	}
	migrate().Expect(t, "migrate", false, "slipway-note: 1 applied: 2026_01_01_0000_carts\n")
	shelltest.Write(t, dir, map[string]string{
		"database/migrations/2026_01_02_0000_prices.php": migration("Schema::table('carts', function ($table) { $table->integer('price')->nullable(); });"),
	})
	release := db.Hold(t, "site", "LOCK TABLE carts IN ACCESS SHARE MODE")
	migrate().Expect(t, "a lock", true, "something else held a lock for longer than 1s")
	release()
	migrate().Expect(t, "without the lock", false, "slipway-note: 1 applied: 2026_01_02_0000_prices\n")
}
