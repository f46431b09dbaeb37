package python_test

import (
	"archive/zip"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"slipway/internal/cookbook/recipetest"
	"slipway/internal/cookbook/shelltest"
	"slipway/internal/needtest"
)

func TestMain(m *testing.M) { needtest.RunWaiting(m) }

// The tests behind the tag long run TestVenv and TestSupervisor in each shell as a whole.
func TestVenv(t *testing.T) {
	t.Parallel()
	testVenv(t, shelltest.InTurns(t), copyingPython(t))
}

func testVenv(t *testing.T, shell func() []string, python string) {
	t.Helper()
	dir := t.TempDir()
	venv := func(with map[string]string) shelltest.Outcome {
		return shelltest.Run(t, shell(), dir, recipetest.Rendered(t, "python/venv", with))
	}
	venv(map[string]string{"python": "python9"}).Expect(t, "no Python", true, "there is no python9 on this host")
	venv(map[string]string{"wheels": "wheels"}).Expect(t, "no wheels", true, "there are no wheels in wheels")
	venv(nil).Expect(t, "nothing to install", false, "an empty environment")
	venv(map[string]string{"system_site_packages": "true"}).Expect(t, "the host's packages", false, "")
	if text, err := os.ReadFile(filepath.Join(dir, "venv/pyvenv.cfg")); err != nil || !strings.Contains(string(text), "include-system-site-packages = true") {
		t.Errorf("%s, %v", text, err)
	}

	shelltest.Write(t, dir, map[string]string{"wheels/greeting-1.0-py3-none-any.whl": wheel(t), "requirements.txt": "greeting==1.0\n"})
	venv(map[string]string{"wheels": "wheels", "python": python}).Expect(t, "requirements from wheels", false, "Successfully installed greeting-1.0")
	out, err := exec.CommandContext(t.Context(), filepath.Join(dir, "venv/bin/python"), "-c", "import greeting; print(greeting.text)").CombinedOutput()
	if err != nil || string(out) != "ahoy\n" {
		t.Errorf("%s, %v", out, err)
	}
	shelltest.Write(t, dir, map[string]string{"requirements.txt": "greeting==1.0\nmissing==2.0\n"})
	venv(map[string]string{"wheels": "wheels", "python": python}).Expect(t, "a wheel that is missing", true, "missing==2.0")
	venv(map[string]string{"wheels": "wheels", "requirements": "none.txt", "path": "my env", "python": python}).Expect(t, "all wheels", false, "Successfully installed greeting-1.0")
}

// copyingPython is an interpreter that copies an environment with pip where it is to make one, which takes seconds each time.
// The copied one is what the recipe makes with the real interpreter.
func copyingPython(t *testing.T) string {
	t.Helper()
	needtest.Programs(t, "dash", recipetest.Python)
	if exec.CommandContext(t.Context(), recipetest.Python, "-c", "import ensurepip").Run() != nil {
		needtest.Skip(t, "ensurepip is missing (Debian's python3-venv)")
	}
	dir := t.TempDir()
	shelltest.Write(t, dir, map[string]string{"requirements.txt": "", "python": `#!/bin/sh
if [ "$1 $2" = "-m venv" ]; then
  case " $* " in
    *" --without-pip "* | *" --system-site-packages "*) ;;
    *) exec cp -a "${0%/*}/venv" "$3" ;;
  esac
fi
exec /usr/bin/python3 "$@"
`})
	python := filepath.Join(dir, "python")
	if err := os.Chmod(python, 0o700); err != nil {
		t.Fatal(err)
	}
	shelltest.Run(t, shelltest.Shells[0], dir, recipetest.Rendered(t, "python/venv", nil)).Expect(t, "an environment with pip", false, "No broken requirements found")
	return python
}

// wheel is a package of one module (PEP 427).
func wheel(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	archive := zip.NewWriter(&b)
	for _, file := range [][2]string{
		{"greeting.py", "text = 'ahoy'\n"},
		{"greeting-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: greeting\nVersion: 1.0\n"},
		{"greeting-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"},
		{"greeting-1.0.dist-info/RECORD", "greeting.py,,\ngreeting-1.0.dist-info/METADATA,,\ngreeting-1.0.dist-info/WHEEL,,\ngreeting-1.0.dist-info/RECORD,,\n"},
	} {
		w, err := archive.Create(file[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(file[1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
