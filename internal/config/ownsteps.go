package config

import (
	"errors"
	"io/fs"
	"path"
	"slices"

	"slipway/internal/config/keys"
	"slipway/internal/yamlfile"
)

// stepKeys are what an artifact of another commit says by its own deploy file, where it carries one. All else, hosts and policy among
// it, is the checkout's.
var stepKeys = []string{"django", "preset", "skip", "prepare", "migrate", "ensure", "activate", "finish", "on_failure"}

// ownSteps takes the steps from the artifact's own deploy file.
func (l *loader) ownSteps() {
	if l.env.Artifact == nil || len(l.problems) > 0 {
		return
	}
	text, err := fs.ReadFile(l.env.Artifact, path.Clean(l.file))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return
	case err != nil:
		l.problem(inputAt("github_artifact"), "", "cannot read `%s` of the artifact: %s", l.file, err)
		return
	}
	const of = " of the artifact"
	node := l.parse(l.file+of, text)
	if node == nil {
		return
	}
	l.node, l.stepFiles, l.ownStepsTaken = withSteps(l.node, l.extended(node, l.env.Artifact, of)), l.env.Artifact, true
	l.whole = keys.File{}
	l.problems = append(l.problems, yamlfile.Decode(l.node, &l.whole)...)
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
			entry.Value = eachWithSteps(entry.Value, steps.Get("environments"))
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

func eachWithSteps(policy, steps *yamlfile.Node) *yamlfile.Node {
	made := yamlfile.NewMap(policy.At)
	for _, entry := range policy.Entries {
		if entry.Value.Kind == yamlfile.Map {
			entry.Value = withSteps(entry.Value, steps.Get(entry.Key))
		}
		made.Entries = append(made.Entries, entry)
	}
	return made
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
