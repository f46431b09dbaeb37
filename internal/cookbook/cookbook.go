// Package cookbook holds the recipes: reusable steps with parameters, that `uses:` in a deploy file names.
//
// Terms: a recipe is a YAML file with a POSIX script and its parameters; the embedded ones are named <group>/<name>, a
// repository's own ./path/to/name, without .yml; rendering puts the parameters before the script as shell variables.
// The package must not know phases or hosts.
package cookbook

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"slipway/internal/deploy"
	"slipway/internal/yamlfile"
)

//go:embed recipes
var embedded embed.FS

// Recipe is a step that a deploy file can use by name.
type Recipe struct {
	Uses        string // as a deploy file names it: "django/migrate", "./deploy/recipes/warm-cache"
	Name        string // of the step, where that gives none: "Migrate"
	Description string
	Params      []Param // in the order of the recipe's file
	Run         string  // POSIX sh, run with `sh -eu`
	Check       string  // POSIX sh with the same parameters: exit 0 says that the work is done; "" where nothing can tell
	Undo        string  // POSIX sh with the same parameters: takes back what Run did; "" where nothing does
	Stop        string  // POSIX sh with the same parameters: ends what Run started; "" where nothing does
	Log         string  // POSIX sh with the same parameters: prints the end of the program's own log; "" where nothing does
	Rights      string  // POSIX sh with the same parameters: prints the commands that it runs by sudo, a line each; "" where it runs none
	Idempotent  bool    // may run again when nobody saw how it ended

	Remarks deploy.Problems // Bashisms of its scripts
}

// Param is a parameter of a recipe, a shell variable in its script.
type Param struct {
	Name        string
	Description string
	Default     string
	Required    bool
}

// ErrUnknown says that there is no recipe of a name. The error that wraps it says what there is.
var ErrUnknown = errors.New("unknown recipe")

// UnknownError is ErrUnknown for a name, with what to do.
type UnknownError struct {
	Uses string
	Hint string
}

func (e *UnknownError) Error() string { return fmt.Sprintf("unknown recipe `%s` (%s)", e.Uses, e.Hint) }

// Unwrap is ErrUnknown.
func (e *UnknownError) Unwrap() error { return ErrUnknown }

// Find reads a recipe: an embedded one by <group>/<name>, one of the repository by ./path without .yml. root is the
// repository and may be nil. Errors are *UnknownError, or deploy.Problems in the recipe's own file.
func Find(root fs.FS, uses string) (Recipe, error) {
	if strings.HasPrefix(uses, "./") {
		return ownRecipe(root, uses)
	}
	if recipe, ok := found.Load(uses); ok {
		return recipe.(Recipe), nil
	}
	text, err := embedded.ReadFile(path.Join("recipes", uses+".yml"))
	if err != nil || path.Clean(uses) != uses {
		known := names()
		hint := yamlfile.DidYouMean(uses, known)
		if hint == "" {
			hint = "there are " + strings.Join(known, ", ") + "; your own begin with ./"
		}
		return Recipe{}, &UnknownError{Uses: uses, Hint: hint}
	}
	recipe, err := Parse("recipe "+uses, uses, text)
	if err == nil {
		found.Store(uses, recipe)
	}
	return recipe, err
}

// found has the embedded recipes that were asked for: they never change.
var found sync.Map // uses -> Recipe

func ownRecipe(root fs.FS, uses string) (Recipe, error) {
	file := path.Clean(strings.TrimPrefix(uses, "./")) + ".yml"
	switch {
	case strings.HasSuffix(uses, ".yml") || strings.HasSuffix(uses, ".yaml"):
		return Recipe{}, &UnknownError{Uses: uses, Hint: "leave out the ending"}
	case !fs.ValidPath(file):
		return Recipe{}, &UnknownError{Uses: uses, Hint: "a recipe lies inside the repository"}
	case root == nil:
		return Recipe{}, &UnknownError{Uses: uses, Hint: "there is no repository to read it from"}
	}
	text, err := fs.ReadFile(root, file)
	if err != nil {
		return Recipe{}, &UnknownError{Uses: uses, Hint: "there is no file " + file + ", seen from the working directory"}
	}
	return Parse(file, uses, text)
}

// All are the embedded recipes, sorted by name. They are read and checked by the tests; a broken one is left out.
func All() []Recipe {
	var all []Recipe
	for _, name := range names() {
		if recipe, err := Find(nil, name); err == nil {
			all = append(all, recipe)
		}
	}
	return all
}

func names() []string {
	var found []string
	files, _ := fs.Glob(embedded, "recipes/*/*.yml") // the pattern is well-formed
	for _, file := range files {
		found = append(found, strings.TrimSuffix(strings.TrimPrefix(file, "recipes/"), ".yml"))
	}
	slices.Sort(found)
	return found
}

// file is a recipe as it is written.
type file struct {
	Name        yamlfile.Value[string]   `key:"name" doc:"Name of the step, where the deploy file gives none."`
	Description yamlfile.Value[string]   `key:"description" doc:"What it does, for people."`
	Params      yamlfile.Dict[param]     `key:"params" doc:"Parameters, by name."`
	Run         yamlfile.Value[string]   `key:"run" required:"true" doc:"POSIX script, run with sh -eu in the release."`
	Check       yamlfile.Value[string]   `key:"check" doc:"POSIX script that ends with 0 when the work is done, run like run."`
	Undo        yamlfile.Value[string]   `key:"undo" doc:"POSIX script that takes back what run did, run like run: of a drain, the undrain."`
	Stop        yamlfile.Value[string]   `key:"stop" doc:"POSIX script that ends what run started, run like run: of a restart, where a first deployment failed and there is nothing to go back to."`
	Log         yamlfile.Value[string]   `key:"log" doc:"POSIX script that prints the end of the program's own log, run like run: of a restart, where that or a check fails."`
	Rights      yamlfile.Value[string]   `key:"rights" doc:"POSIX script that prints the commands which the others run by sudo, a line each, run like run: doctor asks whether they are allowed."`
	Functions   []yamlfile.Value[string] `key:"functions" doc:"Shell functions that the scripts use; only of the cookbook's own recipes."`
	Idempotent  yamlfile.Value[bool]     `key:"idempotent" doc:"Whether it may run again when nobody saw how it ended."`
}

type param struct {
	Description yamlfile.Value[string]          `key:"description" doc:"What it is, for people."`
	Default     yamlfile.Value[yamlfile.Scalar] `key:"default" doc:"Its value where none is given."`
	Required    yamlfile.Value[bool]            `key:"required" doc:"Whether a value must be given."`
}

// Parse reads a recipe's file; name is the file for people, uses what deploy files call it. An error is deploy.Problems.
func Parse(name, uses string, text []byte) (Recipe, error) {
	node, problems := yamlfile.Parse(name, text)
	if node == nil {
		return Recipe{}, problems
	}
	var f file
	problems = append(problems, yamlfile.Decode(node, &f)...)
	recipe := Recipe{
		Uses: uses, Name: f.Name.V, Description: strings.TrimSpace(f.Description.V),
		Run: f.Run.V, Check: f.Check.V, Undo: f.Undo.V, Stop: f.Stop.V, Log: f.Log.V, Rights: f.Rights.V, Idempotent: f.Idempotent.V,
	}
	if recipe.Name == "" {
		recipe.Name = path.Base(uses)
	}
	for _, pair := range f.Params.Pairs {
		if !paramName.MatchString(pair.Key) {
			problems = append(problems, deploy.Problem{
				At: pair.At, Message: fmt.Sprintf("`%s` cannot name a parameter", pair.Key),
				Hint: "lower-case letters, digits and _, as it becomes a shell variable",
			})
		}
		if pair.Value.Required.V && pair.Value.Default.Given() {
			problems = append(problems, deploy.Problem{
				At: pair.Value.Default.At(), Message: fmt.Sprintf("`%s` is required and has a default", pair.Key), Hint: "drop one of the two",
			})
		}
		recipe.Params = append(recipe.Params, Param{
			Name: pair.Key, Description: pair.Value.Description.V,
			Default: string(pair.Value.Default.V), Required: pair.Value.Required.V,
		})
	}
	for _, script := range []yamlfile.Value[string]{f.Run, f.Check, f.Undo, f.Stop, f.Log, f.Rights} {
		if script.Given() {
			if problem := ScriptProblem(script.Node, "sh"); problem != nil {
				problems = append(problems, *problem)
			}
			recipe.Remarks = append(recipe.Remarks, Bashisms(script.Node, "sh")...)
		}
	}
	functions, missing := functions(f.Functions, strings.HasPrefix(uses, "./"))
	problems = append(problems, missing...)
	if len(problems) > 0 {
		return Recipe{}, problems
	}
	for _, script := range []*string{&recipe.Run, &recipe.Check, &recipe.Undo, &recipe.Stop, &recipe.Log, &recipe.Rights} {
		if *script != "" {
			*script = functions + *script
		}
	}
	return recipe, nil
}

// functions is the text of recipes/functions/<name>.sh for each name. own says that the recipe is a repository's.
func functions(names []yamlfile.Value[string], own bool) (string, deploy.Problems) {
	var all strings.Builder
	var problems deploy.Problems
	for _, name := range names {
		text, err := embedded.ReadFile("recipes/functions/" + name.V + ".sh")
		if err != nil || own {
			problems = append(problems, deploy.Problem{At: name.At(), Message: "`functions` are the cookbook's own", Hint: "write them into the script"})
			continue
		}
		all.Write(text)
	}
	return all.String(), problems
}
