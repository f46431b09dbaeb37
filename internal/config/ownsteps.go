package config

import (
	"errors"
	"io/fs"
	"path"
	"slices"

	"github.com/slipway/slipway/internal/config/keys"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/yamlfile"
)

// stepKeys are what an artifact of another commit says by its own deploy file, where it carries one. All else, hosts and policy among
// it, is the checkout's.
var stepKeys = []string{"django", "preset", "skip", "prepare", "migrate", "ensure", "activate", "finish", "on_failure"}

// What stands behind the name of a file that is not the working directory's.
const (
	ofArtifact = " of the artifact"
	ofPolicy   = " of policy_from"
)

// ownSteps takes the steps from the artifact's own deploy file; before it, where the deploy file is another branch's, from the checkout's.
func (l *loader) ownSteps() {
	if l.env.Policy != nil {
		l.stepsFrom(l.files, "", "config")
	}
	if l.env.Artifact != nil {
		l.ownStepsTaken = l.stepsFrom(l.env.Artifact, ofArtifact, "github_artifact")
	}
}

// stepsFrom takes the steps from the deploy file of a tree, which an input brought, and reports whether it has one.
func (l *loader) stepsFrom(tree fs.FS, of, input string) bool {
	if len(l.problems) > 0 {
		return false
	}
	text, err := fs.ReadFile(tree, path.Clean(l.file))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false
	case err != nil:
		l.problem(inputAt(input), "", "cannot read `%s`%s: %s", l.file, of, err)
		return false
	}
	node := l.parse(l.file+of, text)
	if node == nil {
		return false
	}
	steps := l.extended(node, tree, of)
	if l.env.Policy != nil {
		steps = withoutSecrets(steps)
	}
	l.node, l.stepFiles = withSteps(l.node, steps), tree
	l.whole = keys.File{}
	l.problems = append(l.problems, yamlfile.Decode(l.node, &l.whole)...)
	return true
}

// withoutSecrets is a deploy file that names no secrets for all steps: which there are is policy.
func withoutSecrets(file *yamlfile.Node) *yamlfile.Node {
	made := lacking(file, "secrets")
	for i, entry := range made.Entries {
		if entry.Key == "environments" && entry.Value.Kind == yamlfile.Map {
			each := yamlfile.NewMap(entry.Value.At)
			for _, environment := range entry.Value.Entries {
				environment.Value = lacking(environment.Value, "secrets")
				each.Entries = append(each.Entries, environment)
			}
			made.Entries[i].Value = each
		}
	}
	return made
}

// notRead says why a file of another branch could not be read.
func notRead(err error, file string) deploy.Problem {
	p := deploy.Problem{At: inputAt("policy_from"), Message: unreadable(file, err)}
	var failure *deploy.Error
	if errors.As(err, &failure) {
		p.Message, p.Hint = failure.Cause.Error(), failure.Hint
	}
	return p
}

// withSteps is a deploy file, or an entry of its environments, with the steps of another one. The variables of both hold, and a step
// sees the secrets that either names.
func withSteps(policy, steps *yamlfile.Node) *yamlfile.Node {
	made := yamlfile.NewMap(policy.At)
	for _, entry := range policy.Entries {
		switch {
		case slices.Contains(stepKeys, entry.Key):
			continue
		case entry.Key == "environments":
			entry.Value = eachWithSteps(entry.Value, steps.Get("environments"), policy.Get("vars"))
		}
		made.Entries = append(made.Entries, entry)
	}
	if steps == nil {
		return made
	}
	for _, entry := range steps.Entries {
		own := policy.Get(entry.Key)
		switch {
		case slices.Contains(stepKeys, entry.Key):
		case entry.Key == "vars":
			entry.Value = yamlfile.Merge(entry.Value, own)
		case entry.Key == "secrets" && own != nil:
			entry.Value = yamlfile.NewList(own.At, distinct(own.Items, entry.Value.Items)...)
		case entry.Key == "secrets":
		default:
			continue
		}
		made = yamlfile.Merge(made, yamlfile.NewMap(made.At, entry))
	}
	return made
}

// eachWithSteps is that of each entry. vars are those of the whole deploy file, over which no entry of the steps' file puts its own.
func eachWithSteps(policy, steps, vars *yamlfile.Node) *yamlfile.Node {
	made := yamlfile.NewMap(policy.At)
	for _, entry := range policy.Entries {
		if entry.Value.Kind == yamlfile.Map {
			entry.Value = withSteps(entry.Value, withoutVars(steps.Get(entry.Key), vars))
		}
		made.Entries = append(made.Entries, entry)
	}
	return made
}

// withoutVars is an entry of environments that lacks variables of a map.
func withoutVars(entry, vars *yamlfile.Node) *yamlfile.Node {
	own := entry.Get("vars")
	if own == nil || vars == nil {
		return entry
	}
	var names []string
	for _, v := range vars.Entries {
		names = append(names, v.Key)
	}
	left := lacking(entry, "vars")
	left.Entries = append(left.Entries, yamlfile.Entry{Key: "vars", Value: lacking(own, names...)})
	return left
}

// distinct are the items of both lists, each text once.
func distinct(first, second []*yamlfile.Node) []*yamlfile.Node {
	list := slices.Clone(first)
	for _, item := range second {
		if !slices.ContainsFunc(list, func(n *yamlfile.Node) bool { return n.Text == item.Text }) {
			list = append(list, item)
		}
	}
	return list
}
