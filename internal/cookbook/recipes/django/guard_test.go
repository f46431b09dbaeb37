package django_test

import (
	"testing"

	"github.com/slipway/slipway/internal/cookbook/shelltest"
)

// guarded is a project with an applied migration of two models, and a second one that a test writes.
func guarded(t *testing.T, settings string) (write func(name, operations string), step func(recipe string, with map[string]string) shelltest.Outcome) {
	t.Helper()
	dir, step := project(t, settings+"INSTALLED_APPS = ['shop'] + __import__('os').environ.get('MORE', '').split()\nDEFAULT_AUTO_FIELD = 'django.db.models.AutoField'\n")
	write = func(name, operations string) {
		shelltest.Write(t, dir, map[string]string{"shop/migrations/" + name + ".py": operations})
	}
	shelltest.Write(t, dir, map[string]string{"shop/__init__.py": "", "shop/migrations/__init__.py": "", "shop/models.py": ""})
	write("0001_initial", `from django.db import migrations, models
class Migration(migrations.Migration):
    operations = [
        migrations.CreateModel("Cart", [("id", models.AutoField(primary_key=True)), ("note", models.CharField(max_length=20, null=True))]),
        migrations.CreateModel("Item", [("id", models.AutoField(primary_key=True)), ("carts", models.ManyToManyField("shop.Cart"))]),
    ]
`)
	step("django/migrations-guard", nil).Expect(t, "the first deployment", false, "slipway-note: 1 pending, which the code that runs can live with")
	step("django/migrate", nil).Expect(t, "the first deployment", false, "1 applied")
	return write, step
}

// second is a migration after guarded's.
func second(operations string) string {
	return "from django.db import migrations, models\nclass Migration(migrations.Migration):\n    dependencies = [('shop', '0001_initial')]\n    operations = [" + operations + "]\n"
}

// kind is an operation, and what the guard says of it; "" is nothing.
type kind struct{ operation, says string }

var everywhere = []kind{
	{"migrations.AddField('cart', 'extra', models.TextField(null=True))", ""},
	{"migrations.AddField('cart', 'extra', models.IntegerField(default=1))", "adds shop_cart.extra, not null and with no default in the database: the old code can add no row (not-null)"},
	{"migrations.AddField('item', 'others', models.ManyToManyField('shop.Item'))", ""},
	{"migrations.RemoveField('cart', 'note')", "drops shop_cart.note (drop-column)"},
	{"migrations.RemoveField('item', 'carts')", "drops shop_item_carts (drop-table)"},
	{"migrations.RenameField('cart', 'note', 'text')", "renames shop_cart.note to text (rename-column)"},
	{"migrations.AlterField('cart', 'note', models.CharField(max_length=20, null=True, db_column='text'))", "renames shop_cart.note to text (rename-column)"},
	{"migrations.AlterField('cart', 'note', models.CharField(max_length=20, default=''))", "makes shop_cart.note not null: the old code may write null (not-null)"},
	{"migrations.AlterField('cart', 'note', models.CharField(max_length=40, null=True, help_text='x'))", ""},
	{"migrations.AlterField('cart', 'note', models.TextField(null=True))", ""},
	{"migrations.AlterField('cart', 'note', models.CharField(max_length=10, null=True))", "makes shop_cart.note of type varchar(20) a varchar(10) (alter-type)"},
	{"migrations.AlterField('cart', 'note', models.IntegerField(null=True))", "makes shop_cart.note of type varchar(20) a integer (alter-type)"},
	{"migrations.DeleteModel('Item')", "drops shop_item (drop-table)"},
	{"migrations.RenameModel('Cart', 'Basket')", "renames shop_cart to shop_basket (rename-table)"},
	{"migrations.AlterModelTable('Cart', 'carts')", "renames shop_cart to carts (rename-table)"},
	{"migrations.CreateModel('New', [('id', models.AutoField(primary_key=True))]), migrations.AddField('new', 'n', models.IntegerField(default=1)), " +
		"migrations.RenameModel('New', 'Newer'), migrations.RemoveField('newer', 'n'), migrations.DeleteModel('Newer')", ""},
	{"migrations.CreateModel('Away', [('id', models.AutoField(primary_key=True))], options={'managed': False}), migrations.DeleteModel('Away')", ""},
	{"migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField('cart', 'note')])", ""},
	{"migrations.SeparateDatabaseAndState(database_operations=[migrations.RemoveField('cart', 'note')])", "drops shop_cart.note (drop-column)"},
	{"migrations.RunPython(migrations.RunPython.noop)", ""},
	{"migrations.RunSQL('-- DROP TABLE a\\nSELECT 1; /* DROP TABLE b */')", ""},
	{"migrations.RunSQL('SELECT 1; DROP  TABLE shop_item')", "DROP TABLE shop_item (drop-table)"},
	{"migrations.RunSQL(['ALTER TABLE shop_cart\\n  DROP COLUMN note', ('SELECT %s', [1])])", "ALTER TABLE shop_cart DROP COLUMN note (drop-column)"},
	{"migrations.RunSQL('alter table shop_cart drop constraint x')", ""},
	{"migrations.RunSQL('ALTER TABLE shop_cart RENAME note TO text')", "(rename)"},
	{"migrations.RunSQL('ALTER TABLE shop_cart ALTER COLUMN note TYPE text')", "(alter-type)"},
	{"migrations.RunSQL('ALTER TABLE shop_cart ALTER note SET NOT NULL')", "(not-null)"},
	{"migrations.RunSQL('ALTER TABLE shop_cart ADD COLUMN n int NOT NULL')", "(not-null)"},
	{"migrations.RunSQL('ALTER TABLE shop_cart ADD COLUMN n int NOT NULL DEFAULT 1')", ""},
}

// judges checks what the guard says of operations.
func judges(t *testing.T, write func(name, operations string), step func(recipe string, with map[string]string) shelltest.Outcome, kinds []kind) {
	t.Helper()
	for _, k := range kinds {
		write("0002_second", second(k.operation))
		got := step("django/migrations-guard", map[string]string{"level": "warn"})
		if k.says == "" {
			got.Expect(t, k.operation, false, "slipway-note: 1 pending, which the code that runs can live with")
			continue
		}
		got.Expect(t, k.operation, false, k.says+"\nslipway-note: the code that runs may not live with shop.0002_second\n")
	}
}

// TestGuard: what the code that runs cannot live with fails the step, unless it is only to be told, or allowed.
func TestGuard(t *testing.T) {
	t.Parallel()
	write, step := guarded(t, database)
	step("django/migrations-guard", nil).Expect(t, "nothing to do", false, "slipway-note: no migration is pending\n")
	judges(t, write, step, everywhere[:2])

	drop := second("migrations.RemoveField('cart', 'note')")
	write("0002_second", drop)
	guard := func(allow string) shelltest.Outcome {
		return step("django/migrations-guard", map[string]string{"allow": allow})
	}
	guard("").Expect(t, "a column is dropped", true, "may not live with shop.0002_second. Add first")
	guard("shop.0002").Expect(t, "by its number", false, "drops shop_cart.note (drop-column, allowed)\nslipway-note: 1 pending, which")
	write("0002_second", drop+"    # slipway: allow not-null, drop-column\n")
	guard("").Expect(t, "by its file, of that kind", false, "slipway-note: 1 pending, which")
}
