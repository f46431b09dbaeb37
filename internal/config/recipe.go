package config

import (
	"cmp"
	"errors"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/config/keys"
	"github.com/slipway/slipway/internal/cookbook"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/yamlfile"
)

// recipe fills in a step from the recipe that it uses.
func (b *builder) recipe(s keys.Step, built *deploy.Step) {
	if !s.Uses.Given() {
		return // no text: a problem already
	}
	if s.Shell.Given() {
		b.problem(s.Shell.At(), "", "a recipe has its own shell")
	}
	recipe, ok := b.find(s.Uses)
	if !ok {
		return
	}
	for _, p := range recipe.Remarks {
		b.remark(p)
	}
	built.Name = cmp.Or(built.Name, recipe.Name)
	if recipe.Sends() {
		b.problem(s.Uses.At(), "add `from: runner`", "`%s` sends requests, and runs nothing on a host", s.Uses.V)
		return
	}
	b.mayStand(s.Uses, recipe)
	with, good := b.parameters(s, recipe, *built)
	if !good {
		return
	}
	scripts, err := recipe.Render(with)
	if err != nil {
		b.problem(s.Uses.At(), "", "%s", err)
	}
	if built.Phase == deploy.Activate {
		built.Stop, built.Log = scripts.Stop, scripts.Log
	}
	built.Rights, built.Preview, built.Tools = scripts.Rights, scripts.Preview, recipe.Needs(with)
	b.producedBy(recipe.Makes(with), s, built)
	built.Run, built.Check, built.Undo = scripts.Run, cmp.Or(built.Check, scripts.Check), cmp.Or(built.Undo, scripts.Undo)
	if !s.Idempotent.Given() {
		built.Idempotent = built.Idempotent || recipe.Idempotent
	}
}

// standings are the places that a recipe can be for, by the words of its `phase`, and where they are in the deploy file.
var standings = map[string]string{
	"prepare": "`prepare`", "migrate": "`migrate`", "ensure": "`ensure`", "drain": "`activate: drain`", "restart": "`activate: restart`",
	"finish": "`finish`", "on_failure": "`on_failure`",
}

// mayStand judges whether a recipe is for the place where a step uses it.
func (b *builder) mayStand(uses keys.Text, recipe cookbook.Recipe) {
	var wanted []string
	for _, word := range recipe.Phases {
		switch {
		case !word.Given():
			return // no text: a problem already
		case standings[word.V] == "":
			known := slices.Sorted(maps.Keys(standings))
			b.problem(word.At(), cmp.Or(yamlfile.DidYouMean(word.V, known), "there are "+strings.Join(known, ", ")), "no recipe can be for `%s`", word.V)
			return
		case word.V == b.standing:
			return
		}
		wanted = append(wanted, standings[word.V])
	}
	if len(wanted) > 0 {
		b.problem(uses.At(), "", "`%s` is for %s, not for %s", uses.V, strings.Join(wanted, " or "), standings[b.standing])
	}
}

// find is the recipe of a name.
func (b *builder) find(uses keys.Text) (recipe cookbook.Recipe, ok bool) {
	recipe, err := cookbook.Find(b.stepFiles, uses.V)
	var unknown *cookbook.UnknownError
	var inside deploy.Problems
	switch {
	case errors.As(err, &unknown):
		b.problem(uses.At(), unknown.Hint, "unknown recipe `%s`", uses.V)
	case errors.As(err, &inside):
		b.problems = append(b.problems, inside...)
	case err != nil:
		b.problem(uses.At(), "", "recipe `%s`: %s", uses.V, err)
	}
	return recipe, err == nil
}

// parameters are the values that a step gives to its recipe; good says that they are what it takes.
func (b *builder) parameters(s keys.Step, recipe cookbook.Recipe, built deploy.Step) (with map[string]cookbook.Value, good bool) {
	with, good = map[string]cookbook.Value{}, true
	for _, pair := range s.With.Pairs {
		with[pair.Key] = cookbook.ValueOf(pair.Value)
		at := slices.Index(recipe.Names(), pair.Key)
		if at < 0 {
			good = false
			b.problem(pair.At, cmp.Or(yamlfile.DidYouMean(pair.Key, recipe.Names()), "it has "+strings.Join(recipe.Names(), ", ")),
				"`%s` has no parameter `%s`", s.Uses.V, pair.Key)
			b.variablesOf(pair.Value, built)
			continue
		}
		if wrong := func(item keys.Scalar) bool { return !item.Given() }; pair.Value.Node == nil || slices.ContainsFunc(pair.Value.Items, wrong) {
			good = false // no text: a problem already
		} else if !b.accepts(recipe, recipe.Params[at], pair, built) {
			good = false
		}
	}
	for _, pair := range b.ofDjango(recipe) {
		if _, given := with[pair.Key]; given {
			continue
		}
		with[pair.Key] = cookbook.ValueOf(pair.Value)
		if b.refused[pair.At] || !b.accepts(recipe, recipe.Params[slices.Index(recipe.Names(), pair.Key)], pair, built) {
			good, b.refused[pair.At] = false, true // told once, not for each recipe
		}
	}
	for _, param := range recipe.Params {
		if _, given := with[param.Name]; param.Required && !given {
			good = false
			b.problem(s.Uses.At(), param.Description, "`%s` needs `with: {%s: ...}`", s.Uses.V, param.Name)
		}
	}
	return with, good
}

// ofDjango are the parameters of a recipe that the block `django` of the deploy file gives.
func (b *builder) ofDjango(recipe cookbook.Recipe) []yamlfile.Pair[cookbook.Scalars] {
	group, _, _ := strings.Cut(recipe.Uses, "/")
	if !slices.Contains([]string{"django", "celery", "database"}, group) {
		return nil
	}
	var pairs []yamlfile.Pair[cookbook.Scalars]
	give := func(name string, text keys.Text) {
		if text.Given() && slices.Contains(recipe.Names(), name) {
			value := keys.Scalar{V: yamlfile.Scalar(text.V), Node: text.Node}
			pairs = append(pairs, yamlfile.Pair[cookbook.Scalars]{Key: name, At: text.At(), Value: cookbook.Scalars{Items: []keys.Scalar{value}, Node: text.Node}})
		}
	}
	give("manage", b.django.Manage)
	give("python", b.django.Python)
	give("app", b.django.App)
	if dir := path.Dir(b.django.Manage.V); dir != "." {
		give("directory", keys.Text{V: dir, Node: b.django.Manage.Node})
	}
	return pairs
}

// variablesOf judges the variables that a value names.
func (b *builder) variablesOf(value cookbook.Scalars, built deploy.Step) (good bool) {
	good = true
	for _, item := range value.Items {
		if _, ok := b.expandable(keys.Text{V: string(item.V), Node: item.Node}, b.runsOn(built), built.Vars, append([]string{}, built.Secrets...)); !ok {
			good = false
		}
	}
	return good
}

// accepts reports whether a parameter takes a value on every host that runs the step. What nobody knows before a deployment, a secret
// or a name that Slipway gives, is judged on the host.
func (b *builder) accepts(recipe cookbook.Recipe, param cookbook.Param, written yamlfile.Pair[cookbook.Scalars], built deploy.Step) bool {
	if !b.variablesOf(written.Value, built) {
		return false
	}
	value := cookbook.ValueOf(written.Value)
	for _, h := range b.runsOn(built) {
		full, known := putIn(value, merged(h.Vars, built.Vars))
		if !known || param.Accepts(full) {
			continue
		}
		of := ""
		if full.String() != value.String() {
			of = " on " + cmp.Or(h.Name, "the hosts")
		}
		b.problem(written.At, param.Description, "`%s` of %s must be %s, not %q%s", param.Name, recipe.Uses, param.Takes(), full.String(), of)
		return false
	}
	return true
}

// putIn puts variables into a value; known says that all of them are.
func putIn(value cookbook.Value, vars map[string]string) (full cookbook.Value, known bool) {
	known = true
	put := func(text string) string {
		expanded, err := Expand(text, func(name string) (string, bool) {
			found, ok := vars[name]
			return found, ok
		})
		known = known && err == nil
		return expanded
	}
	if value.Items == nil {
		return cookbook.Text(put(value.Text)), known
	}
	full.Items = make([]string, len(value.Items))
	for i, item := range value.Items {
		full.Items[i] = put(item)
	}
	return full, known
}
