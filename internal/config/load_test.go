package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/cookbook"
	"github.com/slipway/slipway/internal/deploy"
)

var update = flag.Bool("update", false, "write the goldens anew")

// TestLoad reads each archive of testdata: its files are the working directory, `input/<name>` an input, `env/<name>` a
// field of Env. `want` is the golden: the problems as a person sees them, or the Config as JSON.
func TestLoad(t *testing.T) {
	t.Parallel()
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, name := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			in, files, env, want := unpackCase(t, archive)
			config, err := Load(in, files, env)
			var got string
			var problems deploy.Problems
			switch {
			case err == nil:
				got = dump(t, config)
			case errors.As(err, &problems):
				got = problems.Error() + "\n"
			default:
				t.Fatalf("error is no deploy.Problems: %v", err)
			}
			if *update {
				archive.Files[len(archive.Files)-1].Data = []byte(got)
				if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("-want +got; if it is right, run with -update\n%s", diff)
			}
		})
	}
}

func unpackCase(t *testing.T, archive *txtar.Archive) (in ci.Inputs, files fstest.MapFS, env Env, want []byte) {
	t.Helper()
	files = fstest.MapFS{}
	in.Given = map[string]bool{}
	if archive.Files[len(archive.Files)-1].Name != "want" {
		t.Fatal("the last file must be `want`")
	}
	for _, f := range archive.Files {
		kind, name, _ := strings.Cut(f.Name, "/")
		switch {
		case f.Name == "want":
			want = f.Data
		case kind == "input":
			setByTag(t, &in, name, string(bytes.TrimSuffix(f.Data, []byte("\n"))))
			in.Given[name] = true
		case kind == "env":
			switch field := reflect.ValueOf(&env).Elem().FieldByName(name); field.Kind() {
			case reflect.Slice:
				field.Set(reflect.ValueOf(strings.Fields(string(f.Data))))
			default:
				field.SetString(strings.TrimSpace(string(f.Data)))
			}
		default:
			files[f.Name] = &fstest.MapFile{Data: f.Data}
		}
	}
	return in, files, env, want
}

func setByTag(t *testing.T, in *ci.Inputs, name, value string) {
	t.Helper()
	v := reflect.ValueOf(in).Elem()
	for i := range v.NumField() {
		if v.Type().Field(i).Tag.Get("name") == name {
			v.Field(i).SetString(value)
			return
		}
	}
	t.Fatalf("no input %s", name)
}

// dump is a Config as JSON, less what is empty; secrets print themselves redacted.
func dump(t *testing.T, c *Config) string {
	t.Helper()
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var tree any
	if err := json.Unmarshal(text, &tree); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(trimmed(tree)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func trimmed(tree any) any {
	switch tree := tree.(type) {
	case map[string]any:
		if file, ok := tree["File"].(string); ok && len(tree) == 3 {
			return deploy.Position{File: file, Line: int(tree["Line"].(float64)), Column: int(tree["Column"].(float64))}.String()
		}
		if uses, ok := tree["Uses"].(string); ok { // a recipe's own text is no matter of these tests
			if recipe, err := cookbook.Find(nil, uses); err == nil {
				for key, text := range map[string]string{"Run": recipe.Run, "Undo": recipe.Undo, "Stop": recipe.Stop, "Log": recipe.Log} {
					tree[key] = strings.TrimSuffix(tree[key].(string), text)
				}
			}
		}
		for key, value := range tree {
			value = trimmed(value)
			if v := reflect.ValueOf(value); !v.IsValid() || v.IsZero() || ((v.Kind() == reflect.Slice || v.Kind() == reflect.Map) && v.Len() == 0) {
				delete(tree, key)
				continue
			}
			tree[key] = value
		}
	case []any:
		for i := range tree {
			tree[i] = trimmed(tree[i])
		}
	}
	return tree
}
