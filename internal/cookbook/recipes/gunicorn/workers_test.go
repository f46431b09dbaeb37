//go:build cookbook

package gunicorn_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
	"github.com/slipway/slipway/internal/cookbook/shelltest"
	"github.com/slipway/slipway/internal/needtest"
)

// What new workers may be that no upgrade and no reload takes: ones that end, and ones that work elsewhere.
const ending = recipetest.Pinned + "def post_worker_init(worker): sys.exit(3)\n"

func elsewhere(dir string) string { return recipetest.Pinned + "chdir = '" + dir + "'\n" }

// TestGunicornUpgradeRefuses: what is not healthy never replaces what is.
func TestGunicornUpgradeRefuses(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "gunicorn", "curl")
	d := newServer(t)
	upgrade := d.upgrading(t)
	upgrade("start", "true", "wait", "1").Expect(t, "a command that starts nothing", true, "started no gunicorn")
	client := d.serve(t, d.gunicorn(t, "current/venv/bin/python"))
	master := d.Master("pid")
	d.SwitchTo(t, "release-b")
	root, other := filepath.Join(d.Dir, "releases/release-b"), filepath.Join(d.Dir, "releases/release-a")
	shelltest.Write(t, root, map[string]string{"gunicorn.conf.py": ending})
	upgrade().Expect(t, "workers that end", true, "; the old gunicorn goes on")
	d.goesOn(t, client, master, "release-a", "workers that end")
	shelltest.Write(t, root, map[string]string{"gunicorn.conf.py": elsewhere(other)})
	upgrade().Expect(t, "another folder", true, "the new workers run in "+other+", not in the new release")
	d.goesOn(t, client, master, "release-a", "another folder")

	// New workers that live, and answer another's name.
	shelltest.Write(t, root, map[string]string{"gunicorn.conf.py": recipetest.Pinned})
	wrong := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "release-c") }))
	t.Cleanup(wrong.Close)
	upgrade("url", wrong.URL, "wait", "20").Expect(t, "no answer", true, "no answer of "+wrong.URL+" names the release release-b; the old gunicorn goes on")
	d.goesOn(t, client, master, "release-a", "no answer")
}

// TestGunicornReloadRefuses: what HUP cannot do is said.
func TestGunicornReloadRefuses(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "gunicorn")
	d := newServer(t)
	reload := d.reloading(t)
	d.serve(t, d.gunicorn(t, "current/venv/bin/python"))
	d.SwitchTo(t, "release-b")
	root, other := filepath.Join(d.Dir, "releases/release-b"), filepath.Join(d.Dir, "releases/release-a")
	shelltest.Write(t, root, map[string]string{"gunicorn.conf.py": elsewhere(other)})
	reload().Expect(t, "another folder", true, "the new workers run in "+other+", not in the new release")
	shelltest.Write(t, root, map[string]string{"gunicorn.conf.py": ending})
	reload().Expect(t, "workers that end", true, "see its log")
}
