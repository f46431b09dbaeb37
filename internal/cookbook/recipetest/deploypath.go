package recipetest

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/slipway/slipway/internal/cookbook/shelltest"
)

// LateModules is how many modules a release has that are imported by the first request for them.
const LateModules = 300

// DeployPath is a folder with two releases of an application that says of which release each of its parts is: the module that
// was imported at the start, one that is imported by the request, a file of its working directory, the environment.
type DeployPath struct {
	Dir string
	Now string // the release that is current
}

// NewDeployPath has release-a as current, and release-b; conf is what their gunicorn.conf.py holds.
func NewDeployPath(t *testing.T, conf string) *DeployPath {
	t.Helper()
	d := &DeployPath{Dir: t.TempDir()}
	python, err := filepath.EvalSymlinks(Python)
	if err != nil {
		t.Fatal(err)
	}
	version := filepath.Base(python) // python3.11
	for _, release := range []string{"release-a", "release-b"} {
		files := map[string]string{
			"version.py":       "name = '" + release + "'\n",
			"name.txt":         release,
			"gunicorn.conf.py": conf,
			"site_app.py": `import importlib, package, version
def application(environ, start_response):
    late = importlib.import_module('late' + environ['PATH_INFO'].strip('/')).name if len(environ['PATH_INFO']) > 1 else version.name
    with open('name.txt') as f:
        parts = [version.name, late, f.read(), package.name]
    start_response('200 OK', [('X-Release', version.name)])
    return [' '.join(parts).encode()]
`,
			// An environment like that of python -m venv, which takes its time.
			"venv/pyvenv.cfg": "home = /usr/bin\ninclude-system-site-packages = true\n",
			"venv/lib/" + version + "/site-packages/package.py": "name = '" + release + "'\n",
		}
		for i := range LateModules {
			files[fmt.Sprintf("late%d.py", i)] = "from version import name as _; name = '" + release + "'\n"
		}
		root := filepath.Join(d.Dir, "releases", release)
		shelltest.Write(t, root, files)
		if err := os.MkdirAll(filepath.Join(root, "venv/bin"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(Python, filepath.Join(root, "venv/bin/python")); err != nil {
			t.Fatal(err)
		}
	}
	d.SwitchTo(t, "release-a")
	return d
}

// SwitchTo names a release by current.
func (d *DeployPath) SwitchTo(t *testing.T, release string) {
	t.Helper()
	link := filepath.Join(d.Dir, "new")
	if err := os.Symlink("releases/"+release, link); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(link, filepath.Join(d.Dir, "current")); err != nil {
		t.Fatal(err)
	}
	d.Now = release
}

// Step runs a restart recipe as a deployment of the release that is current would.
func (d *DeployPath) Step(t *testing.T, shell []string, script string) shelltest.Outcome {
	t.Helper()
	release := filepath.Join(d.Dir, "releases", d.Now)
	return shelltest.Run(t, shell, release, script, "SLIPWAY_RELEASE="+d.Now, "SLIPWAY_RELEASE_PATH="+release,
		"SLIPWAY_CURRENT_PATH="+filepath.Join(d.Dir, "current"), "SLIPWAY_SHARED_PATH="+d.Dir, "SLIPWAY_DEPLOY_PATH="+d.Dir)
}

// Pinned is what the recipes say a gunicorn.conf.py begins with.
const Pinned = `import os, sys
chdir = os.path.dirname(os.path.realpath(__file__))
sys.path[:] = [os.path.realpath(path) for path in sys.path]
`

// Master is the process that a pid file names, 0 where there is none. A master two of whose workers fail at once may die before it
// removes its file (gunicorn 20.1), which then names nobody.
func (d *DeployPath) Master(file string) int {
	text, _ := os.ReadFile(filepath.Join(d.Dir, file))
	pid, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	if pid == 0 || syscall.Kill(pid, 0) != nil {
		return 0
	}
	return pid
}

// Whole is an answer of which all parts are of one release.
func Whole(release string) string { return strings.TrimSpace(strings.Repeat(release+" ", 4)) }
