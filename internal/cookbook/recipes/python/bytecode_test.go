package python_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
	"github.com/slipway/slipway/internal/cookbook/shelltest"
)

// prints imports a module of the release.
func (r *release) prints(t *testing.T, code, want string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), recipetest.Python, "-c", code)
	cmd.Dir = r.dir
	cmd.Env = []string{"PATH=/usr/bin:/bin", "LANG=C.UTF-8"} // nothing that keeps Python from writing bytecode
	if out, err := cmd.CombinedOutput(); err != nil || string(out) != want+"\n" {
		t.Errorf("%s prints %q, %v; want %q", code, out, err, want)
	}
}

// atZero writes a file with the time that all files of an artifact have.
func (r *release) atZero(t *testing.T, name, content string) {
	t.Helper()
	shelltest.Write(t, r.dir, map[string]string{name: content})
	if err := os.Chtimes(filepath.Join(r.dir, name), time.Unix(0, 0), time.Unix(0, 0)); err != nil {
		t.Fatal(err)
	}
}

func TestBytecode(t *testing.T) {
	t.Parallel()
	r := newRelease(t)
	r.run(t, "python/bytecode", map[string]string{"python": "python9"}).Expect(t, "no Python", true, "there is no python9")
	r.run(t, "python/bytecode", map[string]string{"paths": "site none"}).Expect(t, "no such folder", true, "there is no site in "+r.dir)

	// The artifact brought bytecode along that is of another release's file: of the same size and, as everywhere, of the same time.
	r.atZero(t, "shop/a.py", "text = 'old'\n")
	r.atZero(t, "compileall.py", "raise SystemExit('of the release')\n")
	r.prints(t, "import shop.a; print(shop.a.text)", "old")
	r.atZero(t, "shop/a.py", "text = 'new'\n")
	r.prints(t, "import shop.a; print(shop.a.text)", "old") // what the recipe is against
	shelltest.Write(t, r.dir, map[string]string{"node_modules/gyp/x.py": "print 1\n", "my env/lib/bad.py": "print 1\n", "my env/lib/good.py": "\n"})
	with := map[string]string{"environment": "my env"}
	r.run(t, "python/bytecode", with).Expect(t, "compile", false, "what of my env does not compile is left as it is")
	r.prints(t, "import shop.a; print(shop.a.text)", "new")
	for _, name := range []string{"shop/__pycache__/a.*.pyc", "my env/lib/__pycache__/good.*.pyc"} {
		if found, _ := filepath.Glob(filepath.Join(r.dir, name)); len(found) != 1 {
			t.Errorf("%s: %v", name, found)
		}
	}
	// A change by hand takes effect.
	r.atZero(t, "shop/a.py", "text = 'his'\n")
	r.prints(t, "import shop.a; print(shop.a.text)", "his")

	shelltest.Write(t, r.dir, map[string]string{"templates/app.py": "import {{ name }} from\n"})
	failed := r.run(t, "python/bytecode", with)
	failed.Expect(t, "a template", true, "templates/app.py")
	failed.Expect(t, "a template", true, "set `exclude`")
	with["exclude"] = "^./templates/"
	r.run(t, "python/bytecode", with).Expect(t, "without the template", false, "")
	r.run(t, "python/bytecode", map[string]string{"environment": "my env", "paths": "shop"}).Expect(t, "a folder", false, "")
}
