//go:build cookbook

package rails_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
	"github.com/slipway/slipway/internal/cookbook/shelltest"
)

// TestMigratePostgres: a migration gives up where something else holds a lock, and whoever reads meanwhile does not wait.
func TestMigratePostgres(t *testing.T) {
	t.Parallel()
	shell, dir := shelltest.InTurns(t), t.TempDir()
	site(t, dir)
	db := recipetest.Postgres(t)
	shelltest.Write(t, dir, map[string]string{"config/database.yml": fmt.Sprintf(
		"production:\n  adapter: postgresql\n  host: %q\n  username: %q\n  password: %q\n  database: site\n", db.Folder, recipetest.Role, recipetest.Password)})
	migrate := func() shelltest.Outcome {
		return shelltest.Run(t, shell(), dir, recipetest.Rendered(t, "rails/migrate", map[string]string{"lock_timeout": "1s"}))
	}
	migrate().Expect(t, "migrate", false, "slipway-note: 1 applied: 20260101000000 CreateCarts\n")
	shelltest.Write(t, dir, map[string]string{
		"db/migrate/20260102000000_add_price_to_carts.rb": migration("AddPriceToCarts", "add_column :carts, :price, :integer"),
	})
	release := db.Hold(t, "site", "LOCK TABLE carts IN ACCESS SHARE MODE")
	began := time.Now()
	held := migrate()
	held.Expect(t, "a lock", true, "something else held a lock for longer than 1s")
	db.SQL(t, "site", "SELECT count(*) FROM carts")
	t.Logf("it gave up after %.1f s", time.Since(began).Seconds())
	release()
	migrate().Expect(t, "without the lock", false, "slipway-note: 1 applied: 20260102000000 AddPriceToCarts\n")
}
