package reference

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/config"
	"github.com/slipway/slipway/internal/config/keys"
	"github.com/slipway/slipway/internal/yamlfile"
)

// TestGenerated fails when a generated file does not say what the tables say: run `go generate ./...`.
func TestGenerated(t *testing.T) {
	t.Parallel()
	for name, want := range Files() {
		got, err := os.ReadFile(filepath.Join("..", "..", "..", name))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s is stale: run `go generate ./...`\n%s", name, diff)
		}
	}
}

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("slipway.schema.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("slipway.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// plain is a node as encoding/json would read it.
func plain(n *yamlfile.Node) any {
	switch n.Kind {
	case yamlfile.Map:
		m := map[string]any{}
		for _, entry := range n.Entries {
			m[entry.Key] = plain(entry.Value)
		}
		return m
	case yamlfile.List:
		list := []any{}
		for _, item := range n.Items {
			list = append(list, plain(item))
		}
		return list
	case yamlfile.Number:
		number, err := jsonschema.UnmarshalJSON(strings.NewReader(n.Text))
		if err != nil {
			return n.Text
		}
		return number
	case yamlfile.Boolean:
		return strings.EqualFold(n.Text, "true")
	case yamlfile.Null:
		return nil
	}
	return n.Text
}

// TestSchemaAcceptsWhatLoadAccepts holds the schema against the good files of testdata and the examples.
func TestSchemaAcceptsWhatLoadAccepts(t *testing.T) {
	t.Parallel()
	schema := compiled(t)
	files := map[string][]byte{}
	for _, name := range []string{"sample", "precedence"} {
		archive, err := txtar.ParseFile("../testdata/" + name + ".txtar")
		if err != nil {
			t.Fatal(err)
		}
		files[name] = archive.Files[0].Data
	}
	examples, err := filepath.Glob("../../../examples/*/slipway.yml")
	if err != nil || len(examples) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, name := range examples {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = text
		in := ci.Inputs{Command: "validate"}
		if _, err := config.Load(in, os.DirFS(filepath.Dir(name)), config.Env{DefaultApp: "example"}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, text := range files {
		node, problems := yamlfile.Parse(name, text)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		if err := schema.Validate(plain(node)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSchemaAndDecoderAgree gives every key of every struct each kind of value: both accept it, or both refuse it.
func TestSchemaAndDecoderAgree(t *testing.T) {
	t.Parallel()
	schema := compiled(t)
	values := []string{
		"text", "12", "-5", "3.5", "true", "[]", "{}", "[text]", "[1]", "{A: b}", "{A: [1]}", "30s", "5m", "1x", "host", "GET", "sh -eu",
		`"a b c'd"`, "[{name: x}]", "{address: a}", "[{address: a}]", "[{path: a, from: b}]", "[{path: a}]", "{web: {restart: {run: x}}}", "~", "~x: 1", "stop",
	}
	wraps := map[string]string{
		"File": "{%s: %s}", "Shared": "{shared: {%s: %s}}", "Allow": "{allow: {%s: %s}}", "Rollout": "{rollout: {%s: %s}}", "SecretFile": "{secret_files: [{path: a, from: b, %s: %s}]}",
		"HostMap": "{hosts: [{address: a, %s: %s}]}", "Step": "{finish: [{%s: %s}]}", "Activate": "{activate: {%s: %s}}", "Fleet": "{activate: {fleet: {%s: %s}}}",
		"Check": "{activate: {verify: [{%s: %s}]}}", "Activation": "{activate: {roles: {web: {%s: %s}}}}", "Settings": "{environments: {x: {%s: %s}}}",
	}
	for _, sample := range []any{
		keys.File{}, keys.Shared{}, keys.Allow{}, keys.Rollout{}, keys.SecretFile{}, keys.HostMap{}, keys.Step{}, keys.Activate{}, keys.Fleet{}, keys.Check{}, keys.Activation{}, keys.Settings{},
	} {
		structure := reflect.TypeOf(sample)
		names := []string{"unknown_key"}
		for _, f := range yamlfile.Fields(structure) {
			names = append(names, f.Key)
		}
		for _, key := range names {
			for _, value := range values {
				text := strings.Replace(strings.Replace(wraps[structure.Name()], "%s", key, 1), "%s", value, 1)
				node, problems := yamlfile.Parse("x.yml", []byte(text))
				if len(problems) > 0 {
					continue // a key twice, as `path` in a secret file
				}
				var file keys.File
				problems = yamlfile.Decode(node, &file)
				err := schema.Validate(plain(node))
				if (err == nil) != (len(problems) == 0) {
					t.Errorf("%s:\nschema:  %v\ndecoder: %v", text, err, problems)
				}
			}
		}
	}
}
