package cookbook

import (
	"cmp"
	"path"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/yamlfile"
)

// file is a recipe as it is written.
type file struct {
	Name        yamlfile.Value[string]   `key:"name" doc:"Name of the step, where the deploy file gives none."`
	Description yamlfile.Value[string]   `key:"description" doc:"What it does, for people."`
	Params      yamlfile.Dict[param]     `key:"params" doc:"Parameters, by name."`
	Run         yamlfile.Value[string]   `key:"run" doc:"POSIX script, run with sh -eu in the release."`
	Request     Requests                 `key:"request" doc:"In the place of run: the HTTP request, or several, that a step with from: runner sends: see docs/recipes.md."`
	Check       yamlfile.Value[string]   `key:"check" doc:"POSIX script that ends with 0 when the work is done, run like run."`
	Undo        yamlfile.Value[string]   `key:"undo" doc:"POSIX script that takes back what run did, run like run: of a drain, the undrain."`
	Stop        yamlfile.Value[string]   `key:"stop" doc:"POSIX script that ends what run started, run like run: of a restart, where a first deployment failed and there is nothing to go back to."`
	Log         yamlfile.Value[string]   `key:"log" doc:"POSIX script that prints the end of the program's own log, run like run: of a restart, where that or a check fails."`
	Rights      yamlfile.Value[string]   `key:"rights" doc:"POSIX script that prints the commands which the others run by sudo, a line each, run like run: doctor asks whether they are allowed."`
	Preview     yamlfile.Value[string]   `key:"preview" doc:"POSIX script that changes nothing and tells plan what run would do, run in the live release: see docs/recipes.md."`
	Phase       Words                    `key:"phase" doc:"Where it may stand: one or a list of prepare, migrate, ensure, drain, restart, finish and on_failure. Not given: anywhere."`
	Tools       []yamlfile.Value[string] `key:"tools" doc:"Programs that it needs on the host; ${name} stands for the parameter of that name."`
	Produces    []yamlfile.Value[string] `key:"produces" doc:"Files and folders that it makes in the release, of a step of prepare that runs once: the other hosts get them. ${name} stands for the parameter of that name."`
	Example     yamlfile.Value[string]   `key:"example" doc:"A piece of a deploy file that uses it, for people."`
	Functions   []yamlfile.Value[string] `key:"functions" doc:"Functions that the scripts use; only of the cookbook's own recipes."`
	Idempotent  yamlfile.Value[bool]     `key:"idempotent" doc:"Whether it may run again when nobody saw how it ended."`
}

type param struct {
	Description yamlfile.Value[string]   `key:"description" doc:"What it is, for people."`
	Type        yamlfile.Value[string]   `key:"type" default:"string" enum:"string,integer,boolean,duration,list,path" doc:"What it takes."`
	OneOf       []yamlfile.Value[string] `key:"one_of" doc:"Of a string: all that it may be."`
	Where       yamlfile.Value[string]   `key:"where" default:"release" enum:"release,absolute,anywhere" doc:"Of a path: where it may lead."`
	Default     Scalars                  `key:"default" doc:"Its value where none is given."`
	Required    yamlfile.Value[bool]     `key:"required" doc:"Whether a value must be given."`
}

// Requests are one request, or a list of them.
type Requests = yamlfile.OneOrMore[requestText]

// Words are one word, or a list of them.
type Words = yamlfile.OneOrMore[yamlfile.Value[string]]

// Scalars is a value as YAML has it: a text, a number, true or false, or a list of them.
type Scalars = yamlfile.OneOrMore[yamlfile.Value[yamlfile.Scalar]]

// ValueOf is what was written for a parameter.
func ValueOf(written Scalars) Value {
	if written.Node == nil {
		return Value{}
	}
	texts := make([]string, len(written.Items))
	for i, item := range written.Items {
		texts[i] = string(item.V)
		if item.Node != nil && item.Node.Kind == yamlfile.Boolean {
			texts[i] = strings.ToLower(texts[i])
		}
	}
	if written.Node.Kind == yamlfile.List {
		return Value{Items: texts}
	}
	return Text(texts[0])
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
		Uses: uses, Name: cmp.Or(f.Name.V, path.Base(uses)), Description: strings.TrimSpace(f.Description.V),
		Run: f.Run.V, Check: f.Check.V, Undo: f.Undo.V, Stop: f.Stop.V, Log: f.Log.V, Rights: f.Rights.V, Preview: f.Preview.V,
		Example: f.Example.V, Idempotent: f.Idempotent.V, Phases: f.Phase.Items,
	}
	for _, pair := range f.Params.Pairs {
		p, wrong := pair.Value.read(pair.Key, pair.At)
		recipe.Params = append(recipe.Params, p)
		problems = append(problems, wrong...)
	}
	for _, tool := range f.Tools {
		recipe.Tools = append(recipe.Tools, tool.V)
		problems = append(problems, recipe.badTool(tool)...)
	}
	for _, made := range f.Produces {
		recipe.Produces = append(recipe.Produces, made.V)
		problems = append(problems, recipe.badProduct(made)...)
	}
	for _, script := range []yamlfile.Value[string]{f.Run, f.Check, f.Undo, f.Stop, f.Log, f.Rights, f.Preview} {
		if script.Given() {
			if problem := ScriptProblem(script.Node, "sh"); problem != nil {
				problems = append(problems, *problem)
			}
			recipe.Remarks = append(recipe.Remarks, Bashisms(script.Node, "sh")...)
		}
	}
	problems = append(problems, recipe.readRequests(node, f.Request)...)
	functions, missing := functions(f.Functions, strings.HasPrefix(uses, "./"))
	problems = append(problems, missing...)
	if len(problems) > 0 {
		return Recipe{}, problems
	}
	for _, script := range []*string{&recipe.Run, &recipe.Check, &recipe.Undo, &recipe.Stop, &recipe.Log, &recipe.Rights, &recipe.Preview} {
		if *script != "" {
			*script = functions + *script
		}
	}
	return recipe, nil
}

// read is a parameter, and what is wrong with how it is declared.
func (w param) read(name string, at deploy.Position) (Param, deploy.Problems) {
	p := Param{
		Name: name, Description: w.Description.V, Type: Type(w.Type.V), Where: w.Where.V, Default: ValueOf(w.Default), Required: w.Required.V,
	}
	for _, word := range w.OneOf {
		p.OneOf = append(p.OneOf, word.V)
	}
	var problems deploy.Problems
	add := func(at deploy.Position, message, hint string) {
		problems = append(problems, deploy.Problem{At: at, Message: "`" + name + "` " + message, Hint: hint})
	}
	if !paramName.MatchString(name) {
		add(at, "cannot name a parameter", "lower-case letters, digits and _, as it becomes a shell variable")
	}
	if len(p.OneOf) > 0 && p.Type != String {
		add(w.OneOf[0].At(), "is no string, and has `one_of`", "drop one of the two")
	}
	if w.Where.Given() && p.Type != Path {
		add(w.Where.At(), "is no path, and has `where`", "`type: path`")
	}
	switch {
	case w.Default.Node == nil:
	case p.Required:
		add(w.Default.Node.At, "is required and has a default", "drop one of the two")
	case !p.Accepts(p.Default) && !p.Default.live():
		add(w.Default.Node.At, "has a default that it does not take: it must be "+p.Takes(), "")
	}
	return p, problems
}

// functions is the text of recipes/functions/<name>.sh for each name. <name>.py comes as the function <name>_py, which prints it:
// a recipe that works with Python gives it to an interpreter. own says that the recipe is a repository's.
func functions(names []yamlfile.Value[string], own bool) (string, deploy.Problems) {
	var all strings.Builder
	var problems deploy.Problems
	for _, name := range names {
		python, isPython := strings.CutSuffix(name.V, ".py")
		file := name.V + ".sh"
		if isPython {
			file = name.V
		}
		text, err := embedded.ReadFile("recipes/functions/" + file)
		switch {
		case err != nil || own:
			problems = append(problems, deploy.Problem{At: name.At(), Message: "`functions` are the cookbook's own", Hint: "write them into the script"})
		case isPython:
			all.WriteString(python + "_py() {\n\tcat <<'PYTHON'\n" + string(text) + "PYTHON\n}\n")
		default:
			all.Write(text)
		}
	}
	return all.String(), problems
}
