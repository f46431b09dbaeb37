//go:build cookbook

package django_test

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
	"github.com/slipway/slipway/internal/cookbook/shelltest"
)

// TestMigratePreview: what the live release and its database tell of a new one's files. Neither is changed.
func TestMigratePreview(t *testing.T) {
	t.Parallel()
	needsDjango(t)
	shell := shelltest.InTurns(t)
	dir := t.TempDir()
	const migration = "from django.db import migrations\nclass Migration(migrations.Migration):\n    dependencies = [%s]\n"
	shelltest.Write(t, dir, map[string]string{
		"src/manage.py": "import sys\nfrom django.core.management import execute_from_command_line\nexecute_from_command_line(sys.argv)\n",
		"src/settings.py": "SECRET_KEY = 'x'\nINSTALLED_APPS = ['django.contrib.contenttypes', 'shop', 'kit.blog', 'bare']\n" +
			"DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': 'db.sqlite3'}}\nMIGRATION_MODULES = {'bare': 'kit.of_bare'}\n",
		"src/shop/__init__.py": "", "src/shop/migrations/__init__.py": "", "src/shop/migrations/0001_initial.py": fmt.Sprintf(migration, ""),
		"src/kit/__init__.py": "", "src/kit/blog/__init__.py": "", "src/kit/blog/apps.py": "from django.apps import AppConfig\nclass B(AppConfig):\n    name = 'kit.blog'\n    label = 'posts'\n",
		"src/bare/__init__.py": "", "src/kit/of_bare/__init__.py": "", "src/vendored/migrations/0001_initial.py": "",
	})
	python := map[string]string{"python": recipetest.Python, "manage": "src/manage.py"}
	ask := func(files ...string) shelltest.Outcome {
		cmd := shell()
		script := recipetest.Scripts(t, "django/migrate", python).Preview
		command := exec.CommandContext(t.Context(), cmd[0], append(cmd[1:], "-eu", "-c", script)...)
		command.Dir, command.Stdin = dir, strings.NewReader(strings.Join(files, "\n")+"\n")
		command.Env = []string{"PATH=/usr/bin:/bin", "HOME=" + dir, "DJANGO_SETTINGS_MODULE=settings"}
		out, err := command.CombinedOutput()
		return shelltest.Outcome{Out: string(out), Fail: err != nil, Exit: command.ProcessState.ExitCode()}
	}
	all := []string{"src/shop/migrations/0001_initial.py", "src/shop/migrations/__init__.py", "src/shop/views.py", "README.md", "src/vendored/migrations/0001_initial.py"}
	ask(all...).Is(t, "before the first", "slipway-note: pending shop.0001\n")
	shelltest.Run(t, shell(), dir, recipetest.Rendered(t, "django/migrate", python), "PYTHONPATH=src").Expect(t, "migrate", false, ", shop.0001")
	ask(all...).Is(t, "none", "slipway-note: none pending of its own apps\n")
	ask(append(all, "src/shop/migrations/0043_more.py", "src/shop/migrations/0042_cart.py", "src/kit/blog/migrations/0001_initial.py", "src/kit/of_bare/0001_x.py",
		"src/wiki/migrations/0001_initial.py", "src/wiki/migrations/helper.py")...).
		Is(t, "some", "slipway-note: pending bare.0001, posts.0001, shop.0042, shop.0043, wiki.0001 (if wiki is installed)\n")
	ask("src/shop/migrations/0001_squashed_0004_cart.py", "src/shop/migrations/0005_squashed_0007.py").Is(t, "squashed", "slipway-note: pending shop.0005\n")
	var many []string
	for i := range 20 {
		many = append(many, fmt.Sprintf("src/shop/migrations/%04d_x.py", i+100))
	}
	ask(many...).Expect(t, "many", false, "shop.0107 and 12 more\n")
	shelltest.Write(t, dir, map[string]string{"src/settings.py": "import nowhere\n"})
	ask(all...).Expect(t, "a live release that does not load", true, "No module named 'nowhere'")
}
