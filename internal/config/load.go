package config

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"slipway/internal/ci"
	"slipway/internal/deploy"
	"slipway/internal/yamlfile"
)

// Load reads the deploy file, if there is one, and the inputs, and gives the finished configuration. files is the
// working directory. An error is deploy.Problems with every mistake there is, in the order of the text.
//
// What a command needs is demanded: of deploy (the default) and rollback all there is, of other commands that go to hosts
// what it takes to reach them. The rest is judged by what is written alone; where it names none of several environments,
// every one is judged and the first is given back.
func Load(in ci.Inputs, files fs.FS, env Env) (*Config, error) {
	r := &reading{in: in, files: files, env: env, command: either(in.Command, "deploy")}
	r.file = either(in.Config, DefaultFile)
	var problems deploy.Problems
	r.inputVars, problems = parseAssignments("vars", in.Vars)
	r.problems = append(r.problems, problems...)
	r.inputSecrets, problems = parseAssignments("secrets", in.Secrets)
	r.problems = append(r.problems, problems...)
	r.readFile()
	inputs := r.inputLayer()

	var first *Config
	for _, name := range r.choose() {
		entry := r.node.Get("environments").Get(name)
		node := yamlfile.Merge(yamlfile.Merge(r.common(), entry), inputs)
		if config := r.settle(name, r.withPreset(node)); first == nil {
			first = config
		}
	}
	if len(r.problems) > 0 {
		return nil, r.sorted()
	}
	return first, nil
}

// reading is one Load at work.
type reading struct {
	in      ci.Inputs
	files   fs.FS
	env     Env
	command string
	file    string // name of the deploy file

	node         *yamlfile.Node // of the deploy file; an empty map where there is none
	whole        deployFile     // what node says, before anything is merged
	inputVars    []assignment
	inputSecrets []assignment

	problems deploy.Problems
}

func (r *reading) problem(at deploy.Position, hint, format string, args ...any) {
	r.problems = append(r.problems, deploy.Problem{At: at, Message: fmt.Sprintf(format, args...), Hint: hint})
}

// Live tells whether a command changes what is live, and so needs all that it takes to do so.
func Live(command string) bool {
	return slices.Contains([]string{"deploy", "rollback", "join"}, command)
}

func (r *reading) live() bool { return Live(r.command) }

// remote tells whether the command goes to hosts, and so must know which, and how to log in.
func (r *reading) remote() bool {
	return r.live() || slices.Contains([]string{"unlock", "hold", "unhold", "resolve"}, r.command)
}

// readFile reads and decodes the deploy file. It may be missing unless an input names it.
func (r *reading) readFile() {
	r.node = yamlfile.NewMap(deploy.Position{File: r.file, Line: 1, Column: 1})
	named := deploy.Position{File: "input config", Line: 1, Column: 1}
	name := path.Clean(r.file)
	if !fs.ValidPath(name) {
		r.problem(named, "give a path relative to the working directory", "`%s` lies outside the working directory", r.file)
		return
	}
	text, err := fs.ReadFile(r.files, name)
	switch {
	case errors.Is(err, fs.ErrNotExist) && r.in.Config == "":
		if _, err := fs.Stat(r.files, "slipway.yaml"); err == nil {
			r.problem(deploy.Position{File: "slipway.yaml"}, "rename it, or set `config: slipway.yaml`", "the deploy file is named %s", DefaultFile)
		}
		return
	case errors.Is(err, fs.ErrNotExist):
		r.problem(named, "is the repository checked out, and the path relative to its root?", "there is no file `%s`", r.file)
		return
	case err != nil:
		r.problem(named, "", "cannot read `%s`: %s", r.file, err)
		return
	}
	node, problems := yamlfile.Parse(r.file, text)
	r.problems = append(r.problems, problems...)
	switch {
	case node == nil:
		return
	case node.Kind != yamlfile.Map:
		r.problem(node.At, "it begins like `app: my-site`", "a deploy file is a map of keys, not %s", node.Kind)
		return
	case len(node.Entries) == 0 && len(problems) == 0:
		r.problem(node.At, "write it, or remove it and use inputs", "the deploy file is empty")
		return
	}
	r.node = node
	r.problems = append(r.problems, yamlfile.Decode(node, &r.whole)...)
}

// common is the file's map without its environments.
func (r *reading) common() *yamlfile.Node {
	common := *r.node
	common.Entries = slices.DeleteFunc(slices.Clone(r.node.Entries), func(e yamlfile.Entry) bool { return e.Key == "environments" })
	return &common
}

// choose tells which environments to judge: the one that is meant, or all where nobody can tell.
func (r *reading) choose() []string {
	known := r.whole.Environments.Keys()
	wanted := strings.TrimSpace(r.in.Environment)
	switch {
	case len(known) == 0:
		return []string{wanted}
	case slices.Contains(known, wanted):
		return []string{wanted}
	case wanted != "":
		r.problem(inputAt("environment"), either(yamlfile.DidYouMean(wanted, known), "there are "+strings.Join(known, ", ")),
			"%s has no environment `%s`", r.file, wanted)
	case len(known) > 1 && r.remote():
		r.problem(inputAt("environment"), "one of "+strings.Join(known, ", "), "`environment` must say which of %d is meant", len(known))
	}
	return known
}

// sorted are the problems in the order of the text: the deploy file, other files, inputs. What several environments share
// is said once.
func (r *reading) sorted() deploy.Problems {
	rank := func(p deploy.Problem) int {
		switch {
		case p.At.File == r.file:
			return 0
		case strings.HasPrefix(p.At.File, "input "):
			return 2
		}
		return 1
	}
	slices.SortStableFunc(r.problems, func(a, b deploy.Problem) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(a.At.File, b.At.File),
			cmp.Compare(a.At.Line, b.At.Line), cmp.Compare(a.At.Column, b.At.Column))
	})
	var unique deploy.Problems
	for _, p := range r.problems {
		if !slices.ContainsFunc(unique, func(other deploy.Problem) bool { return other.At == p.At && other.Message == p.Message }) {
			unique = append(unique, p)
		}
	}
	return unique
}
