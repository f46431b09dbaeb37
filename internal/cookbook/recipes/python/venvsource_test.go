//go:build cookbook

package python_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
	"github.com/slipway/slipway/internal/cookbook/shelltest"
	"github.com/slipway/slipway/internal/needtest"
)

// source is greeting as a source tarball.
func source(t *testing.T, version string) string {
	t.Helper()
	folder := "greeting-" + version + "/"
	return recipetest.Tarball(t, map[string]string{
		folder + "PKG-INFO":       "Metadata-Version: 2.1\nName: greeting\nVersion: " + version + "\n",
		folder + "pyproject.toml": "[build-system]\nrequires = ['setuptools', 'wheel']\nbuild-backend = 'setuptools.build_meta'\n",
		folder + "setup.py": "from setuptools import setup\nsetup(name='greeting', version='" + version +
			"', py_modules=['greeting'], entry_points={'console_scripts': ['greet = greeting:main']})\n",
		folder + "greeting.py": greeting(version).Files["greeting.py"],
	})
}

// buildTools puts the wheels of setuptools and wheel, as Debian has them, beside the others.
func buildTools(t *testing.T, folder string) {
	t.Helper()
	for _, name := range []string{"setuptools", "wheel"} {
		found, _ := filepath.Glob("/usr/share/python-wheels/" + name + "-*.whl")
		if len(found) == 0 {
			needtest.Skip(t, "no wheel of "+name+" (Debian's python3-setuptools-whl, python3-wheel-whl)")
		}
		content, err := os.ReadFile(found[0])
		if err != nil {
			t.Fatal(err)
		}
		shelltest.Write(t, folder, map[string]string{filepath.Base(found[0]): string(content)})
	}
}

func (r *release) fromSource(t *testing.T) *release {
	t.Helper()
	tarball := source(t, "1.0")
	shelltest.Write(t, r.dir, map[string]string{
		"wheels/greeting-1.0.tar.gz": tarball,
		"requirements.txt":           "--index-url https://x.invalid/simple\ngreeting==1.0 \\\n    --hash=sha256:" + hash(tarball) + "  # pinned\n",
	})
	buildTools(t, filepath.Join(r.dir, "wheels"))
	return r
}

var bundled = map[string]string{"wheels": "wheels"}

// TestVenvFromSource: a source tarball is built once, and the next release has its wheel.
func TestVenvFromSource(t *testing.T) {
	t.Parallel()
	first := newRelease(t).fromSource(t)
	tools := filepath.Join(first.dir, "tools")
	if err := os.Mkdir(tools, 0o755); err != nil {
		t.Fatal(err)
	}
	move := func(from, to string) {
		for _, name := range []string{"setuptools", "wheel"} {
			found, _ := filepath.Glob(filepath.Join(from, name+"-*.whl"))
			if err := os.Rename(found[0], filepath.Join(to, filepath.Base(found[0]))); err != nil {
				t.Fatal(err)
			}
		}
	}
	move(filepath.Join(first.dir, "wheels"), tools)
	first.venv(t, bundled).Expect(t, "without what builds it", true, "What builds a source tarball must lie beside it, too")
	move(tools, filepath.Join(first.dir, "wheels"))
	first.venv(t, bundled).Expect(t, "the first release", false, "Building wheel for greeting")
	first.says(t, "import greeting; greeting.main()", "ahoy 1.0\n")

	second := first.next(t).fromSource(t)
	began := time.Now()
	out := second.venv(t, bundled)
	out.Expect(t, "the second release", false, "\nslipway-note: 1 from shared/.cache, none fetched or built\n")
	t.Logf("an unchanged lock takes %v", time.Since(began).Round(time.Millisecond))
	if strings.Contains(out.Out, "Building wheel") {
		t.Errorf("it is built again:\n%s", out.Out)
	}
	second.says(t, "import greeting; greeting.main()", "ahoy 1.0\n")
	second.knowsNothingOf(t, first)

	// A wheel that the disk lost a part of is made again.
	kept, _ := filepath.Glob(filepath.Join(first.shared, ".cache/python/wheels/*/*.whl"))
	if len(kept) != 1 {
		t.Fatalf("kept are %v", kept)
	}
	if err := os.Truncate(kept[0], 100); err != nil {
		t.Fatal(err)
	}
	third := first.next(t).fromSource(t)
	third.venv(t, bundled).Expect(t, "a truncated wheel", false, "Building wheel for greeting")
	third.says(t, "import greeting; greeting.main()", "ahoy 1.0\n")

	// Another set of requirements, with the same tarball; sets that nobody used for longest are dropped.
	for n := range 7 {
		set := fmt.Sprintf("%s/.cache/python/sets/%064d", first.shared, n)
		shelltest.Write(t, "/", map[string]string{set: hash("") + " gone-1.0-py3-none-any.whl\n"})
		old := time.Now().Add(-time.Duration(n+1) * time.Hour)
		if err := os.Chtimes(set, old, old); err != nil {
			t.Fatal(err)
		}
	}
	shelltest.Write(t, first.shared, map[string]string{".cache/python/wheels/.new-killed/half.whl": "", ".cache/python/wheels/" + hash("old") + "/old.whl": ""})
	killed := filepath.Join(first.shared, ".cache/python/wheels/.new-killed")
	if err := os.Chtimes(killed, time.Unix(0, 0), time.Unix(0, 0)); err != nil {
		t.Fatal(err)
	}
	fourth := first.next(t).fromSource(t)
	shelltest.Write(t, fourth.dir, map[string]string{"requirements.txt": "greeting\nother>=1\n", "wheels/other-1.0-py3-none-any.whl": recipetest.Wheel{
		Project: "other", Version: "1.0", Files: map[string]string{"other.py": ""},
	}.Bytes(t)})
	out = fourth.venv(t, bundled)
	out.Expect(t, "another set", false, "Successfully installed greeting-1.0 other-1.0")
	if strings.Contains(out.Out, "Building wheel") {
		t.Errorf("it is built again:\n%s", out.Out)
	}
	sets, _ := filepath.Glob(filepath.Join(first.shared, ".cache/python/sets/*"))
	wheels, _ := os.ReadDir(filepath.Join(first.shared, ".cache/python/wheels"))
	if len(sets) != 5 || len(wheels) != 1 {
		t.Errorf("kept are the sets %v, the wheels %v", sets, wheels)
	}
}

// knowsNothingOf looks at every file of the environment for the folder of another release.
func (r *release) knowsNothingOf(t *testing.T, other *release) {
	t.Helper()
	found, err := exec.CommandContext(t.Context(), "grep", "-rlF", "-e", other.dir, filepath.Join(r.dir, "venv")).Output()
	if err == nil || len(found) > 0 {
		t.Errorf("the other release is named in %s, %v", found, err)
	}
	// The search finds what is there: the release's own name.
	if _, err := exec.CommandContext(t.Context(), "grep", "-rlF", "-e", r.dir, filepath.Join(r.dir, "venv")).Output(); err != nil {
		t.Errorf("not even its own is named: %v", err)
	}
	links, err := exec.CommandContext(t.Context(), "find", filepath.Join(r.dir, "venv"), "-lname", "*"+other.dir+"*").Output()
	if err != nil || len(links) > 0 {
		t.Errorf("links to the other release: %s, %v", links, err)
	}
}

// TestVenvForAnotherHost: a wheel of another platform is named.
func TestVenvForAnotherHost(t *testing.T) {
	t.Parallel()
	r := newRelease(t)
	foreign, fitting := greeting("1.0"), recipetest.Wheel{Project: "fitting", Version: "1.0", Files: map[string]string{"fitting.py": ""}}
	foreign.Tag = "cp27-cp27m-win32"
	shelltest.Write(t, r.dir, map[string]string{"wheels/" + foreign.Name(): foreign.Bytes(t), "wheels/" + fitting.Name(): fitting.Bytes(t)})
	out := r.venv(t, bundled)
	out.Expect(t, "a foreign wheel", true, "These wheels are for another Python or another machine than this host's (cpython-3")
	out.Expect(t, "a foreign wheel", true, "linux-x86_64 glibc 2.36): greeting-1.0-cp27-cp27m-win32.whl. Make them")
}

// TestVenvDisks: a full disk fails the step, and the next try is whole; a full shared folder costs only the cache.
func TestVenvDisks(t *testing.T) {
	t.Parallel()
	r := newRelease(t).fromSource(t)
	big := make([]string, 60000)
	for i := range big {
		big[i] = hash(fmt.Sprint(i)) // 4 MB that no compression makes small
	}
	wheel := recipetest.Wheel{Project: "big", Version: "1.0", Files: map[string]string{"big.txt": strings.Join(big, "\n")}}
	shelltest.Write(t, r.dir, map[string]string{"wheels/" + wheel.Name(): wheel.Bytes(t), "requirements.txt": "greeting\nbig\n"})
	if err := os.Mkdir(filepath.Join(r.dir, "disk"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(needtest.Disk(t, filepath.Join(r.dir, "disk"), "size=4m"))
	with := map[string]string{"wheels": "wheels", "path": "disk/venv"}
	r.venv(t, with).Expect(t, "a full disk", true, "No space left on device")
	if err := needtest.Remount(filepath.Join(r.dir, "disk"), "size=64m"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(needtest.Disk(t, r.shared, "size=4k"))
	r.venv(t, with).Expect(t, "a full shared folder", false, "\nslipway-note: the wheels are not kept for the next release: ")
	text, err := exec.CommandContext(t.Context(), filepath.Join(r.dir, "disk/venv/bin/greet")).CombinedOutput()
	if err != nil || string(text) != "ahoy 1.0\n" {
		t.Errorf("%s, %v", text, err)
	}
}

// TestVenvKilled: what was killed while it built is made whole by the next try.
func TestVenvKilled(t *testing.T) {
	t.Parallel()
	r := newRelease(t).fromSource(t)
	script := recipetest.Rendered(t, "python/venv", bundled)
	cmd := exec.Command("setsid", "dash", "-eu", "-c", script)
	cmd.Dir = r.dir
	cmd.Env = []string{"PATH=/usr/bin:/bin", "HOME=" + t.TempDir(), "SLIPWAY_SHARED_PATH=" + r.shared}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	recipetest.Eventually(t, "it builds", func() bool {
		chosen, _ := filepath.Glob(filepath.Join(r.dir, "venv/.slipway/*"))
		return len(chosen) > 0 || cmd.ProcessState != nil
	})
	if err := exec.Command("kill", "-KILL", "--", fmt.Sprintf("-%d", cmd.Process.Pid)).Run(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	r.venv(t, bundled).Expect(t, "after it was killed", false, "Successfully installed greeting-1.0")
	r.says(t, "import greeting; greeting.main()", "ahoy 1.0\n")
	if left, _ := filepath.Glob(filepath.Join(r.dir, "venv/.slipway*")); len(left) > 0 {
		t.Errorf("left are %v", left)
	}
}

// TestVenvOwnPip: where the host's Python has no pip that can do it, the environment has one.
func TestVenvOwnPip(t *testing.T) {
	t.Parallel()
	r := newRelease(t)
	python := filepath.Join(r.dir, "python")
	shelltest.Write(t, r.dir, map[string]string{"python": hiding("pip.__version__"), "wheels/" + greeting("1.0").Name(): greeting("1.0").Bytes(t)})
	if err := os.Chmod(python, 0o700); err != nil {
		t.Fatal(err)
	}
	r.venv(t, map[string]string{"wheels": "wheels", "python": python}).Expect(t, "own pip", false, "Successfully installed greeting-1.0")
	r.says(t, "import greeting, pip; greeting.main()", "ahoy 1.0\n")
}

// TestVenvOfUV: uv.lock goes through uv. uv itself is in no package of Debian: this is a stand-in, which keeps what it was asked, and
// writes what uv's documentation says that uv writes.
func TestVenvOfUV(t *testing.T) {
	t.Parallel()
	r := newRelease(t)
	home := t.TempDir()
	r.env = []string{"HOME=" + home}
	wheel := greeting("1.0").Bytes(t)
	shelltest.Write(t, r.dir, map[string]string{"app/uv.lock": "version = 1\n", "wheels/" + greeting("1.0").Name(): wheel})
	shelltest.Write(t, home, map[string]string{".local/bin/uv": `#!/bin/sh
printf '%s\n' "$@" >"$HOME/asked"
for output; do :; done
cat >"$output" <<END
# This file was autogenerated by uv via the following command:
#    uv export $*
greeting==1.0 ; python_full_version >= '3.7' \
    --hash=sha256:` + hash("another") + ` \
    --hash=sha256:` + hash(wheel) + `
    # via app
END
`})
	if err := os.Chmod(filepath.Join(home, ".local/bin/uv"), 0o700); err != nil {
		t.Fatal(err)
	}
	r.venv(t, map[string]string{"wheels": "wheels", "requirements": "app/uv.lock"}).Expect(t, "uv.lock", false, "Successfully installed greeting-1.0")
	r.says(t, "import greeting; greeting.main()", "ahoy 1.0\n")
	asked, err := os.ReadFile(filepath.Join(home, "asked"))
	words := strings.Fields(string(asked))
	want := strings.Fields("export --frozen --no-dev --no-emit-project --offline --no-python-downloads --quiet --project app --python " + recipetest.Python + " --output-file")
	if err != nil || !slices.Equal(words[:max(len(words)-1, 0)], want) {
		t.Errorf("uv was asked %q, %v", words, err)
	}
}
