//go:build cookbook

package django_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/cookbook/shelltest"
)

// TestGuardEverything has every kind of operation judged on SQLite.
func TestGuardEverything(t *testing.T) {
	t.Parallel()
	write, step := guarded(t, database)
	judges(t, write, step, everywhere)
}

// onPostgres are the operations that PostgreSQL alone is asked about.
var onPostgres = []kind{
	{"migrations.AddIndex('cart', models.Index(fields=['note'], name='notes'))", "adds the index notes of shop_cart, which is not made concurrently (index)"},
	{"__import__('django.contrib.postgres.operations').contrib.postgres.operations.AddIndexConcurrently('cart', models.Index(fields=['note'], name='notes'))", ""},
	{"migrations.AddConstraint('cart', models.UniqueConstraint(fields=['note'], name='once'))", "adds the index of once to shop_cart, which is not made concurrently (index)"},
	{"migrations.AddConstraint('cart', models.CheckConstraint(check=models.Q(note='x'), name='x'))", ""},
	{"migrations.AlterUniqueTogether('cart', {('id', 'note')})", "adds an index to shop_cart, which is not made concurrently (index)"},
	{"migrations.AlterField('cart', 'note', models.CharField(max_length=20, null=True, db_index=True))", "adds an index of shop_cart.note, which is not made concurrently (index)"},
	{"migrations.AddField('cart', 'n', models.IntegerField(null=True, unique=True))", "adds an index of shop_cart.n, which is not made concurrently (index)"},
	{"migrations.RunSQL('CREATE INDEX notes ON shop_cart (note)')", "CREATE INDEX notes ON shop_cart (note) (index)"},
	{"migrations.RunSQL('CREATE UNIQUE INDEX CONCURRENTLY notes ON shop_cart (note)')", ""},
	{"__import__('shop.custom').custom.Drop()", "ALTER TABLE shop_cart DROP COLUMN note (drop-column)"},
}

// TestGuardPostgres has every kind judged on PostgreSQL, and the database is as it was.
func TestGuardPostgres(t *testing.T) {
	t.Parallel()
	s := postgres(t)
	write, step := guarded(t, fmt.Sprintf("DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', 'NAME': 'postgres', 'USER': 'site', 'HOST': %q}}\n", s.dir))
	write("../custom", `from django.db.migrations.operations.base import Operation
class Drop(Operation):
    def state_forwards(self, app_label, state):
        pass
    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        schema_editor.execute("ALTER TABLE shop_cart DROP COLUMN note")
`)
	judges(t, write, step, everywhere)
	judges(t, write, step, onPostgres)
	if got, err := s.sql(t.Context(), "SELECT note FROM shop_cart"); err != nil {
		t.Errorf("the guard changed the table: %s, %v", got, err)
	}
}

// TestGuardAllow: what is allowed is what was meant.
func TestGuardAllow(t *testing.T) {
	t.Parallel()
	write, step := guarded(t, database)
	drop := second("migrations.RemoveField('cart', 'note')")
	write("0002_second", drop)
	guard := func(allow string) shelltest.Outcome {
		return step("django/migrations-guard", map[string]string{"allow": allow})
	}
	guard("shop.0003 blog.0002 shop.000").Expect(t, "others are allowed", true, "shop.0002_second: drops shop_cart.note (drop-column)\n")
	guard("shop.0002_second").Expect(t, "by its name", false, "slipway-note: 1 pending, which")
	write("0002_second", "# slipway: allow\n"+drop)
	guard("").Expect(t, "by its file", false, "slipway-note: 1 pending, which")
	write("0002_second", "# slipway: allow index\n"+drop)
	guard("").Expect(t, "by its file, of another kind", true, "(drop-column)")
	write("0002_second", drop)
	step("django/migrations-guard", map[string]string{"database": "other"}).Expect(t, "another database", true, "other")
	write("0002_second", "import nowhere\n")
	guard("").Expect(t, "a migration that does not load", true, "No module named 'nowhere'")
}

// TestGuardLinter: where django-migration-linter is installed it judges. What stands for it here takes the options that it documents, and
// ends as it does: no registry of packages is within reach of the tests.
func TestGuardLinter(t *testing.T) {
	t.Parallel()
	dir, step := project(t, database+"INSTALLED_APPS = ['shop', 'linter']\n")
	shelltest.Write(t, dir, map[string]string{
		"shop/__init__.py": "", "shop/migrations/__init__.py": "", "shop/models.py": "",
		"shop/migrations/0001_initial.py": "# slipway: allow\nfrom django.db import migrations\nclass Migration(migrations.Migration):\n    pass\n",
		"linter/__init__.py":              "", "linter/management/__init__.py": "", "linter/management/commands/__init__.py": "",
		"linter/management/commands/lintmigrations.py": `import os, sys
from django.core.management.base import BaseCommand
class Command(BaseCommand):
    def add_arguments(self, parser):
        parser.add_argument("--ignore-name", nargs="*")
        parser.add_argument("--no-cache", action="store_true")
        parser.add_argument("--unapplied-migrations", action="store_true")
        parser.add_argument("--database", nargs="?")
    def handle(self, *args, **o):
        print(o["ignore_name"], o["no_cache"], o["unapplied_migrations"], o["database"])
        if os.path.exists("bad"):
            sys.exit(1)
`,
	})
	step("django/migrations-guard", nil).Expect(t, "good ones", false, "['0001_initial'] True True default\nslipway-note: 1 pending")
	shelltest.Write(t, dir, map[string]string{"bad": ""})
	step("django/migrations-guard", nil).Expect(t, "bad ones", true, "may not live with what django-migration-linter says above")
	step("django/migrations-guard", map[string]string{"level": "warn"}).Expect(t, "only told", false, "slipway-note: the code that runs may not live with what django-migration-linter says above")
}

// TestGuardManyFindings: a note has room for some of the names.
func TestGuardManyFindings(t *testing.T) {
	t.Parallel()
	write, step := guarded(t, database)
	last := "0001_initial"
	for i := range 10 {
		name := fmt.Sprintf("%04d_m", i+2)
		write(name, strings.Replace(second("migrations.RunSQL('DROP TABLE shop_item')"), "0001_initial", last, 1))
		last = name
	}
	step("django/migrations-guard", map[string]string{"level": "warn"}).Expect(t, "many", false, "shop.0009_m and 2 more\n")
}
