package django_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
	"github.com/slipway/slipway/internal/cookbook/shelltest"
	"github.com/slipway/slipway/internal/needtest"
)

func TestMain(m *testing.M) { needtest.RunWaiting(m) }

func TestDjango(t *testing.T) {
	t.Parallel()
	testDjango(t, shelltest.InTurns(t))
}

func testDjango(t *testing.T, shell func() []string) {
	t.Helper()
	needsDjango(t)
	dir := t.TempDir()
	for _, recipe := range []string{"django/check", "django/collectstatic", "django/migrate"} {
		shelltest.Run(t, shell(), dir, recipetest.Rendered(t, recipe, nil)).Expect(t, recipe+" without a project", true, "there is no manage.py in "+dir)
		shelltest.Run(t, shell(), dir, recipetest.Rendered(t, recipe, map[string]string{"python": "python9"})).Expect(t, recipe+" without Python", true, "there is no python9")
	}
	shelltest.Write(t, dir, map[string]string{
		"manage.py": "import sys\nfrom django.core.management import execute_from_command_line\nexecute_from_command_line(sys.argv)\n",
		"settings.py": `import os
SECRET_KEY = "x" * 60
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.staticfiles"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}}
STATIC_URL = "/static/"
STATIC_ROOT = "public"
STATICFILES_DIRS = ["assets"]
ROOT_URLCONF = "urls" if not os.path.exists("broken") else "nowhere"
`,
		"urls.py":         "urlpatterns = []\n",
		"assets/site.css": "body {}\n",
	})
	shelltest.Run(t, shell(), dir, recipetest.Rendered(t, "django/check", nil)).Expect(t, "check", false, "System check identified")
	shelltest.Run(t, shell(), dir, recipetest.Rendered(t, "django/collectstatic", nil)).Expect(t, "collectstatic", false, "1 static file copied")
	if _, err := os.Stat(filepath.Join(dir, ".collectstatic-unfinished")); err == nil {
		t.Error("collectstatic leaves its mark in the release")
	}
	collectAfterCut(t, shell(), dir)
	shelltest.Run(t, shell(), dir, recipetest.Rendered(t, "django/migrate", nil)).Expect(t, "migrate", false, "Applying auth.0001_initial... OK")
	again := shelltest.Run(t, shell(), dir, recipetest.Rendered(t, "django/migrate", nil))
	again.Expect(t, "migrate again", false, "No migrations to apply")
	again.Expect(t, "migrate again", false, "\nslipway-note: nothing to apply\n")
	shelltest.Run(t, shell(), dir, recipetest.Rendered(t, "django/check", map[string]string{"fail_level": "WARNING"})).Expect(t, "a strict check", true, "W0")
	shelltest.Run(t, shell(), dir, recipetest.Rendered(t, "django/migrate", map[string]string{"database": "other"})).Expect(t, "another database", true, "other")
	shelltest.Write(t, dir, map[string]string{"broken": ""})
	shelltest.Run(t, shell(), dir, recipetest.Rendered(t, "django/check", nil)).Expect(t, "check of a broken site", true, "nowhere")
}

// collectAfterCut runs collectstatic where an earlier try was cut off in the middle of a file. What it had half copied is
// copied anew, what the artifact brought along stays.
func collectAfterCut(t *testing.T, shell []string, dir string) {
	t.Helper()
	shelltest.Write(t, dir, map[string]string{".collectstatic-unfinished": "", "public/site.css": "bo", "public/brought/along.css": "a {}\n"})
	began := time.Now().Add(-time.Minute)
	for name, at := range map[string]time.Time{".collectstatic-unfinished": began, "public/brought/along.css": began.Add(-time.Hour)} {
		if err := os.Chtimes(filepath.Join(dir, name), at, at); err != nil {
			t.Fatal(err)
		}
	}
	shelltest.Run(t, shell, dir, recipetest.Rendered(t, "django/collectstatic", nil)).Expect(t, "collectstatic after a cut", false, "1 static file copied")
	for name, want := range map[string]string{"public/site.css": "body {}\n", "public/brought/along.css": "a {}\n"} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != want {
			t.Errorf("%s is %q, %v", name, got, err)
		}
	}
}

// TestMigrateNotes: the recipe says what was applied, passes on what is printed, and ends as Django does.
func TestMigrateNotes(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, recipetest.Python)
	var many strings.Builder
	for i := range 10 {
		fmt.Fprintf(&many, "  Applying shop.%04d_x... OK\n", i+1)
	}
	shelltest.Each(t, func(t *testing.T, shell []string) {
		for _, test := range []struct {
			name, prints string
			exit         int
			notes        string
		}{
			{"two", "Running migrations:\n  Applying shop.0042_add_cart... OK\n  Applying blog.0007_auto_2026... OK\n", 0, "slipway-note: 2 applied: shop.0042, blog.0007\n"},
			{"one that prints", "  Applying shop.0042_x...copied 3 rows\n OK\n  Applying shop.named... OK", 0, "slipway-note: 2 applied: shop.0042, shop.named\n"},
			{"none", "  No migrations to apply.\n", 0, "slipway-note: nothing to apply\n"},
			{"second fails", "  Applying shop.0042_x... OK\n  Applying shop.0043_y...Traceback\n", 3, "slipway-note: 1 applied: shop.0042\n"},
			{"first fails", "  Applying shop.0042_x...Traceback\n", 1, ""},
			{"no database", "OperationalError\n", 1, ""},
			{"many", many.String(), 0, "slipway-note: 10 applied: shop.0001, shop.0002, shop.0003, shop.0004, shop.0005, " +
				"shop.0006, shop.0007, shop.0008 and 2 more\n"},
		} {
			dir := t.TempDir()
			shelltest.Write(t, dir, map[string]string{"printed": test.prints, "manage.py": fmt.Sprintf(
				"import sys\nif sys.argv[1] == 'shell':\n    sys.exit()\nsys.stderr.write(open('printed').read())\nsys.exit(%d)\n", test.exit)})
			got := shelltest.Run(t, shell, dir, recipetest.Rendered(t, "django/migrate", map[string]string{"python": recipetest.Python}))
			got.Expect(t, test.name, test.exit != 0, "")
			want := strings.TrimSuffix(test.prints, "\n") + "\n" + test.notes
			if got.Out != want || got.Exit != test.exit {
				t.Errorf("%s printed %q and ended %d, want %q", test.name, got.Out, got.Exit, want)
			}
		}
	})
}
