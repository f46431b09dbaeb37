package django_test

import (
	"os"
	"os/exec"
	"testing"

	"slipway/internal/cookbook/recipetest"
	"slipway/internal/cookbook/shelltest"
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

const database = "DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': 'db.sqlite3'}}\n"

func TestCaches(t *testing.T) {
	t.Parallel()
	dir, step := project(t, database+`CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cached"},
    "files": {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": "files"},
    "memory": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}
`)
	cache := func(does string) string {
		cmd := exec.CommandContext(t.Context(), recipetest.Python, "manage.py", "shell", "-c", "from django.core.cache import caches; "+does)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "DJANGO_SETTINGS_MODULE=settings")
		text, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s, %v", text, err)
		}
		return string(text)
	}
	step("django/clear-cache", nil).Expect(t, "before there is a table", true, "no such table")
	step("django/createcachetable", nil).Expect(t, "create", false, "")
	step("django/createcachetable", nil).Expect(t, "again", false, "")
	step("django/createcachetable", map[string]string{"database": "other"}).Expect(t, "another database", true, "other")
	fill := "[caches[name].set('a', 1) for name in ('default', 'files')]"
	shown := "print([caches[name].get('a') for name in ('default', 'files')])"
	cache(fill)
	step("django/clear-cache", map[string]string{"caches": "files memory"}).Expect(t, "one in memory", true, "the cache memory is in the memory of each process")
	if got := cache(shown); got != "[1, 1]\n" {
		t.Errorf("refused, and there is still %s", got)
	}
	step("django/clear-cache", nil).Expect(t, "the default", false, "cleared default\n")
	if got := cache(shown); got != "[None, 1]\n" {
		t.Errorf("of both there is still %s", got)
	}
	step("django/clear-cache", map[string]string{"caches": "default files"}).Expect(t, "both", false, "cleared default\ncleared files\n")
	if got := cache(shown); got != "[None, None]\n" {
		t.Errorf("of both there is still %s", got)
	}
	step("django/clear-cache", map[string]string{"caches": "nowhere"}).Expect(t, "an unknown one", true, "nowhere")
}
