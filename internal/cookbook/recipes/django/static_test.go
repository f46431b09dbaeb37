package django_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"testing"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
	"github.com/slipway/slipway/internal/cookbook/shelltest"
)

// site is a deploy path whose releases have static files with digests in their names, and a web server before it.
type site struct {
	dir   string
	shell func() []string
	web   *httptest.Server
}

func newSite(t *testing.T) *site {
	t.Helper()
	needsDjango(t)
	s := &site{dir: t.TempDir(), shell: shelltest.InTurns(t)}
	// As nginx with `try_files /current$uri /shared$uri =404`.
	s.web = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, root := range []string{"current", "shared"} {
			if text, err := os.ReadFile(filepath.Join(s.dir, root, path.Clean(r.URL.Path))); err == nil {
				_, _ = w.Write(text)
				return
			}
		}
		http.NotFound(w, r)
	}))
	t.Cleanup(s.web.Close)
	return s
}

const manage = "import sys\nfrom django.core.management import execute_from_command_line\nexecute_from_command_line(sys.argv)\n"

// release lays out a release with a style sheet, collects its files and switches to it.
func (s *site) release(t *testing.T, name, css string) {
	t.Helper()
	s.write(t, name, css)
	s.step(t, name, "django/collectstatic", nil).Expect(t, name, false, "slipway-note: ")
	s.switchTo(t, name)
}

func (s *site) write(t *testing.T, name, css string) {
	t.Helper()
	shelltest.Write(t, s.folder(name), map[string]string{
		"manage.py": manage,
		"settings.py": `import os
BASE_DIR = os.path.dirname(os.path.abspath(__file__))
SECRET_KEY = "x"
INSTALLED_APPS = ["django.contrib.staticfiles"]
STATIC_URL = "/static/"
STATIC_ROOT = os.path.join(BASE_DIR, os.environ.get("ROOT", "static"))
STATICFILES_DIRS = [os.path.join(BASE_DIR, "assets")]
STATICFILES_STORAGE = os.environ.get("STORAGE", "django.contrib.staticfiles.storage.ManifestStaticFilesStorage")
`,
		"assets/css/site.css": css + " b { background: url(logo.svg) }\n", "assets/css/logo.svg": "<svg/>",
	})
}

func (s *site) folder(name string) string { return filepath.Join(s.dir, "releases", name) }

func (s *site) switchTo(t *testing.T, name string) {
	t.Helper()
	link := filepath.Join(s.dir, "new")
	if err := os.Symlink("releases/"+name, link); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(link, filepath.Join(s.dir, "current")); err != nil {
		t.Fatal(err)
	}
}

// step runs a recipe in a release; keep is "static" unless it is given.
func (s *site) step(t *testing.T, release, recipe string, with map[string]string, env ...string) shelltest.Outcome {
	t.Helper()
	all := map[string]string{"python": recipetest.Python, "keep": "static"}
	for name, value := range with {
		all[name] = value
	}
	return shelltest.Run(t, s.shell(), s.folder(release), recipetest.Rendered(t, recipe, all), append(env, "SLIPWAY_SHARED_PATH="+filepath.Join(s.dir, "shared"))...)
}

// page are the addresses of the files that a page of a release asks for.
func (s *site) page(t *testing.T, release string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.folder(release), "static", "staticfiles.json"))
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct{ Paths map[string]string }
	if err := json.Unmarshal(text, &manifest); err != nil || len(manifest.Paths) != 2 {
		t.Fatalf("%s: %s, %v", release, text, err)
	}
	return []string{"/static/" + manifest.Paths["css/site.css"], "/static/" + manifest.Paths["css/logo.svg"]}
}

// answers checks what visitors get of some addresses.
func (s *site) answers(t *testing.T, what string, addresses []string, status int) {
	t.Helper()
	for _, address := range addresses {
		answer, err := http.Get(s.web.URL + address)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, answer.Body)
		_ = answer.Body.Close()
		if answer.StatusCode != status {
			t.Errorf("%s: %s gives %s, want %d", what, address, answer.Status, status)
		}
	}
}

// leftovers are what runs that were cut off left among the kept files.
func (s *site) leftovers(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(s.dir, "shared/static/.slipway-new-*"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestKeepStatic: pages of each kept release find their files, whatever is live; those of releases that went are gone with them.
func TestKeepStatic(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.release(t, "1", "a { color: red }")
	one := s.page(t, "1")
	s.release(t, "2", "a { color: green }")
	two := s.page(t, "2")
	if one[0] == two[0] || one[1] != two[1] {
		t.Fatalf("the pages ask for %v and %v", one, two)
	}
	s.answers(t, "a page of 1 after the switch to 2", one, 200)
	s.switchTo(t, "1")
	s.answers(t, "a page of 2 after the way back", two, 200)
	s.switchTo(t, "2")

	// Before 3 is live, or on the first of several hosts alone.
	shelltest.Write(t, s.dir, map[string]string{"shared/static/own.txt": "somebody's", "shared/static/.slipway-new-x/0": "of a run that goes on"})
	s.write(t, "3", "a { color: blue }")
	s.step(t, "3", "django/collectstatic", nil).Expect(t, "3", false, "slipway-note: kept in static: 1 files added, 0 removed")
	s.answers(t, "a page of 3, asked of 2", s.page(t, "3"), 200)
	s.step(t, "3", "django/keep-static", nil).Expect(t, "once more", false, "slipway-note: kept in static: 0 files added, 0 removed")
	if left := s.leftovers(t); len(left) != 1 {
		t.Errorf("beside the run that goes on there is %v", left)
	}
	s.switchTo(t, "3")

	// Prune takes 1.
	if err := os.RemoveAll(s.folder("1")); err != nil {
		t.Fatal(err)
	}
	s.answers(t, "a page of 1 until the next deployment", one, 200)
	old := filepath.Join(s.dir, "shared/static/.slipway-new-x")
	if err := os.Chtimes(old, hourAgo(), hourAgo()); err != nil {
		t.Fatal(err)
	}
	s.release(t, "4", "a { color: blue }")
	s.answers(t, "the style sheet of 1, which is gone", one[:1], 404)
	s.answers(t, "the picture of 1, which others have, too", one[1:], 200)
	s.answers(t, "a page of 2", two, 200)
	s.answers(t, "what somebody else put there", []string{"/static/own.txt"}, 200)
	if left := s.leftovers(t); len(left) != 0 {
		t.Errorf("there is still %v", left)
	}
}
