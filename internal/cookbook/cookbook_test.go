package cookbook

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/slipway/slipway/internal/cookbook/shelltest"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/needtest"
	"github.com/slipway/slipway/internal/yamlfile"
)

func TestAllIsWhatIsEmbedded(t *testing.T) {
	t.Parallel()
	var got []string
	for _, recipe := range All() {
		got = append(got, recipe.Uses)
		if recipe.Description == "" {
			t.Errorf("%s says not what it does", recipe.Uses)
		}
		if recipe.Example == "" || len(recipe.Phases) == 0 {
			t.Errorf("%s has no example, or says not where it may stand", recipe.Uses)
		}
		for _, p := range recipe.Params {
			if p.Description == "" {
				t.Errorf("%s: %s is not described", recipe.Uses, p.Name)
			}
		}
	}
	// All leaves out what does not parse: none may be missing.
	if !slices.Equal(got, names()) || len(got) == 0 {
		t.Errorf("recipes %v, files %v", got, names())
	}
	for _, name := range names() {
		if _, err := Find(nil, name); err != nil {
			t.Error(err)
		}
	}
}

// Every recipe that restarts can end what it started, for a first deployment that fails, and shows why a program died. There are no
// exceptions: one whose program cannot be ended, as a module of Apache, says so in a note.
func TestRestartsStopAndTell(t *testing.T) {
	t.Parallel()
	restarts := 0
	for _, recipe := range All() {
		if !slices.ContainsFunc(recipe.Phases, func(word yamlfile.Value[string]) bool { return word.V == "restart" }) {
			continue
		}
		restarts++
		if recipe.Stop == "" {
			t.Errorf("%s has no `stop`", recipe.Uses)
		}
		if recipe.Log == "" {
			t.Errorf("%s has no `log`", recipe.Uses)
		}
	}
	if restarts == 0 {
		t.Error("no recipe restarts")
	}
}

// TestShellcheck lints what every recipe runs: rendered, with its parameters and the functions that it uses. Its other scripts must parse.
func TestShellcheck(t *testing.T) {
	t.Parallel()
	lint(t, func(name string) bool { return name == "run" })
}

// lint runs shellcheck on those scripts of the recipes that are chosen by their names, and has shells read them all.
func lint(t *testing.T, chosen func(name string) bool) {
	t.Helper()
	needtest.Programs(t, "shellcheck", "dash", "busybox")
	for _, recipe := range All() {
		if recipe.Sends() {
			continue // it has no script
		}
		t.Run(recipe.Uses, func(t *testing.T) {
			t.Parallel()
			all := scripts(t, recipe.Uses, nil)
			check := []string{"shellcheck", "-s", "sh", "-e", "SC2317"} // a script may use some of its functions
			if recipe.Undo != "" || recipe.Stop != "" || recipe.Preview != "" {
				check = append(check, "-e", "SC2034") // a parameter that only some of the scripts use
			}
			options, dir := len(check), t.TempDir()
			for name, script := range map[string]string{"run": all.Run, "check": all.Check, "undo": all.Undo, "stop": all.Stop, "log": all.Log, "preview": all.Preview} {
				if script == "" {
					continue
				}
				file := filepath.Join(dir, name+".sh")
				if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
					t.Fatal(err)
				}
				if chosen(name) {
					check = append(check, file)
				}
				passes(t, "dash", "-n", file)
				passes(t, "busybox", "ash", "-n", file)
			}
			if len(check) > options {
				passes(t, check...)
			}
		})
	}
}

func passes(t *testing.T, command ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), command[0], command[1:]...).CombinedOutput(); err != nil {
		t.Errorf("%v: %v\n%s", command, err, out)
	}
}

// texts are values that were written as texts.
func texts(with map[string]string) map[string]Value {
	values := map[string]Value{}
	for name, text := range with {
		values[name] = Text(text)
	}
	return values
}

func scripts(t *testing.T, uses string, with map[string]string) Scripts {
	t.Helper()
	recipe, err := Find(nil, uses)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]Value{}
	for _, p := range recipe.Params {
		if value, given := with[p.Name]; given {
			values[p.Name] = Text(value)
		} else if p.Required && len(p.OneOf) > 0 {
			values[p.Name] = Text(p.OneOf[0])
		} else if p.Required {
			values[p.Name] = Text(map[string]string{Absolute: "/"}[p.Where] + "x")
		}
	}
	all, err := recipe.Render(values)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestFindOwn(t *testing.T) {
	t.Parallel()
	root := fstest.MapFS{
		"deploy/recipes/warm.yml": {Data: []byte("params: {url: {required: true}}\nrun: |\n  curl \"$url\"\n")},
		"deploy/backup.yml":       {Data: []byte("idempotent: true\nparams: {to: {}}\nrun: pg_dump >\"$to\"\nundo: rm \"$to\"\ncheck: |\n  test -s \"$to\"\n")},
		"half.yml":                {Data: []byte("run: \"true\"\ncheck: |\n  fi\n")},
		"back.yml":                {Data: []byte("run: \"true\"\nundo: |\n  done\n")},
		"broken.yml":              {Data: []byte("name: x\nrun: |\n  echo one\n  fi\n")},
		"list.yml":                {Data: []byte("- x\n")},
		"types.yml":               {Data: []byte("params:\n  a: {type: time}\n  b: {type: integer, default: ten}\n  c: {where: absolute}\n  d: {type: list, one_of: [x]}\nrun: \"true\"\n")},
		"empty.yml":               {Data: nil},
	}
	recipe, err := Find(root, "./deploy/recipes/warm")
	if err != nil || recipe.Name != "warm" || recipe.Params[0].Name != "url" {
		t.Errorf("%+v, %v", recipe, err)
	}
	if _, err := recipe.Render(nil); err == nil || !strings.Contains(err.Error(), "needs the parameter `url`") {
		t.Errorf("a missing parameter gives %v", err)
	}
	if _, err := recipe.Render(texts(map[string]string{"ulr": "x"})); err == nil || !strings.Contains(err.Error(), "did you mean `url`?") {
		t.Errorf("an unknown parameter gives %v", err)
	}
	backup, err := Find(root, "./deploy/backup")
	if err != nil || !backup.Idempotent {
		t.Errorf("%+v, %v", backup, err)
	}
	want := Scripts{Run: "to=\"/b\"\npg_dump >\"$to\"", Check: "to=\"/b\"\ntest -s \"$to\"\n", Undo: "to=\"/b\"\nrm \"$to\""}
	if got, err := backup.Render(texts(map[string]string{"to": "/b"})); err != nil || got != want {
		t.Errorf("%q, %v", got, err)
	}
	if got, _ := recipe.Render(texts(map[string]string{"url": "x"})); got.Check != "" || got.Undo != "" || recipe.Idempotent {
		t.Errorf("a recipe that says nothing has %q", got)
	}
	for uses, want := range map[string]string{
		"./half":   "half.yml:3:3: no valid shell",
		"./back":   "back.yml:3:3: no valid shell",
		"./broken": "broken.yml:4:3: no valid shell",
		"./list":   "list.yml:1:1",
		"./types":  "types.yml:2:13: `type` must be string or integer",
		"./empty":  "needs `run`",
	} {
		_, err := Find(root, uses)
		var problems deploy.Problems
		if !errors.As(err, &problems) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %s", uses, err, want)
		}
	}
	for _, uses := range []string{"", "django", "django/../django/check", "/etc/passwd", "./../x", "./missing", "./broken.yml", "../x", "django/check.yml"} {
		if _, err := Find(root, uses); !errors.Is(err, ErrUnknown) {
			t.Errorf("%q: %v", uses, err)
		}
	}
}

// TestUnknownSaysWhatThereIs: a name of a group that exists is told what that has.
func TestUnknownSaysWhatThereIs(t *testing.T) {
	t.Parallel()
	for uses, hint := range map[string]string{
		"rails/deploy-everything": "there are rails/assets, rails/migrate",
		"nothing/alike":           "docs/recipes.md lists them; your own begin with ./",
		"rails":                   "there are rails/assets, rails/migrate",
		"rails/migrat":            "did you mean `rails/migrate`?",
	} {
		if _, err := Find(nil, uses); err == nil || !strings.Contains(err.Error(), hint) {
			t.Errorf("%s: %v, want %s", uses, err, hint)
		}
	}
}

// TestRenderKeepsValues has a shell print what it was given: nothing in a value is live but ${NAME}.
func TestRenderKeepsValues(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "dash", "busybox")
	recipe := Recipe{Uses: "x/y", Params: []Param{{Name: "a"}, {Name: "b", Default: Text("of b")}}, Run: `printf '%s|%s' "$a" "$b"`}
	for value, want := range map[string]string{
		"plain":                     "plain",
		"":                          "",
		"${NAME}":                   "value of `NAME`",
		"x${NAME}y$${NAME}":         "xvalue of `NAME`y${NAME}",
		"$NAME $(id) `id` $((1)) $": "$NAME $(id) `id` $((1)) $",
		`"; id; "`:                  `"; id; "`,
		`\ \\ \" \$ '`:              `\ \\ \" \$ '`,
		"two\nlines\n":              "two\nlines\n",
		`\${NAME}`:                  "\\value of `NAME`",
		"${NAME:-x} ${} ${1}":       "${NAME:-x} ${} ${1}",
	} {
		scripts, err := recipe.Render(texts(map[string]string{"a": value}))
		if err != nil {
			t.Fatal(err)
		}
		for _, shell := range shelltest.Shells {
			cmd := exec.CommandContext(t.Context(), shell[0], append(shell[1:], "-eu", "-c", scripts.Run)...)
			cmd.Env = []string{"NAME=value of `NAME`", "PATH=" + os.Getenv("PATH")}
			out, err := cmd.CombinedOutput()
			if err != nil || string(out) != want+"|of b" {
				t.Errorf("%s: %q gives %q, %v; want %q", shell[0], value, out, err, want)
			}
		}
	}
	if _, err := recipe.Render(texts(map[string]string{"a": "\x00"})); err == nil {
		t.Error("a NUL byte is rendered")
	}
}

func TestScriptProblem(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ script, shell, want string }{
		{"echo x", "sh -eu", ""},
		{"a=(1)", "bash -eu", ""},
		{"a=(1)", "/bin/bash", ""},
		{"anything (goes", "python3", ""},
		{"a=(1)", "sh -eu", "run:1:3: no POSIX shell: arrays (that is bash: write `set -- a b c` and `\"$@\"`)"},
		{"cat <(ls)", "sh", "run:1:5: no valid shell: `<` must be followed by a word (that is bash: write a pipe, or a file of `mktemp`)"},
		{"ls\nfunction f { ls; }", "sh", "run:2:12: no POSIX shell: the \"function\" builtin (that is bash: write `f() { ...; }`)"},
		{"make &>log", "sh", "run:1:6: no POSIX shell: `&>` redirects (that is bash: write `>FILE 2>&1`)"},
		{"f-g() { ls; }", "sh", "run:1:1: no valid shell: invalid func name (that is bash: write it for sh)"},
		{"a=(", "bash", "run:1:3: no valid shell"},
		{"echo\nif x", "dash", "run:2:1: no valid shell"},
		{" \n", "sh", "run:1:1: the script is empty"},
	} {
		problem := ScriptProblem(yamlfile.NewText(test.script, deploy.Position{File: "run", Line: 1, Column: 1}), test.shell)
		if (problem == nil) != (test.want == "") || (problem != nil && !strings.HasPrefix(problem.Error(), test.want)) {
			t.Errorf("%q for %s: %v, want %q", test.script, test.shell, problem, test.want)
		}
	}
}

// FuzzParse reads any recipe, and renders what it could read: never a panic.
func FuzzParse(f *testing.F) {
	f.Add([]byte("run: x"), "a${B}")
	f.Add([]byte("name: a\nparams: {p: {default: ${X}}}\nrun: |\n  echo\n"), "$${")
	f.Add([]byte("params: {p: {type: duration, default: 5m}, q: {type: list}, r: {type: path, where: absolute}}\nrun: |\n  echo\n"), "${WAIT}")
	f.Fuzz(func(t *testing.T, text []byte, value string) {
		recipe, err := Parse("recipe.yml", "./recipe", text)
		if err != nil {
			return
		}
		with := map[string]Value{}
		for _, name := range recipe.Names() {
			with[name] = Text(value)
		}
		scripts, err := recipe.Render(with)
		if err != nil {
			return // no value of that type
		}
		for _, script := range []string{scripts.Run, scripts.Check, scripts.Undo, scripts.Stop, scripts.Log} {
			if script == "" {
				continue
			}
			if problem := ScriptProblem(yamlfile.NewText(script, deploy.Position{}), "sh"); problem != nil {
				t.Errorf("%q is rendered into no shell: %v\n%s", value, problem, script)
			}
		}
	})
}
