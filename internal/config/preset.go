package config

import (
	"cmp"
	"embed"
	"slices"
	"strings"

	"slipway/internal/cookbook"
	"slipway/internal/yamlfile"
)

//go:embed presets/*.yml
var presetFiles embed.FS

// Presets are the names of the presets, sorted.
func Presets() []string {
	entries, _ := presetFiles.ReadDir("presets") // embedded: it is there
	names := make([]string, len(entries))
	for i, entry := range entries {
		names[i] = strings.TrimSuffix(entry.Name(), ".yml")
	}
	return names
}

// presetPhases are the lists in which a preset's steps and one's own come together.
var presetPhases = []string{"prepare", "migrate", "finish", "on_failure"}

// withPreset lays the settings over the preset that they name.
func (l *loader) withPreset(settings *yamlfile.Node) *yamlfile.Node {
	name := settings.Get("preset")
	if name == nil || name.Kind != yamlfile.Text {
		if skip := settings.Get("skip"); name == nil && skip != nil {
			l.problem(skip.At, "", "`skip` drops steps of a preset, and there is no `preset`")
		}
		return settings
	}
	text, err := presetFiles.ReadFile("presets/" + name.Text + ".yml")
	if err != nil {
		l.problem(name.At, cmp.Or(yamlfile.DidYouMean(name.Text, Presets()), "there is "+strings.Join(Presets(), ", ")), "unknown preset `%s`", name.Text)
		return settings
	}
	preset, problems := yamlfile.Parse("preset "+name.Text, text)
	l.problems = append(l.problems, problems...)
	preset = preset.MovedTo(name.At)
	l.skip(settings.Get("skip"), preset)
	merged := yamlfile.Merge(preset, settings)
	for i, entry := range merged.Entries {
		own, usual := settings.Get(entry.Key), preset.Get(entry.Key)
		if slices.Contains(presetPhases, entry.Key) && own != nil && own.Kind == yamlfile.List && usual != nil {
			merged.Entries[i].Value = yamlfile.NewList(own.At, l.interleave(own.Items, usual.Items)...)
		}
	}
	return merged
}

// skip takes the steps that are not wanted out of a preset.
func (l *loader) skip(names, preset *yamlfile.Node) {
	if names == nil {
		return
	}
	var known []string
	for _, phase := range presetPhases {
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
func (l *loader) interleave(own, usual []*yamlfile.Node) []*yamlfile.Node {
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
func (l *loader) nameOf(step *yamlfile.Node) string {
	if name := step.Get("name"); name != nil {
		return name.Text
	}
	if uses := step.Get("uses"); uses != nil {
		if recipe, err := cookbook.Find(l.files, uses.Text); err == nil {
			return recipe.Name
		}
	}
	return ""
}
