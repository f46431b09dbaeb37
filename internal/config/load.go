package config

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/config/assignments"
	"github.com/slipway/slipway/internal/config/keys"
	"github.com/slipway/slipway/internal/config/preset"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/yamlfile"
)

// Load reads the deploy file, if there is one, and the inputs, and gives the finished configuration. files is the
// working directory. An error is deploy.Problems with every mistake there is, in the order of the text.
//
// What a command needs is demanded: of deploy (the default) and rollback all there is, of other commands that go to hosts
// what it takes to reach them. The rest is judged by what is written alone; where it names none of several environments,
// every one is judged and the first is given back.
func Load(in ci.Inputs, files fs.FS, env Env) (*Config, error) {
	l := newLoader(in, files, env)
	configs := l.load(l.choose())
	if len(l.problems) > 0 {
		return nil, l.sorted()
	}
	return configs[0], nil
}

// LoadAll is Load for every environment of the deploy file: first the one that is meant, if one is. The others are judged by the
// file alone, for the inputs are of that one.
func LoadAll(in ci.Inputs, files fs.FS, env Env) ([]*Config, error) {
	l := newLoader(in, files, env)
	meant := l.choose()
	configs := l.load(meant)
	others := slices.DeleteFunc(l.whole.Environments.Keys(), func(name string) bool { return slices.Contains(meant, name) })
	l.in = ci.Inputs{Command: in.Command, Config: in.Config}
	l.inputVars, l.inputSecrets = nil, nil
	configs = append(configs, l.load(others)...)
	if len(l.problems) > 0 {
		return nil, l.sorted()
	}
	return configs, nil
}

// Written is the deploy file of one environment in full: with the file that it extends, its entry, the preset and the inputs put into
// it. It is a deploy file, too.
type Written struct{ Environment, Text string }

// Write gives that of the environment that is meant, or of each where nobody can tell. Load has found no mistake.
func Write(in ci.Inputs, files fs.FS, env Env) []Written {
	l := newLoader(in, files, env)
	inputs := l.inputLayer()
	var all []Written
	for _, name := range l.choose() {
		all = append(all, Written{name, lacking(l.settings(name, inputs), "preset", "skip").Print()})
	}
	return all
}

// Environments are the names of the deploy file's environments, as far as it can be read.
func Environments(in ci.Inputs, files fs.FS) []string {
	return newLoader(ci.Inputs{Command: "validate", Config: in.Config}, files, Env{}).whole.Environments.Keys()
}

// FileOf is the name of the deploy file that inputs mean.
func FileOf(in ci.Inputs) string { return cmp.Or(in.Config, DefaultFile) }

// loader is one call of Load.
type loader struct {
	in      ci.Inputs
	files   fs.FS
	env     Env
	command string
	file    string // name of the deploy file

	tree fs.FS  // in which the deploy file lies, and what it extends
	of   string // behind the names of its files, where they are not those of the working directory

	node         *yamlfile.Node // of the deploy file; an empty map where there is none
	unread       bool           // the deploy file is there, or should be, and could not be read: what it says nobody knows
	whole        keys.File      // what node says, before anything is merged
	ssh          sshHosts       // what the input ssh_config says
	elements     elements       // of files of hosts
	inputVars    []assignments.Assignment
	inputSecrets []assignments.Assignment

	stepFiles     fs.FS // where recipes and certificates of steps lie: in files, or in the artifact whose own steps are taken
	ownStepsTaken bool

	problems deploy.Problems
}

// newLoader reads the deploy file and the inputs that are lists of variables.
func newLoader(in ci.Inputs, files fs.FS, env Env) *loader {
	l := &loader{in: in, files: files, tree: files, env: env, command: cmp.Or(in.Command, "deploy"), elements: elements{}}
	if env.Policy != nil {
		l.tree, l.of = env.Policy, ofPolicy
	}
	l.stepFiles = l.tree
	l.file = env.Inside(FileOf(in))
	var problems deploy.Problems
	l.inputVars, problems = assignments.Parse("vars", in.Vars)
	l.problems = append(l.problems, problems...)
	l.inputSecrets, problems = assignments.Parse("secrets", in.Secrets)
	l.problems = append(l.problems, problems...)
	l.readFile()
	l.readSSHConfig()
	l.ownSteps()
	l.joined()
	l.expressions()
	l.trusted()
	return l
}

// load makes the configurations of environments.
func (l *loader) load(environments []string) []*Config {
	inputs := l.inputLayer()
	var configs []*Config
	for _, name := range environments {
		configs = append(configs, l.build(name, l.settings(name, inputs)))
	}
	return configs
}

// settings are what file, environment entry, preset and inputs say together.
func (l *loader) settings(environment string, inputs *yamlfile.Node) *yamlfile.Node {
	entry := l.node.Get("environments").Get(environment)
	node, problems := preset.Under(l.withHosts(over(over(l.common(), entry), inputs)), l.stepFiles)
	l.problems = append(l.problems, problems...)
	return node
}

func (l *loader) problem(at deploy.Position, hint, format string, args ...any) {
	l.problems = append(l.problems, deploy.Problem{At: at, Message: fmt.Sprintf(format, args...), Hint: hint})
}

// Live reports whether a command changes what is live, and so needs all that it takes to do so.
func Live(command string) bool {
	return slices.Contains([]string{"deploy", "rollback", "promote", "join"}, command)
}

// TakesArtifact reports whether a command brings an artifact to the hosts.
func TakesArtifact(command string) bool { return Live(command) && command != "rollback" }

func (l *loader) live() bool { return Live(l.command) }

// remote reports whether the command goes to hosts, and so must know which, and how to log in.
func (l *loader) remote() bool {
	return l.live() || slices.Contains([]string{"plan", "unlock", "hold", "unhold", "resolve", "status", "history", "logs", "doctor"}, l.command) || upkeep(l.command)
}

// readFile reads the deploy file, lays it over the one that it extends, and decodes the whole. It may be missing unless an input
// names it.
func (l *loader) readFile() {
	l.node = yamlfile.NewMap(deploy.Position{File: l.file, Line: 1, Column: 1})
	l.unread = true
	named := deploy.InInput("config", 1, 1)
	name := path.Clean(l.file)
	if !fs.ValidPath(name) {
		l.problem(named, "give a path relative to the working directory"+below(l.env.Dirs), "`%s` lies outside the working directory", l.file)
		return
	}
	text, err := fs.ReadFile(l.tree, name)
	switch {
	case errors.Is(err, fs.ErrNotExist) && l.env.Policy != nil:
		l.problem(inputAt("policy_from"), "merge one there first; if it is there, give the job `permissions: {contents: read}`", "the branch has no file `%s`", name)
		return
	case err != nil && l.env.Policy != nil:
		l.problems = append(l.problems, notRead(err, l.file))
		return
	case errors.Is(err, fs.ErrNotExist) && l.in.Config == "":
		l.unread = false
		if _, err := fs.Stat(l.files, "slipway.yaml"); err == nil {
			l.unread = true
			l.problem(deploy.Position{File: "slipway.yaml"}, "rename it, or set `config: slipway.yaml`", "the deploy file is named %s", DefaultFile)
		}
		return
	case errors.Is(err, fs.ErrNotExist):
		l.problem(named, "is the repository checked out, and the path relative to its root?", "there is no file `%s`", l.file)
		return
	case err != nil:
		l.problem(named, "", "%s", unreadable(l.file, err))
		return
	}
	if node := l.parse(l.file+l.of, text); node != nil {
		l.unread = false
		l.node = l.extended(node, l.tree, l.of)
		l.problems = append(l.problems, yamlfile.Decode(l.node, &l.whole)...)
	}
}

// parse reads the text of a deploy file. Nil: it is none.
func (l *loader) parse(file string, text []byte) *yamlfile.Node {
	node, problems := yamlfile.Parse(file, text)
	l.problems = append(l.problems, problems...)
	switch {
	case node == nil:
		return nil
	case node.Kind != yamlfile.Map:
		l.problem(node.At, "it begins like `app: my-site`", "a deploy file is a map of keys, not %s", node.Kind)
		return nil
	case len(node.Entries) == 0 && len(problems) == 0:
		l.problem(node.At, "write it, or remove it and use inputs", "the deploy file is empty")
		return nil
	}
	return node
}

// below says where the working directory is.
func below(dirs []string) string {
	if len(dirs) == 0 {
		return ""
	}
	return ", which is " + dirs[0]
}

// common is the file's map without what only a whole file has.
func (l *loader) common() *yamlfile.Node {
	return lacking(l.node, "extends", "environments")
}

// choose gives the environments to judge: the one that is meant, or all where nobody can tell.
func (l *loader) choose() []string {
	known := l.whole.Environments.Keys()
	wanted := strings.TrimSpace(l.in.Environment)
	switch {
	case len(known) == 0:
		return []string{wanted}
	case slices.Contains(known, wanted):
		return []string{wanted}
	case wanted != "":
		l.problem(inputAt("environment"), alternatives(wanted, known), "%s has no environment `%s`", l.file, wanted)
	case len(known) > 1 && l.remote():
		l.problem(inputAt("environment"), "one of "+strings.Join(known, ", "), "`environment` must say which of %d is meant", len(known))
	}
	return known
}

// alternatives are what a name that is not known may have been meant for: the one that is most like it, and all that there are.
func alternatives(name string, known []string) string {
	if len(known) == 0 {
		return "it has no `environments`"
	}
	return strings.TrimSpace(yamlfile.DidYouMean(name, known) + " there are " + someOf(known))
}

// someOf lists names, of very many the first.
func someOf(names []string) string {
	const most = 20
	list := strings.Join(names[:min(len(names), most)], ", ")
	if len(names) > most {
		list += fmt.Sprintf(" and %d more", len(names)-most)
	}
	return list
}

// sorted are the problems in the order of the text: the deploy file, other files, inputs. What several environments share
// is said once.
func (l *loader) sorted() deploy.Problems {
	rank := func(p deploy.Problem) int {
		switch {
		case p.At.File == l.file+l.of:
			return 0
		case p.At.IsInput():
			return 2
		}
		return 1
	}
	slices.SortStableFunc(l.problems, func(a, b deploy.Problem) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(a.At.File, b.At.File),
			cmp.Compare(a.At.Line, b.At.Line), cmp.Compare(a.At.Column, b.At.Column))
	})
	var unique deploy.Problems
	for _, p := range l.problems {
		p.Message = l.elements.numbered(p)
		if !slices.ContainsFunc(unique, func(other deploy.Problem) bool { return other.At == p.At && other.Message == p.Message }) {
			unique = append(unique, p)
		}
	}
	return unique
}
