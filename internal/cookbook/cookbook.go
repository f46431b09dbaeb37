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

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/yamlfile"
)

//go:embed recipes/*/*.yml recipes/functions/*.sh recipes/functions/*.py
var embedded embed.FS

// Recipe is a step that a deploy file can use by name.
type Recipe struct {
	Uses        string // as a deploy file names it: "django/migrate", "./deploy/recipes/warm-cache"
	Name        string // of the step, where that gives none: "Migrate"
	Description string
	Params      []Param // in the order of the recipe's file
	Run         string  // POSIX sh, run with `sh -eu`; "" of one that sends requests
	Check       string  // POSIX sh with the same parameters: exit 0 says that the work is done; "" where nothing can tell
	Undo        string  // POSIX sh with the same parameters: takes back what Run did; "" where nothing does
	Stop        string  // POSIX sh with the same parameters: ends what Run started; "" where nothing does
	Log         string  // POSIX sh with the same parameters: prints the end of the program's own log; "" where nothing does
	Rights      string  // POSIX sh with the same parameters: prints the commands that it runs by sudo, a line each; "" where it runs none
	Preview     string  // POSIX sh with the same parameters, which changes nothing: run in the live release, says what Run would do; "" where nothing can tell
	Example     string  // a piece of a deploy file that uses it
	Idempotent  bool    // may run again when nobody saw how it ended

	Produces []string // what it makes in the release, for hosts that do not run it; ${name} stands for a parameter

	Tools  []string                 // programs that it needs on the host; ${name} stands for a parameter
	Phases []yamlfile.Value[string] // where it may stand, as it was written: who knows the phases judges them; none is anywhere

	Remarks deploy.Problems // Bashisms of its scripts

	requests []requestText // in the place of scripts: sent from the runner
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
			hint = alike(uses, known)
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

// alike is what there is in the group of a name that is no recipe's, or where all recipes are listed.
func alike(uses string, known []string) string {
	group, _, _ := strings.Cut(uses, "/")
	of := slices.DeleteFunc(slices.Clone(known), func(name string) bool { return !strings.HasPrefix(name, group+"/") })
	if len(of) == 0 {
		return "docs/recipes.md lists them; your own begin with ./"
	}
	return "there are " + strings.Join(of, ", ")
}

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
