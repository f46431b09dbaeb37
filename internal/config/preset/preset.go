// Package preset has the usual steps of a kind of application, and lays a deploy file over them.
//
// Terms: a preset is a piece of a deploy file, embedded; one's own steps are those that the deploy file and the inputs give.
// The package must not know what steps mean, or which environment they are for.
package preset

import (
	"cmp"
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/cookbook"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/yamlfile"
)

//go:embed *.yml
var files embed.FS

// Names are the names of the presets, sorted.
func Names() []string {
	entries, _ := files.ReadDir(".") // embedded: it is there
	names := make([]string, len(entries))
	for i, entry := range entries {
		names[i] = strings.TrimSuffix(entry.Name(), ".yml")
	}
	return names
}

// Text is a preset as it would be written into a deploy file.
func Text(name string) (text []byte, known bool) {
	text, err := files.ReadFile(name + ".yml")
	return text, err == nil
}

// Under lays settings over the preset that they name, if they name one. recipes is the working directory, with the repository's
// own: steps without a name have their recipe's.
func Under(settings *yamlfile.Node, recipes fs.FS) (*yamlfile.Node, deploy.Problems) {
	l := &layer{recipes: recipes}
	return l.under(settings), l.problems
}

// layer is one call of Under.
type layer struct {
	recipes  fs.FS
	problems deploy.Problems
}

func (l *layer) problem(at deploy.Position, hint, format string, args ...any) {
	l.problems = append(l.problems, deploy.Problem{At: at, Message: fmt.Sprintf(format, args...), Hint: hint})
}

// phases are the lists in which a preset's steps and one's own come together.
var phases = []string{"prepare", "migrate", "finish", "on_failure"}

func (l *layer) under(settings *yamlfile.Node) *yamlfile.Node {
	name := settings.Get("preset")
	if name == nil || name.Kind != yamlfile.Text {
		if skip := settings.Get("skip"); name == nil && skip != nil {
			l.problem(skip.At, "", "`skip` drops steps of a preset, and there is no `preset`")
		}
		return settings
	}
	text, known := Text(name.Text)
	if !known {
		l.problem(name.At, cmp.Or(yamlfile.DidYouMean(name.Text, Names()), "there is "+strings.Join(Names(), ", ")), "unknown preset `%s`", name.Text)
		return settings
	}
	preset, problems := yamlfile.Parse("preset "+name.Text, text)
	l.problems = append(l.problems, problems...)
	preset = preset.MovedTo(name.At)
	l.skip(settings.Get("skip"), preset)
	merged := yamlfile.Merge(preset, settings)
	own := slices.DeleteFunc(slices.Clone(merged.Entries), func(e yamlfile.Entry) bool { return settings.Get(e.Key) == nil })
	usual := slices.DeleteFunc(merged.Entries, func(e yamlfile.Entry) bool { return settings.Get(e.Key) != nil })
	merged.Entries = slices.Concat(own, usual) // for who reads it
	for i, entry := range merged.Entries {
		own, usual := settings.Get(entry.Key), preset.Get(entry.Key)
		if slices.Contains(phases, entry.Key) && own != nil && own.Kind == yamlfile.List && usual != nil {
			merged.Entries[i].Value = yamlfile.NewList(own.At, l.interleave(own.Items, usual.Items)...)
		}
	}
	return merged
}

// skip takes the steps that are not wanted out of a preset.
func (l *layer) skip(names, preset *yamlfile.Node) {
	if names == nil {
		return
	}
	var known []string
	for _, phase := range phases {
		if list := preset.Get(phase); list != nil {
			for _, item := range list.Items {
				known = append(known, l.nameOf(item))
			}
			list.Items = slices.DeleteFunc(list.Items, func(item *yamlfile.Node) bool {
				return slices.ContainsFunc(names.Items, func(n *yamlfile.Node) bool { return n.Text == l.nameOf(item) })
			})
		}
	}
	for _, name := range names.Items {
		if name.Kind == yamlfile.Text && !slices.Contains(known, name.Text) {
			l.problem(name.At, cmp.Or(yamlfile.DidYouMean(name.Text, known), "it has "+strings.Join(known, ", ")), "the preset has no step `%s`", name.Text)
		}
	}
}

// interleave puts one's own steps and a preset's together. One's own keep their order, and take the place of the preset's
// of the same name. A step of the preset that is not replaced runs right before the first of its later ones that are; where none
// after it is, right after the one before it; where none is replaced at all, after all one's own.
func (l *layer) interleave(own, usual []*yamlfile.Node) []*yamlfile.Node {
	result := slices.Clone(own)
	find := func(name string) int {
		return slices.IndexFunc(result, func(n *yamlfile.Node) bool { return l.nameOf(n) == name })
	}
	for i, item := range usual {
		if find(l.nameOf(item)) >= 0 {
			continue
		}
		at := -1
		for _, later := range usual[i+1:] {
			if found := find(l.nameOf(later)); found >= 0 && (at < 0 || found < at) {
				at = found
			}
		}
		if at < 0 && i > 0 {
			at = find(l.nameOf(usual[i-1])) + 1
		} else if at < 0 {
			at = len(result)
		}
		result = slices.Insert(result, at, item)
	}
	return result
}

// nameOf is the name that a step will have, "" when it has none yet.
func (l *layer) nameOf(step *yamlfile.Node) string {
	if name := step.Get("name"); name != nil {
		return name.Text
	}
	if uses := step.Get("uses"); uses != nil {
		if recipe, err := cookbook.Find(l.recipes, uses.Text); err == nil {
			return recipe.Name
		}
	}
	return ""
}
