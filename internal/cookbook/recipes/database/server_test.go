//go:build cookbook

package database_test

import (
	"testing"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
	"github.com/slipway/slipway/internal/cookbook/shelltest"
)

// TestEmptyDatabase: before a first deployment there is nothing in it. That is backed up, restored and rehearsed on, too.
func TestEmptyDatabase(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *site) {
		owner := ""
		if s.Kind == "postgres" {
			owner = " OWNER " + recipetest.Role
		}
		s.SQL(t, s.Kind, "CREATE DATABASE site_first"+owner)
		s.step(t, s.Kind+"/backup", "database", "site_first").Expect(t, "backup", false, "slipway-note: site_first.20")
		s.step(t, s.Kind+"/restore", "database", "site_first").Expect(t, "restore", false, "slipway-note: site_first is site_first.20")
		s.step(t, "database/rehearse", "database", "site_first", "command", "true").Expect(t, "rehearsal", false, "s on site_first.20")
		s.only(t, "afterwards", "site", "site_first")
	})
}

// TestAutovacuum: PostgreSQL's own processes work in the database that is replaced, and no role but a superuser may end them.
func TestAutovacuum(t *testing.T) {
	t.Parallel()
	s := &site{Database: recipetest.Postgres(t), dir: t.TempDir(), shell: shelltest.InTurns(t)}
	s.fill(t, "site", "live")
	s.backup(t)
	for _, setting := range []string{"autovacuum_naptime = '1s'", "autovacuum_vacuum_cost_limit = 1", "autovacuum_vacuum_cost_delay = '100ms'"} {
		s.SQL(t, "postgres", "ALTER SYSTEM SET "+setting)
	}
	s.SQL(t, "postgres", "SELECT pg_reload_conf()")
	s.grow(t)
	recipetest.Eventually(t, "autovacuum works in the database", func() bool {
		return s.SQL(t, "postgres", "SELECT count(*) FROM pg_stat_activity WHERE datname = 'site' AND backend_type = 'autovacuum worker'") != "0"
	})
	s.step(t, "postgres/restore", "database", "site", "replace", "true").Expect(t, "restore", false, "slipway-note: site is site.20")
	s.only(t, "afterwards", "site")
}
