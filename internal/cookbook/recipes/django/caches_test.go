//go:build cookbook

package django_test

import (
	"os"
	"os/exec"
	"testing"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
)

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
