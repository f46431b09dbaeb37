package cookbook

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/cookbook/shelltest"
	"github.com/slipway/slipway/internal/needtest"
	"github.com/slipway/slipway/internal/yamlfile"
)

// TestTypes holds what each type takes, and what a script then has; a value that only the host knows is judged there by the same
// rules.
func TestTypes(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "dash", "busybox")
	const refused = "(refused)"
	word := Param{OneOf: []string{"drain", "maint"}}
	for _, test := range []struct {
		param       Param
		given, want string
	}{
		{Param{}, "any\n thing", "any\n thing"},
		{word, "maint", "maint"},
		{word, "drain or maint", refused},
		{word, "mai", refused},
		{Param{Type: Integer}, "0", "0"},
		{Param{Type: Integer}, "999999999", "999999999"},
		{Param{Type: Integer}, "1000000000", refused},
		{Param{Type: Integer}, "08", refused},
		{Param{Type: Integer}, "-1", refused},
		{Param{Type: Integer}, "1.5", refused},
		{Param{Type: Integer}, "", refused},
		{Param{Type: Integer}, "1\n2", refused},
		{Param{Type: Boolean}, "true", "true"},
		{Param{Type: Boolean}, "yes", refused},
		{Param{Type: Boolean}, "", refused},
		{Param{Type: Duration}, "90", "90"},
		{Param{Type: Duration}, "90s", "90"},
		{Param{Type: Duration}, "5m", "300"},
		{Param{Type: Duration}, "1h30m", "5400"},
		{Param{Type: Duration}, "1h1m1s", "3661"},
		{Param{Type: Duration}, "0s", "0"},
		{Param{Type: Duration}, "1h30", refused},
		{Param{Type: Duration}, "500ms", refused},
		{Param{Type: Duration}, "1m1h", refused},
		{Param{Type: Duration}, "1.5h", refused},
		{Param{Type: Duration}, "09s", refused},
		{Param{Type: Duration}, "soon", refused},
		{Param{Type: Duration}, "", refused},
		{Param{Type: Path}, "vendor/wheels", "vendor/wheels"},
		{Param{Type: Path}, "./manage.py", "./manage.py"},
		{Param{Type: Path}, "..x/y..", "..x/y.."},
		{Param{Type: Path}, ".", refused},
		{Param{Type: Path}, "..", refused},
		{Param{Type: Path}, "../x", refused},
		{Param{Type: Path}, "a/../..", refused},
		{Param{Type: Path}, "a/..", refused},
		{Param{Type: Path}, "/srv", refused},
		{Param{Type: Path}, "", refused},
		{Param{Type: Path}, "a\nb", refused},
		{Param{Type: Path, Where: Absolute}, "/run/x.pid", "/run/x.pid"},
		{Param{Type: Path, Where: Absolute}, "x.pid", refused},
		{Param{Type: Path, Where: Anywhere}, "../x", "../x"},
	} {
		test.param.Name, test.param.Required = "p", true
		recipe := Recipe{Uses: "x/y", Params: []Param{test.param}, Run: `printf %s "$p"`}
		scripts, err := recipe.Render(map[string]Value{"p": Text(test.given)})
		if (err != nil) != (test.want == refused) || err != nil && !strings.Contains(err.Error(), "`p` of x/y must be "+test.param.Takes()) {
			t.Errorf("%s %q: %v", test.param.Type, test.given, err)
		}
		for _, shell := range shelltest.Shells {
			if err == nil {
				shelltest.Run(t, shell, t.TempDir(), scripts.Run).Is(t, test.given, test.want)
			}
			live, err := recipe.Render(map[string]Value{"p": Text("${GIVEN}")})
			if err != nil {
				t.Fatal(err)
			}
			got := shelltest.Run(t, shell, t.TempDir(), live.Run, "GIVEN="+test.given)
			if test.want != refused {
				got.Is(t, "live "+test.given, test.want)
			} else {
				got.Expect(t, "live "+string(test.param.Type)+" "+test.given, true, "`p` must be "+test.param.Takes()+", not '"+test.given+"'")
			}
		}
	}
}

// A parameter that need not be given may be empty, whatever it takes; a list has a line for each item.
func TestEmptyAndLists(t *testing.T) {
	t.Parallel()
	recipe := Recipe{Uses: "x/y", Run: `printf '%s|%s' "$n" "$l"`, Params: []Param{{Name: "n", Type: Integer}, {Name: "l", Type: List}}}
	for _, test := range []struct {
		n, l Value
		want string
	}{
		{Value{}, Value{}, "|"},
		{Text("${NONE}"), Text(" web  workers:* "), "|web\nworkers:*"},
		{Text("7"), Value{Items: []string{"a b", "c"}}, "7|a b\nc"},
		{Text("${SEVEN}"), Value{Items: []string{}}, "7|"},
	} {
		scripts, err := recipe.Render(map[string]Value{"n": test.n, "l": test.l})
		if err != nil {
			t.Fatal(err)
		}
		for _, shell := range shelltest.Shells {
			shelltest.Run(t, shell, t.TempDir(), scripts.Run, "NONE=", "SEVEN=7").Is(t, test.want, test.want)
		}
	}
	recipe.Params[1].Required = true
	for _, wrong := range []Value{Text(" "), {Items: []string{}}, {Items: []string{"a\nb"}}, {Items: []string{""}}} {
		if _, err := recipe.Render(map[string]Value{"l": wrong}); err == nil {
			t.Errorf("the list %q is taken", wrong)
		}
	}
	if _, err := recipe.Render(map[string]Value{"n": {Items: []string{"7"}}, "l": Text("x")}); err == nil {
		t.Error("a list is taken for a number")
	}
}

// TestValues lints what judges a value on the host.
func TestValues(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "shellcheck")
	lint := exec.CommandContext(t.Context(), "shellcheck", "-s", "sh", "-")
	lint.Stdin = strings.NewReader(values)
	if out, err := lint.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// A value is kept as it was written; true and false are so in any case.
func TestValueOf(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Value{
		"v: 1.10": Text("1.10"), "v: True": Text("true"), "v: 'True'": Text("True"), "v: [a, 2]": {Items: []string{"a", "2"}}, "v: []": {Items: []string{}}, "w: 1": {},
	} {
		node, problems := yamlfile.Parse("x.yml", []byte(text))
		var decoded struct {
			V Scalars `key:"v"`
			W Scalars `key:"w"`
		}
		problems = append(problems, yamlfile.Decode(node, &decoded)...)
		if got := ValueOf(decoded.V); len(problems) > 0 || got.Text != want.Text || strings.Join(got.Items, "|") != strings.Join(want.Items, "|") || (got.Items == nil) != (want.Items == nil) {
			t.Errorf("%s: %+v, %v; want %+v", text, got, problems, want)
		}
	}
}
