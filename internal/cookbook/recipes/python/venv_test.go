package python_test

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
	"github.com/slipway/slipway/internal/cookbook/shelltest"
	"github.com/slipway/slipway/internal/needtest"
)

func TestMain(m *testing.M) { needtest.RunWaiting(m) }

// release is a folder of a release, and the shared folder of its deploy path.
type release struct {
	dir, shared string
	shell       func() []string
	env         []string
}

func newRelease(t *testing.T) *release {
	t.Helper()
	needtest.Programs(t, recipetest.Python)
	if exec.CommandContext(t.Context(), recipetest.Python, "-c", "import pip, ensurepip").Run() != nil {
		needtest.Skip(t, "pip or ensurepip is missing (Debian's python3-pip, python3-venv)")
	}
	return &release{dir: t.TempDir(), shared: t.TempDir(), shell: shelltest.InTurns(t)}
}

// next is another release of the same deploy path, with nothing in it.
func (r *release) next(t *testing.T) *release {
	t.Helper()
	return &release{dir: t.TempDir(), shared: r.shared, shell: r.shell, env: r.env}
}

func (r *release) run(t *testing.T, uses string, with map[string]string) shelltest.Outcome {
	t.Helper()
	env := append([]string{"SLIPWAY_SHARED_PATH=" + r.shared, "SLIPWAY_RELEASE_PATH=" + r.dir}, r.env...)
	return shelltest.Run(t, r.shell(), r.dir, recipetest.Rendered(t, uses, with), env...)
}

func (r *release) venv(t *testing.T, with map[string]string) shelltest.Outcome {
	t.Helper()
	return r.run(t, "python/venv", with)
}

// says runs Python of the release's environment.
func (r *release) says(t *testing.T, code, want string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), filepath.Join(r.dir, "venv/bin/python"), "-c", code).CombinedOutput()
	if err != nil || string(out) != want {
		t.Errorf("%s prints %q, %v; want %q", code, out, err, want)
	}
}

// greeting is a package of one module and one command.
func greeting(version string) recipetest.Wheel {
	return recipetest.Wheel{
		Project: "greeting", Version: version, Commands: map[string]string{"greet": "greeting:main"},
		Files: map[string]string{"greeting.py": "text = 'ahoy " + version + "'\n\n\ndef main():\n    print(text)\n"},
	}
}

func hash(content string) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:])
}

func TestVenv(t *testing.T) {
	t.Parallel()
	r := newRelease(t)
	r.venv(t, map[string]string{"python": "python9"}).Expect(t, "no Python", true, "there is no python9 on this host")
	r.venv(t, map[string]string{"wheels": "wheels"}).Expect(t, "no wheels", true, "there are no wheels in wheels")
	r.venv(t, map[string]string{"requirements": "none.txt"}).Expect(t, "no such file", true, "there is no none.txt in "+r.dir)
	r.venv(t, nil).Expect(t, "nothing to install", false, "an empty environment")
	r.venv(t, map[string]string{"system_site_packages": "true"}).Expect(t, "the host's packages", false, "")
	if text, err := os.ReadFile(filepath.Join(r.dir, "venv/pyvenv.cfg")); err != nil || !strings.Contains(string(text), "include-system-site-packages = true") {
		t.Errorf("%s, %v", text, err)
	}

	wheel := greeting("1.0").Bytes(t)
	// A module of the release is named like one of Python's, and what an earlier try left lies in the way.
	shelltest.Write(t, r.dir, map[string]string{
		"wheels/" + greeting("1.0").Name(): wheel, "requirements.txt": "greeting==1.0 --hash=sha256:" + hash(wheel) + "\n",
		"tempfile.py": "raise SystemExit('of the release')\n", "venv/lib/half": "",
	})
	r.venv(t, map[string]string{"wheels": "wheels"}).Expect(t, "requirements from wheels", false, "Successfully installed greeting-1.0")
	r.says(t, "import greeting; greeting.main()", "ahoy 1.0\n")
	for _, not := range []string{"venv/lib/half", "venv/bin/pip", "venv/.slipway"} {
		if _, err := os.Stat(filepath.Join(r.dir, not)); err == nil {
			t.Errorf("there is %s in the release", not)
		}
	}
	if out, err := exec.CommandContext(t.Context(), filepath.Join(r.dir, "venv/bin/greet")).CombinedOutput(); err != nil || string(out) != "ahoy 1.0\n" {
		t.Errorf("the command prints %q, %v", out, err)
	}
	// The same name, another content.
	shelltest.Write(t, r.dir, map[string]string{"requirements.txt": "greeting==1.0 --hash=sha256:" + hash("") + "\n"})
	r.venv(t, map[string]string{"wheels": "wheels"}).Expect(t, "a hash that does not match", true, "THESE PACKAGES DO NOT MATCH THE HASHES")
}

// TestVenvRefuses: what no pip need be asked about.
func TestVenvRefuses(t *testing.T) {
	t.Parallel()
	r := newRelease(t)
	lock := "lock-version = '1.0'\n"
	for _, test := range []struct{ name, file, text, says string }{
		{"an address", "requirements.txt", "good==1\n# no://comment\nbad @ https://x.invalid/bad-1-py3-none-any.whl\n", "requirements.txt:3: comes from an address"},
		{"a repository", "requirements.txt", "-e git+https://x.invalid/bad.git#egg=bad\n", "requirements.txt:1: comes from an address"},
		{"an address in another file", "requirements.txt", "-r more/of.txt\n", "more/of.txt:2: comes from an address"},
		{"no other file", "requirements.txt", "good==1\n-r none.txt\n", "none.txt cannot be read"},
		{"itself", "requirements.txt", "-r requirements.txt\n", "requirements.txt:1: includes requirements.txt"},
		{"no TOML", "pylock.toml", "lock-version", "pylock.toml is no lock file of PEP 751"},
		{"no packages", "pylock.toml", lock, "pylock.toml is no lock file of PEP 751: KeyError 'packages'"},
		{"another version", "pylock.toml", "lock-version = '2.0'\npackages = []\n", "is of version 2.0"},
		{"another Python", "pylock.toml", lock + "requires-python = '<3.0'\npackages = []\n", "pylock.toml is for Python <3.0, and this host's is 3."},
		{"a folder", "pylock.toml", lock + "[[packages]]\nname = 'app'\ndirectory = {path = '.'}\n", "app has no file of an index"},
		{"a group", "pylock.toml", lock + "[[packages]]\nname = 'app'\nversion = '1'\nmarker = \"'dev' in dependency_groups\"\n", "app belongs to an extra or a group"},
		{"no hash", "pylock.prod.toml", lock + "[[packages]]\nname = 'app'\nversion = '1'\nwheels = [{name = 'x', hashes = {md5 = '0'}}]\n", "app has no hash"},
		{"no uv", "uv.lock", "version = 1\n", "uv.lock needs uv"},
	} {
		shelltest.Write(t, r.dir, map[string]string{
			test.file: test.text, "more/of.txt": "good==1\nbad@https://x.invalid/bad-1.zip\n", "wheels/" + greeting("1.0").Name(): "",
		})
		r.venv(t, map[string]string{"wheels": "wheels", "requirements": test.file}).Expect(t, test.name, true, test.says)
	}
	hidden := filepath.Join(r.dir, "python-without-pip")
	shelltest.Write(t, r.dir, map[string]string{"python-without-pip": hiding("pip ensurepip"), "requirements.txt": "greeting==1.0\n"})
	if err := os.Chmod(hidden, 0o700); err != nil {
		t.Fatal(err)
	}
	r.venv(t, map[string]string{"python": hidden}).Expect(t, "no pip at all", true, "on Debian install python3-pip or python3-venv")
}

// hiding is an interpreter that has not got some modules where it is asked about them.
func hiding(modules string) string {
	return `#!/bin/sh
for module in ` + modules + `; do
  case "$*" in "-I -c import "*"$module"*) exit 1 ;; esac
done
exec ` + recipetest.Python + ` "$@"
`
}
