package config

import (
	"strings"

	"github.com/slipway/slipway/internal/config/hostlist"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/lazyregexp"
	"github.com/slipway/slipway/internal/yamlfile"
)

// inputList is an input that is a list: one entry a line, less blank lines and comments; or as YAML or JSON write a list,
// as CIs hand one over.
func (l *loader) inputList(name, value string) *yamlfile.Node {
	if !yamlList.MatchString(value) || bracketed.MatchString(value) {
		return inputLines(name, value)
	}
	node, problems := yamlfile.Parse(inputAt(name).File, []byte(value))
	l.problems = append(l.problems, problems...)
	switch {
	case node == nil:
		return yamlfile.NewList(inputAt(name))
	case node.Kind != yamlfile.List:
		return yamlfile.NewList(node.At, node)
	}
	return node
}

var (
	yamlList  = lazyregexp.New(`^\s*(\[|\{|-\s|-$)`)
	bracketed = lazyregexp.New(`^\s*\[[0-9A-Fa-f:.%]+\]`) // an IPv6 address
)

// inputLines are the lines of an input, less blank ones and comments.
func inputLines(name, value string) *yamlfile.Node {
	list := yamlfile.NewList(inputAt(name))
	for i, line := range strings.Split(value, "\n") {
		trimmed := strings.TrimSpace(line)
		if trimmed == "" || strings.HasPrefix(trimmed, "#") {
			continue
		}
		at := deploy.InInput(name, i+1, strings.Index(line, trimmed)+1)
		list.Items = append(list.Items, yamlfile.NewText(trimmed, at))
	}
	return list
}

// inputMap is an input that is a map, as YAML or JSON write one. Nil: it is none, which was told.
func (l *loader) inputMap(name, value, hint string) *yamlfile.Node {
	node, problems := yamlfile.Parse(inputAt(name).File, []byte(value))
	l.problems = append(l.problems, problems...)
	switch {
	case node == nil:
		return nil
	case node.Kind != yamlfile.Map:
		l.problem(node.At, hint, "`%s` must be a map, not %s", name, node.Kind)
		return nil
	}
	return node
}

// inputPaths is an input of paths, of which a line may have several between commas. The deploy file takes paths with commas.
func (l *loader) inputPaths(name, value string) *yamlfile.Node {
	list := *l.inputList(name, value)
	var items []*yamlfile.Node
	for _, item := range list.Items {
		if item.Kind != yamlfile.Text {
			items = append(items, item)
			continue
		}
		column := 1
		for piece := range strings.SplitSeq(item.Text, ",") {
			if trimmed := strings.TrimSpace(piece); trimmed != "" {
				items = append(items, yamlfile.NewText(trimmed, item.Inside(1, column+strings.Index(piece, trimmed))))
			}
			column += len(piece) + 1
		}
	}
	list.Items = items
	return &list
}

// inputHosts is an input of hosts, each an entry of its own, however several were put in one line.
func (l *loader) inputHosts(name, value string) *yamlfile.Node {
	list := *l.inputList(name, value)
	var items []*yamlfile.Node
	for _, item := range list.Items {
		if item.Kind == yamlfile.Text {
			items = append(items, hostlist.Split(item)...)
		} else {
			items = append(items, item)
		}
	}
	list.Items = items
	return &list
}
