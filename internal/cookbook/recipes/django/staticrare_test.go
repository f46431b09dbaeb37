//go:build cookbook

package django_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
	"github.com/slipway/slipway/internal/cookbook/shelltest"
)

// TestKeepStaticMoves: the files of a release stay, also where another one collects its own in a folder of another name.
func TestKeepStaticMoves(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.release(t, "1", "a { color: red }")
	one := s.page(t, "1")
	for _, name := range []string{"2", "3"} {
		s.write(t, name, "a { color: green }")
		s.step(t, name, "django/collectstatic", nil, "ROOT=moved").Expect(t, name, false, " 0 removed")
		s.switchTo(t, name)
		s.answers(t, "a page of 1 after the switch to "+name, one, 200)
	}
	if err := os.RemoveAll(s.folder("1")); err != nil {
		t.Fatal(err)
	}
	s.step(t, "3", "django/keep-static", nil, "ROOT=moved").Expect(t, "without 1", false, "slipway-note: kept in static: 0 files added, 1 removed")
	s.answers(t, "the style sheet of 1, which is gone", one[:1], 404)
}

// TestKeepStaticCut: a run that was cut off leaves whole files alone, and the next one finishes. What cannot be read is kept.
func TestKeepStaticCut(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.release(t, "1", "a { color: red }")
	one := s.page(t, "1")

	// Cut off in the middle of the manifest, which no storage can read then.
	s.write(t, "2", "a { color: green }")
	shelltest.Write(t, s.folder("2"), map[string]string{"static/staticfiles.json": `{"paths": {"css/si`, "static/css/site.css": "a { co", ".collectstatic-unfinished": ""})
	if err := os.Chtimes(filepath.Join(s.folder("2"), ".collectstatic-unfinished"), hourAgo(), hourAgo()); err != nil {
		t.Fatal(err)
	}
	s.step(t, "1", "django/keep-static", nil).Expect(t, "beside half a manifest", false, "slipway-note: no static file is removed, for ")
	s.step(t, "2", "django/collectstatic", nil).Expect(t, "2", false, "slipway-note: kept in static: 1 files added, 0 removed")
	s.answers(t, "a page of 2", s.page(t, "2"), 200)

	// Killed after the files were listed and before they were all there.
	if err := os.Remove(filepath.Join(s.dir, "shared", one[0])); err != nil {
		t.Fatal(err)
	}
	s.step(t, "1", "django/keep-static", nil).Expect(t, "after a kill", false, "slipway-note: kept in static: 1 files added, 0 removed")
	s.switchTo(t, "2")
	s.answers(t, "a page of 1", one, 200)

	// A disk that is full in the middle: nothing half is there under its name.
	s.write(t, "3", "a { color: "+strings.Repeat("blue", 10000)+" }")
	s.step(t, "3", "django/collectstatic", map[string]string{"keep": ""}).Expect(t, "collect alone", false, "post-processed")
	full := "ulimit -f 20\n" + recipetest.Rendered(t, "django/keep-static", map[string]string{"python": recipetest.Python})
	shelltest.Run(t, []string{"dash"}, s.folder("3"), full, "SLIPWAY_SHARED_PATH="+filepath.Join(s.dir, "shared")).Expect(t, "no room", true, "File too large")
	s.switchTo(t, "1")
	s.answers(t, "a page of 3", s.page(t, "3")[:1], 404)
	if left := s.leftovers(t); len(left) != 0 {
		t.Errorf("the run that had no room left %v", left)
	}
}

// TestKeepStaticRefuses: what could not be kept for any release, and names that lead elsewhere.
func TestKeepStaticRefuses(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.write(t, "1", "a { color: red }")
	plain := "STORAGE=django.contrib.staticfiles.storage.StaticFilesStorage"
	s.step(t, "1", "django/collectstatic", nil, plain).Expect(t, "files without digests", false, "slipway-note: no static files kept")
	for _, name := range []string{"..", ".", "a/b", "/etc", ".hidden"} {
		s.step(t, "1", "django/keep-static", map[string]string{"keep": name}).Expect(t, name, true, fmt.Sprintf("'%s' is no name of a folder in shared/", name))
	}
	shelltest.Write(t, s.folder("1"), map[string]string{"elsewhere.py": fmt.Sprintf("from settings import *\nSTATIC_ROOT = %q\n", filepath.Join(s.dir, "common"))})
	s.step(t, "1", "django/collectstatic", nil, "DJANGO_SETTINGS_MODULE=elsewhere").Expect(t, "one folder for all releases", true, "outside of the release")
}
