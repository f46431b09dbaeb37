package featureswitch_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/slipway/slipway/internal/cookbook"
	"github.com/slipway/slipway/internal/cookbook/shelltest"
	"github.com/slipway/slipway/internal/needtest"
)

func TestMain(m *testing.M) { needtest.RunWaiting(m) }

// with are the recipe's scripts; set and remove are lists.
func with(t *testing.T, set, remove []string, params ...string) cookbook.Scripts {
	t.Helper()
	recipe, err := cookbook.Find(nil, "feature-switch/set")
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]cookbook.Value{"set": {Items: append([]string{}, set...)}, "remove": {Items: append([]string{}, remove...)}}
	for i := 0; i < len(params); i += 2 {
		values[params[i]] = cookbook.Text(params[i+1])
	}
	scripts, err := recipe.Render(values)
	if err != nil {
		t.Fatal(err)
	}
	return scripts
}

// TestJSON: what was written is JSON to a parser, and what else stood there stays.
func TestJSON(t *testing.T) {
	t.Parallel()
	shelltest.Each(t, func(t *testing.T, shell []string) {
		shared := t.TempDir()
		file := filepath.Join(shared, "switches.json")
		run := func(script string) shelltest.Outcome {
			return shelltest.Run(t, shell, t.TempDir(), script, "SLIPWAY_SHARED_PATH="+shared, "SLIPWAY_DEPLOY_PATH=/srv/site", "SLIPWAY_DEPLOYMENT=run-1")
		}
		holds := func(what string, want map[string]any) {
			t.Helper()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]any{}
			if err := json.Unmarshal(text, &got); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%s: %v, %v, want %v:\n%s", what, got, err, want, text)
			}
		}
		run(with(t, []string{"new_cart=true", "batch=20", `title=say "a\b", & more`, "none=null", "rate=-0.5", "version=1.2.3", "octal=012"}, nil).Run).Is(t, "a new file", "")
		holds("a new file", map[string]any{
			"new_cart": true, "batch": 20.0, "title": `say "a\b", & more`, "none": nil, "rate": -0.5, "version": "1.2.3", "octal": "012",
		})
		run(with(t, []string{"new_cart=true"}, nil).Run).Is(t, "the same", "slipway-note: as it was\n")

		// Of a file of a person's, in another style.
		shelltest.Write(t, shared, map[string]string{"switches.json": "{\r\n\t\"old_cart\" : \"a, \\\"b\\\": {c}\",\r\n\"batch\":5\r\n}\r\n"})
		if err := os.Chmod(file, 0o640); err != nil {
			t.Fatal(err)
		}
		change := with(t, []string{"batch=x", "batch=7", "new=false"}, []string{"gone", "old_cart"})
		run(change.Run).Is(t, "a person's file", "")
		holds("a person's file", map[string]any{"batch": 7.0, "new": false})
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o640 {
			t.Errorf("%v, %v", info.Mode(), err)
		}

		// Taken back, what the step did not name stays as others have set it meanwhile. A second try does not forget what was before.
		run(change.Run).Is(t, "a second try", "slipway-note: as it was\n")
		run(with(t, []string{"other=1"}, nil).Run).Is(t, "another", "")
		run(change.Undo).Is(t, "undo", "")
		holds("undo", map[string]any{"batch": 5.0, "old_cart": `a, "b": {c}`, "other": 1.0})
		run(change.Undo).Is(t, "undo again", "")
		holds("undo again", map[string]any{"batch": 5.0, "old_cart": `a, "b": {c}`, "other": 1.0})

		// What cannot be read is left alone.
		for _, text := range []string{"{\n  \"a\": {\n  }\n}\n", `{"a": 1, "b": 2}`, "a: 1\n", "{\n  \"a\": [1],\n}\n"} {
			shelltest.Write(t, shared, map[string]string{"switches.json": text})
			run(with(t, []string{"batch=7"}, nil).Run).Expect(t, text, true, "is no flat object of JSON with one switch on each line")
			if got, err := os.ReadFile(file); err != nil || string(got) != text {
				t.Errorf("%q became %q, %v", text, got, err)
			}
		}
		shelltest.Write(t, shared, map[string]string{"switches.json": "{}\n"})
		run(with(t, []string{"batch=7"}, nil).Run).Is(t, "an empty object", "")
		holds("an empty object", map[string]any{"batch": 7.0})
	})
}

// TestNotes: what a deployment noted for its undo goes with the next one, and no other application's does.
func TestNotes(t *testing.T) {
	t.Parallel()
	shelltest.Each(t, func(t *testing.T, shell []string) {
		shared := t.TempDir()
		set := func(deployPath, deployment string, scripts cookbook.Scripts) {
			t.Helper()
			shelltest.Run(t, shell, t.TempDir(), scripts.Run, "SLIPWAY_SHARED_PATH="+shared, "SLIPWAY_DEPLOY_PATH="+deployPath, "SLIPWAY_DEPLOYMENT="+deployment).Expect(t, deployment, false, "")
		}
		notes := func(what string, want int) {
			t.Helper()
			if found, err := filepath.Glob(filepath.Join(shared, ".switches.json.before-*")); err != nil || len(found) != want {
				t.Errorf("%s: %v, %v, want %d", what, found, err, want)
			}
		}
		readOnly := with(t, []string{"read_only=true"}, nil)
		set("/srv/other", "run-1", readOnly)
		set("/srv/site", "run-1", readOnly)
		set("/srv/site", "run-1", with(t, []string{"new_cart=true"}, nil))
		notes("two steps, and another application's", 3)
		set("/srv/site", "run-2", with(t, []string{"batch=7"}, nil))
		notes("the next deployment", 2)
		shelltest.Run(t, shell, t.TempDir(), readOnly.Undo, "SLIPWAY_SHARED_PATH="+shared, "SLIPWAY_DEPLOY_PATH=/srv/other", "SLIPWAY_DEPLOYMENT=run-1").Expect(t, "undo", false, "")
		notes("the other application took back its own", 1)
		want := "{\n  \"new_cart\": true,\n  \"batch\": 7\n}\n"
		if got, err := os.ReadFile(filepath.Join(shared, "switches.json")); err != nil || string(got) != want {
			t.Errorf("%q, %v, want %q", got, err, want)
		}
	})
}

func TestEnv(t *testing.T) {
	t.Parallel()
	shelltest.Each(t, func(t *testing.T, shell []string) {
		shared := t.TempDir()
		run := func(script string) shelltest.Outcome {
			return shelltest.Run(t, shell, t.TempDir(), script, "SLIPWAY_SHARED_PATH="+shared, "SLIPWAY_DEPLOY_PATH=/srv/site", "SLIPWAY_DEPLOYMENT=run-1")
		}
		holds := func(what, want string) {
			t.Helper()
			if got, err := os.ReadFile(filepath.Join(shared, "features/flags.env")); err != nil || string(got) != want {
				t.Errorf("%s: %q, %v, want %q", what, got, err, want)
			}
		}
		env := []string{"format", "env", "file", "features/flags.env"}
		change := with(t, []string{"READ_ONLY=1", "LIMIT=20"}, []string{"OLD"}, env...)
		run(change.Run).Is(t, "a new file", "")
		holds("a new file", "READ_ONLY=1\nLIMIT=20\n")
		run(change.Undo).Is(t, "undo of a new file", "")
		holds("undo of a new file", "")
		shelltest.Write(t, shared, map[string]string{"features/flags.env": "# ours\nOLD=yes\n\nLIMIT=\"5 or 6\"\n"})
		run(change.Run).Is(t, "run", "")
		holds("run", "# ours\n\nLIMIT=20\nREAD_ONLY=1\n")
		run(change.Undo).Is(t, "undo", "")
		holds("undo", "# ours\n\nLIMIT=\"5 or 6\"\nOLD=yes\n")

		// What is refused changes nothing.
		for _, test := range []struct {
			set, remove []string
			says        string
		}{
			{nil, nil, "there is nothing to do"},
			{[]string{"LIMIT"}, nil, "`set` takes NAME=value, not 'LIMIT'"},
			{[]string{"OK=1", "1A=1"}, nil, "not '1A'"},
			{[]string{"A B=1"}, nil, "not 'A B'"},
			{nil, []string{"$(id)"}, "not '$(id)'"},
			{[]string{"TITLE=a b"}, nil, "a value is plain: 'a b' is not"},
		} {
			run(with(t, test.set, test.remove, env...).Run).Expect(t, test.says, true, test.says)
		}
		holds("refused", "# ours\n\nLIMIT=\"5 or 6\"\nOLD=yes\n")
	})
}

// TestFullDisk: the file is whole, and as it was.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	shelltest.Each(t, func(t *testing.T, shell []string) {
		shared := t.TempDir()
		defer needtest.Disk(t, shared, "size=16k,nr_inodes=20")()
		file := filepath.Join(shared, "switches.json")
		shelltest.Write(t, shared, map[string]string{"switches.json": "{\n  \"a\": 1\n}\n", "full": string(make([]byte, 8<<10))})
		script := with(t, []string{"b=2"}, nil).Run
		run := func() shelltest.Outcome {
			return shelltest.Run(t, shell, t.TempDir(), script, "SLIPWAY_SHARED_PATH="+shared, "SLIPWAY_DEPLOY_PATH=/srv/site", "SLIPWAY_DEPLOYMENT=run-1")
		}
		run().Expect(t, "a full disk", true, "")
		if got, err := os.ReadFile(file); err != nil || string(got) != "{\n  \"a\": 1\n}\n" {
			t.Errorf("%q, %v", got, err)
		}
		if err := os.Remove(filepath.Join(shared, "full")); err != nil {
			t.Fatal(err)
		}
		run().Is(t, "with room", "")
	})
}
