//go:build cookbook

package django_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
	"github.com/slipway/slipway/internal/cookbook/shelltest"
	"github.com/slipway/slipway/internal/needtest"
)

const german = "msgid \"\"\nmsgstr \"Content-Type: text/plain; charset=UTF-8\\n\"\nmsgid \"sea\"\nmsgstr \"Meer\"\n"

func TestCompileMessages(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "msgfmt")
	dir, step := project(t, "")
	step("django/compilemessages", nil).Expect(t, "no translations", true, "CommandError")
	shelltest.Write(t, dir, map[string]string{
		"locale/de/LC_MESSAGES/django.po": german,
		// Half of one that an earlier try left, newer than its source.
		"locale/de/LC_MESSAGES/django.mo":                 "half",
		"shop/locale/fr/LC_MESSAGES/django.po":            german,
		"venv/lib/django/locale/de/LC_MESSAGES/django.po": "no translation", "venv/lib/django/locale/de/LC_MESSAGES/django.mo": "brought along",
	})
	at := time.Now().Add(time.Hour)
	if err := os.Chtimes(filepath.Join(dir, "locale/de/LC_MESSAGES/django.mo"), at, at); err != nil {
		t.Fatal(err)
	}
	said := func(language string) string {
		cmd := exec.CommandContext(t.Context(), recipetest.Python, "-c", "import gettext; print(gettext.translation('django', 'locale', ['"+language+"']).gettext('sea'))")
		cmd.Dir = dir
		text, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%s, %v", text, err)
		}
		return string(text)
	}
	step("django/compilemessages", nil).Expect(t, "both", false, "")
	if got := said("de"); got != "Meer\n" {
		t.Errorf("the sea is %q", got)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "venv/lib/django/locale/de/LC_MESSAGES/django.mo")); err != nil || string(text) != "brought along" {
		t.Errorf("a package's own is %q, %v", text, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "shop/locale/fr/LC_MESSAGES/django.mo")); err != nil {
		t.Error(err)
	}
	step("django/compilemessages", map[string]string{"locale": "de it"}).Expect(t, "again, of one language", false, "")
	shelltest.Write(t, dir, map[string]string{"shop/locale/fr/LC_MESSAGES/django.po": german + "msgid \"%(n)s boats\"\nmsgstr"})
	step("django/compilemessages", nil).Expect(t, "a broken translation", true, "shop/locale/fr/LC_MESSAGES/django.po")
}
