package scaffold_test

import (
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/config"
	"github.com/slipway/slipway/internal/golden"
	"github.com/slipway/slipway/internal/scaffold"
)

// TestFiles looks at a small repository of each kind, and wants the files of testdata/want, which `make actionlint` reads, too.
// The deploy file is one that `validate` accepts.
func TestFiles(t *testing.T) {
	t.Parallel()
	cases, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(cases) == 0 {
		t.Fatal(cases, err)
	}
	for _, file := range cases {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			repo := repository(t, file)
			found := scaffold.Look(repo)
			if found == nil {
				t.Fatal("not recognised")
			}
			got := found.Files(scaffold.Options{
				App: "shop", Environment: "production", Branch: "main", Hosts: []string{"deploy@web1.example.com:2222"}, DeployPath: "/srv/www/shop",
			})
			got["said"] = found.Kind + "\n" + lines("sign", found.Signs) + lines("note", found.Notes)
			for name, text := range got {
				golden.Check(t, filepath.Join("testdata", "want", strings.TrimSuffix(filepath.Base(file), ".txtar"), name), text)
			}
			configs, err := config.LoadAll(ci.Inputs{Command: "validate"}, fstest.MapFS{scaffold.DeployFile: {Data: []byte(got[scaffold.DeployFile])}}, config.Env{})
			if err != nil {
				t.Fatalf("validate: %v", err)
			}
			for _, c := range configs {
				if len(c.Remarks) > 0 {
					t.Errorf("validate warns: %v", c.Remarks)
				}
			}
		})
	}
}

func repository(t *testing.T, file string) fs.FS {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	repo := fstest.MapFS{}
	for _, f := range archive.Files {
		repo[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	return repo
}

func lines(what string, all []string) string {
	var text strings.Builder
	for _, line := range all {
		text.WriteString(what + " " + line + "\n")
	}
	return text.String()
}

// TestNothing: what only looks like an application is none.
func TestNothing(t *testing.T) {
	t.Parallel()
	for name, repo := range map[string]fstest.MapFS{
		"empty":              {},
		"another manage.py":  {"manage.py": {Data: []byte("print('hello')")}},
		"a Gemfile":          {"Gemfile": {Data: []byte("gem 'rails'")}},
		"a library":          {"package.json": {Data: []byte(`{"main": "index.js", "scripts": {"test": "tap"}}`)}},
		"a damaged package":  {"package.json": {Data: []byte(`{"scripts"`)}},
		"another framework":  {"composer.json": {Data: []byte(`{"require": {"symfony/symfony": "7"}}`)}, "artisan": {}},
		"a folder of a name": {"package.json/x": {}},
	} {
		if found := scaffold.Look(repo); found != nil {
			t.Errorf("%s is taken for %s: %v", name, found.Kind, found.Signs)
		}
	}
}

// TestQuoted: what flags say is data in the files, whatever it looks like.
func TestQuoted(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"on", "null", "1", "2026-11-29", "a: b", "#x", "x #y", "[x]", `a"b`, "a }} b", "é", "a, b", "x:"} {
		texts := scaffold.Look(fstest.MapFS{"index.html": {}}).Files(scaffold.Options{
			App: name, Environment: name, Branch: name, Hosts: []string{"deploy@[2001:db8::1]:22"}, DeployPath: "/srv/" + name,
		})
		configs, err := config.LoadAll(ci.Inputs{Command: "validate"}, fstest.MapFS{scaffold.DeployFile: {Data: []byte(strings.Replace(texts[scaffold.DeployFile], "\napp: ", "\nx-app: ", 1))}}, config.Env{DefaultApp: "x"})
		if err != nil {
			t.Errorf("%q: %v\n%s", name, err, texts[scaffold.DeployFile])
			continue
		}
		if got := configs[0]; got.Environment != name || len(got.Hosts) != 1 || got.Hosts[0].Address.Host != "2001:db8::1" {
			t.Errorf("%q: environment %q, hosts %v", name, got.Environment, got.Hosts)
		}
	}
}

func TestBranch(t *testing.T) {
	t.Parallel()
	for want, files := range map[string]map[string]string{
		"main":   {},
		"master": {".git/HEAD": "ref: refs/heads/master\n"},
		"trunk":  {".git/HEAD": "ref: refs/heads/topic\n", ".git/refs/remotes/origin/HEAD": "ref: refs/remotes/origin/trunk\n"},
	} {
		repo := fstest.MapFS{}
		for name, text := range files {
			repo[name] = &fstest.MapFile{Data: []byte(text)}
		}
		if got := scaffold.Branch(repo); got != want {
			t.Errorf("%v: %s, want %s", files, got, want)
		}
	}
}
