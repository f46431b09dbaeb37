//go:build cookbook

package database_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
	"github.com/slipway/slipway/internal/cookbook/shelltest"
	"github.com/slipway/slipway/internal/needtest"
)

// project is a Django project that takes its database from the environment.
func (s *site) project(t *testing.T) {
	t.Helper()
	needtest.Programs(t, recipetest.Python)
	driver := map[string]string{"postgres": "psycopg2", "mysql": "MySQLdb"}[s.Kind]
	if exec.CommandContext(t.Context(), recipetest.Python, "-c", "import django, "+driver).Run() != nil {
		needtest.Skip(t, "Django or "+driver+" is missing (Debian's python3-django, python3-psycopg2, python3-mysqldb)")
	}
	shelltest.Write(t, s.dir, map[string]string{
		"manage.py": "import sys\nfrom django.core.management import execute_from_command_line\nexecute_from_command_line(sys.argv)\n",
		"settings.py": `import os
from urllib.parse import unquote, urlsplit
url = urlsplit(os.environ["DATABASE_URL"])
SECRET_KEY = "x"
INSTALLED_APPS = ["shop"]
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
DATABASES = {"default": {"NAME": os.environ.get("DB_NAME") or url.path[1:], "USER": url.username, "PASSWORD": unquote(url.password)}}
if url.scheme == "mysql":
    DATABASES["default"].update(ENGINE="django.db.backends.mysql", OPTIONS={"unix_socket": unquote(url.query.partition("=")[2])})
else:
    DATABASES["default"].update(ENGINE="django.db.backends.postgresql", HOST=unquote(url.netloc.rpartition("@")[2]))
if os.path.exists("stubborn"):
    DATABASES["default"]["NAME"] = "site"
`,
		"shop/__init__.py": "", "shop/migrations/__init__.py": "",
		"shop/migrations/0001_initial.py": migration("", `migrations.CreateModel("Item", [("id", models.AutoField(primary_key=True)), ("code", models.CharField(max_length=20))])`),
	})
	migrate := exec.CommandContext(t.Context(), recipetest.Python, "manage.py", "migrate")
	migrate.Dir, migrate.Env = s.dir, append(s.env(), "DJANGO_SETTINGS_MODULE=settings", "PATH=/usr/bin:/bin")
	if out, err := migrate.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	s.SQL(t, "site", "INSERT INTO shop_item (code) VALUES ('a'), ('b'), ('b')")
}

func migration(before, operation string) string {
	if before != "" {
		before = `("shop", "` + before + `")`
	}
	return "import time\nfrom django.db import migrations, models\nclass Migration(migrations.Migration):\n    dependencies = [" + before + "]\n    operations = [" + operation + "]\n"
}

// TestRehearse: what the migrations of a release do to the live data is seen before these are touched.
func TestRehearse(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *site) {
		rehearse := func(pairs ...string) shelltest.Outcome { return s.step(t, "database/rehearse", pairs...) }
		s.project(t)
		rehearse().Expect(t, "no backup", true, "there is no backup of site in")
		rehearse("when_none", "pass").Expect(t, "no backup is no error", false, "slipway-note: no backup of site")
		s.backup(t)
		live, columns := s.rows(t, "site"), "SELECT count(*) FROM information_schema.columns WHERE table_name = 'shop_item'"
		untouched := func(what string) {
			t.Helper()
			s.only(t, what, "site")
			if got := s.SQL(t, "site", columns); s.rows(t, "site") != live || got != "2" {
				t.Errorf("%s: the live database was touched: %s columns", what, got)
			}
		}
		next := func(operation string) {
			t.Helper()
			shelltest.Write(t, s.dir, map[string]string{"shop/migrations/0002_next.py": migration("0001_initial", operation)})
		}

		next(`migrations.AddField("item", "price", models.IntegerField(default=0))`)
		good := rehearse("max", "5m")
		good.Expect(t, "a good migration", false, "Applying shop.0002_next... OK")
		good.Expect(t, "a good migration", false, "slipway-note: ")
		good.Expect(t, "its time and backup", false, "s on site.20")
		untouched("a good migration")

		next(`migrations.AlterField("item", "code", models.CharField(max_length=20, unique=True))`)
		rehearse().Expect(t, "a migration that the data do not bear", true, "the migrations fail on a copy of site")
		untouched("a migration that the data do not bear")

		next(`migrations.RunPython(lambda apps, editor: time.sleep(600))`)
		began := time.Now()
		rehearse("max", "2s").Expect(t, "a slow migration", true, "take longer than 2s on a copy of site")
		if took := time.Since(began); took > 5*time.Minute {
			t.Errorf("a slow migration went on for %s", took)
		}
		untouched("a slow migration")

		b := s.begin(t, "/none", "export DJANGO_SETTINGS_MODULE=settings\n"+s.script(t, "database/rehearse"))
		recipetest.Eventually(t, "the migrations run", func() bool { return strings.Contains(b.out.String(), "Applying shop.0002_next...") })
		b.kill()
		if got := s.Names(t); len(got) != 2 {
			t.Errorf("killed: databases %q", got)
		}
		next(`migrations.AddField("item", "price", models.IntegerField(default=0))`)
		rehearse("name_variable", "DB_NAME").Expect(t, "after a killed one, by name", false, "Applying shop.0002_next... OK")
		untouched("after a killed one")

		shelltest.Write(t, s.dir, map[string]string{"stubborn": ""})
		rehearse().Expect(t, "a project with a database of its own", true, "the project would migrate site, so nothing was run")
		untouched("a project with a database of its own")

		s.ownCommand(t)
		untouched("a command of its own")
		if err := os.Remove(filepath.Join(s.dir, "manage.py")); err != nil {
			t.Fatal(err)
		}
		rehearse().Expect(t, "no project", true, "there is no manage.py")
		untouched("no project")
		s.withoutRights(t)
	})
}

// ownCommand rehearses migrations that are not Django's.
func (s *site) ownCommand(t *testing.T) {
	t.Helper()
	command := `psql -q -c "ALTER TABLE book ADD note text" "$DATABASE_URL"; psql -X -q -t -A -c "SELECT current_database()" -d "$NAME"`
	if s.Kind == "mysql" {
		s.step(t, "database/rehearse", "command", "true", "engine", "mysql", "variable", "NONE", "database", "site").Expect(t, "a command that nothing leads elsewhere", true, "nothing would tell the migrations of another database")
		command = `mysql -u root --socket=` + s.Folder + `/s -N -e "ALTER TABLE book ADD note TEXT; SELECT DATABASE()" "$NAME"; case $DATABASE_URL in */slipway_*_rehearsal\?unix_socket=*) ;; *) exit 3 ;; esac`
	}
	s.step(t, "database/rehearse", "command", command, "name_variable", "NAME", "max", "5m").Expect(t, "a command", false, "slipway_"+s.sum()+"_rehearsal\n")
	s.step(t, "database/rehearse", "command", "exit 3").Expect(t, "a command that fails", true, "the migrations fail on a copy of site")
}

// withoutRights is a role that may make no database.
func (s *site) withoutRights(t *testing.T) {
	t.Helper()
	if s.Kind == "postgres" {
		s.SQL(t, "postgres", "ALTER ROLE site NOCREATEDB")
	} else {
		s.SQL(t, "mysql", "REVOKE ALL ON `slipway\\_%`.* FROM site@localhost")
	}
	s.step(t, "database/rehearse").Expect(t, "no right to make a database", true, "no database can be made, it says why above; as ")
	s.step(t, s.Kind+"/restore", "database", "site", "replace", "true").Expect(t, "no right to make a database", true, "no database can be made, it says why above; as ")
}
