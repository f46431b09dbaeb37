package django_test

import (
	"testing"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
	"github.com/slipway/slipway/internal/cookbook/shelltest"
)

// project is a folder with a Django project, and what runs recipes in it.
func project(t *testing.T, settings string) (dir string, step func(recipe string, with map[string]string) shelltest.Outcome) {
	t.Helper()
	needsDjango(t)
	shell := shelltest.InTurns(t)
	dir = t.TempDir()
	shelltest.Write(t, dir, map[string]string{"manage.py": manage, "settings.py": "SECRET_KEY = 'x'\n" + settings})
	return dir, func(recipe string, with map[string]string) shelltest.Outcome {
		all := map[string]string{"python": recipetest.Python}
		for name, value := range with {
			all[name] = value
		}
		return shelltest.Run(t, shell(), dir, recipetest.Rendered(t, recipe, all))
	}
}

const database = "DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': 'db.sqlite3'}}\n"

// TestNoProject: every recipe says what is missing.
func TestNoProject(t *testing.T) {
	t.Parallel()
	needsDjango(t)
	shelltest.Each(t, func(t *testing.T, shell []string) {
		dir := t.TempDir()
		for _, recipe := range []string{"clear-cache", "compilemessages", "createcachetable", "keep-static", "migrations-guard"} {
			recipe = "django/" + recipe
			shelltest.Run(t, shell, dir, recipetest.Rendered(t, recipe, nil)).Expect(t, recipe+" without a project", true, "there is no manage.py in "+dir)
			shelltest.Run(t, shell, dir, recipetest.Rendered(t, recipe, map[string]string{"python": "python9"})).Expect(t, recipe+" without Python", true, "there is no python9")
		}
	})
}
