package cookbook

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"slipway/internal/needtest"
)

// The recipes are run with the real tools, under each of the shells that hosts have, in the environment of a step.

func TestMain(m *testing.M) { needtest.RunWaiting(m) }

type outcome struct {
	out  string // both streams
	fail bool
	exit int
}

// run runs a rendered recipe in a folder, as a step would; env is what the step sees besides.
func run(t *testing.T, shell []string, dir, script string, env ...string) outcome {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), shell[0], append(shell[1:], "-eu", "-c", script)...)
	cmd.Dir = dir
	cmd.Env = append([]string{
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=" + t.TempDir(), "LANG=C.UTF-8",
		"DJANGO_SETTINGS_MODULE=settings", "PYTHONDONTWRITEBYTECODE=1",
	}, env...)
	out, err := cmd.CombinedOutput()
	return outcome{string(out), err != nil, cmd.ProcessState.ExitCode()}
}

// expect judges an outcome: whether it failed, and what it said.
func (o outcome) expect(t *testing.T, what string, fail bool, says string) {
	t.Helper()
	if o.fail != fail || !strings.Contains(o.out, says) {
		t.Errorf("%s: failed is %v, want %v, saying %q:\n%s", what, o.fail, fail, says, o.out)
	}
}

func eachShell(t *testing.T, test func(t *testing.T, shell []string)) {
	t.Helper()
	needtest.Programs(t, "dash", "busybox")
	for _, shell := range shells {
		t.Run(shell[0], func(t *testing.T) {
			t.Parallel()
			test(t, shell)
		})
	}
}

// inTurns gives one shell after the other, where each of them for all of it would take long.
func inTurns(t *testing.T) func() []string {
	t.Helper()
	needtest.Programs(t, "dash", "busybox")
	n := -1
	return func() []string {
		n++
		return shells[n%len(shells)]
	}
}

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

const systemPython = "/usr/bin/python3"

func TestDjango(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, systemPython)
	if exec.CommandContext(t.Context(), systemPython, "-c", "import django").Run() != nil {
		needtest.Skip(t, "Django is missing (Debian's python3-django)")
	}
	eachShell(t, func(t *testing.T, shell []string) {
		dir := t.TempDir()
		for _, recipe := range []string{"django/check", "django/collectstatic", "django/migrate"} {
			run(t, shell, dir, rendered(t, recipe, nil)).expect(t, recipe+" without a project", true, "there is no manage.py in "+dir)
			run(t, shell, dir, rendered(t, recipe, map[string]string{"python": "python9"})).expect(t, recipe+" without Python", true, "there is no python9")
		}
		write(t, dir, map[string]string{
			"manage.py": "import sys\nfrom django.core.management import execute_from_command_line\nexecute_from_command_line(sys.argv)\n",
			"settings.py": `import os
SECRET_KEY = "x" * 60
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.staticfiles"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}}
STATIC_URL = "/static/"
STATIC_ROOT = "public"
STATICFILES_DIRS = ["assets"]
ROOT_URLCONF = "urls" if not os.path.exists("broken") else "nowhere"
`,
			"urls.py":         "urlpatterns = []\n",
			"assets/site.css": "body {}\n",
		})
		run(t, shell, dir, rendered(t, "django/check", nil)).expect(t, "check", false, "System check identified")
		run(t, shell, dir, rendered(t, "django/collectstatic", nil)).expect(t, "collectstatic", false, "1 static file copied")
		if _, err := os.Stat(filepath.Join(dir, ".collectstatic-unfinished")); err == nil {
			t.Error("collectstatic leaves its mark in the release")
		}
		collectAfterCut(t, shell, dir)
		run(t, shell, dir, rendered(t, "django/migrate", nil)).expect(t, "migrate", false, "Applying auth.0001_initial... OK")
		again := run(t, shell, dir, rendered(t, "django/migrate", nil))
		again.expect(t, "migrate again", false, "No migrations to apply")
		again.expect(t, "migrate again", false, "\nslipway-note: nothing to apply\n")
		if shell[0] != "dash" {
			return // the rest is Django's work, whatever the shell
		}
		run(t, shell, dir, rendered(t, "django/check", map[string]string{"fail_level": "WARNING"})).expect(t, "a strict check", true, "W0")
		run(t, shell, dir, rendered(t, "django/migrate", map[string]string{"database": "other"})).expect(t, "another database", true, "other")
		write(t, dir, map[string]string{"broken": ""})
		run(t, shell, dir, rendered(t, "django/check", nil)).expect(t, "check of a broken site", true, "nowhere")
	})
}

// collectAfterCut runs collectstatic where an earlier try was cut off in the middle of a file. What it had half copied is
// copied anew, what the artifact brought along stays.
func collectAfterCut(t *testing.T, shell []string, dir string) {
	t.Helper()
	write(t, dir, map[string]string{".collectstatic-unfinished": "", "public/site.css": "bo", "public/brought/along.css": "a {}\n"})
	began := time.Now().Add(-time.Minute)
	for name, at := range map[string]time.Time{".collectstatic-unfinished": began, "public/brought/along.css": began.Add(-time.Hour)} {
		if err := os.Chtimes(filepath.Join(dir, name), at, at); err != nil {
			t.Fatal(err)
		}
	}
	run(t, shell, dir, rendered(t, "django/collectstatic", nil)).expect(t, "collectstatic after a cut", false, "1 static file copied")
	for name, want := range map[string]string{"public/site.css": "body {}\n", "public/brought/along.css": "a {}\n"} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != want {
			t.Errorf("%s is %q, %v", name, got, err)
		}
	}
}

// TestMigrateNotes: the recipe says what was applied, passes on what is printed, and ends as Django does.
func TestMigrateNotes(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, systemPython)
	var many strings.Builder
	for i := range 10 {
		fmt.Fprintf(&many, "  Applying shop.%04d_x... OK\n", i+1)
	}
	eachShell(t, func(t *testing.T, shell []string) {
		for _, test := range []struct {
			name, prints string
			exit         int
			notes        string
		}{
			{"two", "Running migrations:\n  Applying shop.0042_add_cart... OK\n  Applying blog.0007_auto_2026... OK\n", 0, "slipway-note: 2 applied: shop.0042, blog.0007\n"},
			{"one that prints", "  Applying shop.0042_x...copied 3 rows\n OK\n  Applying shop.named... OK", 0, "slipway-note: 2 applied: shop.0042, shop.named\n"},
			{"none", "  No migrations to apply.\n", 0, "slipway-note: nothing to apply\n"},
			{"second fails", "  Applying shop.0042_x... OK\n  Applying shop.0043_y...Traceback\n", 3, "slipway-note: 1 applied: shop.0042\n"},
			{"first fails", "  Applying shop.0042_x...Traceback\n", 1, ""},
			{"no database", "OperationalError\n", 1, ""},
			{"many", many.String(), 0, "slipway-note: 10 applied: shop.0001, shop.0002, shop.0003, shop.0004, shop.0005, " +
				"shop.0006, shop.0007, shop.0008 and 2 more\n"},
		} {
			dir := t.TempDir()
			write(t, dir, map[string]string{"printed": test.prints, "manage.py": fmt.Sprintf(
				"import sys\nsys.stderr.write(open('printed').read())\nsys.exit(%d)\n", test.exit)})
			got := run(t, shell, dir, rendered(t, "django/migrate", map[string]string{"python": systemPython}))
			got.expect(t, test.name, test.exit != 0, "")
			want := strings.TrimSuffix(test.prints, "\n") + "\n" + test.notes
			if got.out != want || got.exit != test.exit {
				t.Errorf("%s printed %q and ended %d, want %q", test.name, got.out, got.exit, want)
			}
		}
	})
}

// The tests behind the tag long run TestVenv and TestSupervisor in each shell as a whole.
func TestVenv(t *testing.T) {
	t.Parallel()
	testVenv(t, inTurns(t), copyingPython(t))
}

func testVenv(t *testing.T, shell func() []string, python string) {
	t.Helper()
	dir := t.TempDir()
	venv := func(with map[string]string) outcome { return run(t, shell(), dir, rendered(t, "python/venv", with)) }
	venv(map[string]string{"python": "python9"}).expect(t, "no Python", true, "there is no python9 on this host")
	venv(map[string]string{"wheels": "wheels"}).expect(t, "no wheels", true, "there are no wheels in wheels")
	venv(nil).expect(t, "nothing to install", false, "an empty environment")
	venv(map[string]string{"system_site_packages": "true"}).expect(t, "the host's packages", false, "")
	if text, err := os.ReadFile(filepath.Join(dir, "venv/pyvenv.cfg")); err != nil || !strings.Contains(string(text), "include-system-site-packages = true") {
		t.Errorf("%s, %v", text, err)
	}

	write(t, dir, map[string]string{"wheels/greeting-1.0-py3-none-any.whl": wheel(t), "requirements.txt": "greeting==1.0\n"})
	venv(map[string]string{"wheels": "wheels", "python": python}).expect(t, "requirements from wheels", false, "Successfully installed greeting-1.0")
	out, err := exec.CommandContext(t.Context(), filepath.Join(dir, "venv/bin/python"), "-c", "import greeting; print(greeting.text)").CombinedOutput()
	if err != nil || string(out) != "ahoy\n" {
		t.Errorf("%s, %v", out, err)
	}
	write(t, dir, map[string]string{"requirements.txt": "greeting==1.0\nmissing==2.0\n"})
	venv(map[string]string{"wheels": "wheels", "python": python}).expect(t, "a wheel that is missing", true, "missing==2.0")
	venv(map[string]string{"wheels": "wheels", "requirements": "none.txt", "path": "my env", "python": python}).expect(t, "all wheels", false, "Successfully installed greeting-1.0")
}

// copyingPython is an interpreter that copies an environment with pip where it is to make one, which takes seconds each time.
// The copied one is what the recipe makes with the real interpreter.
func copyingPython(t *testing.T) string {
	t.Helper()
	needtest.Programs(t, "dash", systemPython)
	if exec.CommandContext(t.Context(), systemPython, "-c", "import ensurepip").Run() != nil {
		needtest.Skip(t, "ensurepip is missing (Debian's python3-venv)")
	}
	dir := t.TempDir()
	write(t, dir, map[string]string{"requirements.txt": "", "python": `#!/bin/sh
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
	run(t, shells[0], dir, rendered(t, "python/venv", nil)).expect(t, "an environment with pip", false, "No broken requirements found")
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

func TestSupervisor(t *testing.T) {
	t.Parallel()
	testSupervisor(t, inTurns(t))
}

func testSupervisor(t *testing.T, shell func() []string) {
	t.Helper()
	needtest.Programs(t, "supervisord", "supervisorctl")
	dir := t.TempDir()
	conf := supervisord(t, dir)
	restart := func(program string) outcome {
		return run(t, shell(), dir, rendered(t, "supervisor/restart", map[string]string{"program": program, "conf": conf, "wait": "3"}))
	}
	before := pid(t, dir, "web", "")
	restart("web workers:*").expect(t, "a program and a group", false, "workers:two")
	pid(t, dir, "web", before)
	failed := restart("web broken")
	failed.expect(t, "a program that ends", true, "not running: broken")
	failed.expect(t, "its last words", true, "no such table")
	with := map[string]string{"program": "web broken workers:*", "conf": conf}
	run(t, shell(), dir, logging(t, "supervisor/restart", with)).expect(t, "log", false, "--- the end of what broken printed (stderr)\nno such table")
	run(t, shell(), dir, stopping(t, "supervisor/restart", with)).expect(t, "stop", false, "workers:two: stopped")
	run(t, shell(), dir, stopping(t, "supervisor/restart", with)).expect(t, "stop again", false, "")
	if text, err := exec.CommandContext(t.Context(), "supervisorctl", "-c", conf, "status").CombinedOutput(); strings.Contains(string(text), "RUNNING") {
		t.Errorf("after stop: %s%v", text, err)
	}
	restart("nothing").expect(t, "an unknown program", true, "supervisor does not know all of 'nothing'")
	none := map[string]string{"program": "web", "conf": filepath.Join(dir, "none.conf")}
	run(t, shell(), dir, rendered(t, "supervisor/restart", none)).expect(t, "a wrong file", true, "none.conf")
}

// supervisord runs a supervisor of its own, and gives its configuration.
func supervisord(t *testing.T, dir string) string {
	t.Helper()
	conf := filepath.Join(dir, "supervisord.conf")
	program := func(name, command, extra string) string {
		return fmt.Sprintf("[program:%s]\ncommand=sh -c \"%s\"\nstartretries=0\nstopsignal=KILL\nstderr_logfile=%s/%s.err\nstdout_logfile=NONE\n%s\n", name, command, dir, name, extra)
	}
	// What runs leaves its process's number in a file: asking supervisorctl for it costs a Python each time.
	good := func(name string) string {
		return program(name, fmt.Sprintf("echo $$ >%s/%s.pid; exec sleep 600", dir, name), "startsecs=0")
	}
	write(t, dir, map[string]string{"supervisord.conf": fmt.Sprintf(`[unix_http_server]
file=%[1]s/sock
[supervisord]
logfile=%[1]s/log
pidfile=%[1]s/pid
nodaemon=true
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://%[1]s/sock
[group:workers]
programs=one,two
`, dir) + good("web") + good("one") + good("two") + program("broken", "echo no such table >&2; exit 1", "startsecs=1\nautostart=false")})
	start(t, dir, "supervisord", "-c", conf)
	for _, name := range []string{"web", "one", "two"} {
		pid(t, dir, name, "")
	}
	return conf
}

// start runs a daemon in a folder until the test ends, and gives its process.
func start(t *testing.T, dir, program string, args ...string) *exec.Cmd {
	t.Helper()
	daemon := exec.Command(program, args...)
	daemon.Dir = dir
	daemon.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=" + dir, "PWD=" + dir, "LANG=C.UTF-8"}
	var said bytes.Buffer
	daemon.Stdout, daemon.Stderr = &said, &said
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = daemon.Process.Signal(syscall.SIGTERM)
		_ = daemon.Wait()
		if t.Failed() {
			t.Logf("%s said:\n%s", program, said.String())
		}
	})
	return daemon
}

// eventually waits until something holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for !holds() {
		select {
		case <-look.C:
		case <-ctx.Done():
			t.Fatalf("never: %s", what)
		}
	}
}

// pid waits until a program is another process than it was, and gives that.
func pid(t *testing.T, dir, program, was string) string {
	t.Helper()
	var is string
	eventually(t, program+" is another process than "+was, func() bool {
		text, err := os.ReadFile(filepath.Join(dir, program+".pid"))
		var whole bool
		is, whole = strings.CutSuffix(string(text), "\n")
		return err == nil && whole && is != was
	})
	return is
}

// TestEnding: of what a program printed the end is shown, with a bound in lines and in bytes, and no line but the only one is torn.
func TestEnding(t *testing.T) {
	t.Parallel()
	functions, err := embedded.ReadFile("recipes/functions/processes.sh")
	if err != nil {
		t.Fatal(err)
	}
	lines := func(from, to int) string {
		var b strings.Builder
		for n := from; n <= to; n++ {
			fmt.Fprintf(&b, "line %d\n", n)
		}
		return b.String()
	}
	long := strings.Repeat("x", 20000)
	eachShell(t, func(t *testing.T, shell []string) {
		dir := t.TempDir()
		for name, test := range map[string]struct{ text, want string }{
			"nothing":            {"", ""},
			"a few":              {lines(1, 3), lines(1, 3)},
			"no end":             {lines(1, 3) + "last", lines(1, 3) + "last\n"},
			"many":               {lines(1, 1000), lines(941, 1000)},
			"a torn one":         {"secret " + long + "\nlast\n", "last\n"},
			"the only one":       {"secret" + long + " why\n", "why\n"},
			"none but one word":  {long + "\n", long[:16383] + "\n"},
			"sixty after a long": {long + "\n" + lines(1, 60), lines(1, 60)},
		} {
			write(t, dir, map[string]string{"log": test.text})
			if got := run(t, shell, dir, string(functions)+"\nending <log"); got.exit != 0 || got.out != test.want {
				t.Errorf("%s: exit %d, %q", name, got.exit, got.out)
			}
		}
	})
}

// TestMigratePreview: what the live release and its database tell of a new one's files. Neither is changed.
func TestMigratePreview(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, systemPython)
	if exec.CommandContext(t.Context(), systemPython, "-c", "import django").Run() != nil {
		needtest.Skip(t, "Django is missing (Debian's python3-django)")
	}
	shell := inTurns(t)
	dir := t.TempDir()
	const migration = "from django.db import migrations\nclass Migration(migrations.Migration):\n    dependencies = [%s]\n"
	write(t, dir, map[string]string{
		"src/manage.py": "import sys\nfrom django.core.management import execute_from_command_line\nexecute_from_command_line(sys.argv)\n",
		"src/settings.py": "SECRET_KEY = 'x'\nINSTALLED_APPS = ['django.contrib.contenttypes', 'shop', 'kit.blog', 'bare']\n" +
			"DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': 'db.sqlite3'}}\nMIGRATION_MODULES = {'bare': 'kit.of_bare'}\n",
		"src/shop/__init__.py": "", "src/shop/migrations/__init__.py": "", "src/shop/migrations/0001_initial.py": fmt.Sprintf(migration, ""),
		"src/kit/__init__.py": "", "src/kit/blog/__init__.py": "", "src/kit/blog/apps.py": "from django.apps import AppConfig\nclass B(AppConfig):\n    name = 'kit.blog'\n    label = 'posts'\n",
		"src/bare/__init__.py": "", "src/kit/of_bare/__init__.py": "", "src/vendored/migrations/0001_initial.py": "",
	})
	python := map[string]string{"python": systemPython, "manage": "src/manage.py"}
	ask := func(files ...string) outcome {
		cmd := shell()
		script := scripts(t, "django/migrate", python).Preview
		command := exec.CommandContext(t.Context(), cmd[0], append(cmd[1:], "-eu", "-c", script)...)
		command.Dir, command.Stdin = dir, strings.NewReader(strings.Join(files, "\n")+"\n")
		command.Env = []string{"PATH=/usr/bin:/bin", "HOME=" + dir, "DJANGO_SETTINGS_MODULE=settings"}
		out, err := command.CombinedOutput()
		return outcome{string(out), err != nil, command.ProcessState.ExitCode()}
	}
	all := []string{"src/shop/migrations/0001_initial.py", "src/shop/migrations/__init__.py", "src/shop/views.py", "README.md", "src/vendored/migrations/0001_initial.py"}
	ask(all...).is(t, "before the first", "slipway-note: pending shop.0001\n")
	run(t, shell(), dir, rendered(t, "django/migrate", python), "PYTHONPATH=src").expect(t, "migrate", false, ", shop.0001")
	ask(all...).is(t, "none", "slipway-note: none pending of its own apps\n")
	ask(append(all, "src/shop/migrations/0043_more.py", "src/shop/migrations/0042_cart.py", "src/kit/blog/migrations/0001_initial.py", "src/kit/of_bare/0001_x.py",
		"src/wiki/migrations/0001_initial.py", "src/wiki/migrations/helper.py")...).
		is(t, "some", "slipway-note: pending bare.0001, posts.0001, shop.0042, shop.0043, wiki.0001 (if wiki is installed)\n")
	ask("src/shop/migrations/0001_squashed_0004_cart.py", "src/shop/migrations/0005_squashed_0007.py").is(t, "squashed", "slipway-note: pending shop.0005\n")
	var many []string
	for i := range 20 {
		many = append(many, fmt.Sprintf("src/shop/migrations/%04d_x.py", i+100))
	}
	ask(many...).expect(t, "many", false, "shop.0107 and 12 more\n")
	write(t, dir, map[string]string{"src/settings.py": "import nowhere\n"})
	ask(all...).expect(t, "a live release that does not load", true, "No module named 'nowhere'")
}
