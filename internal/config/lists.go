package config

import (
	"regexp"
	"strings"

	"slipway/internal/deploy"
	"slipway/internal/yamlfile"
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
	yamlList  = regexp.MustCompile(`^\s*(\[|\{|-\s|-$)`)
	bracketed = regexp.MustCompile(`^\s*\[[0-9A-Fa-f:.%]*\]`) // an IPv6 address
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

// inputHosts is an input of hosts, each an entry of its own, however several were put in one line.
func (l *loader) inputHosts(name, value string) *yamlfile.Node {
	list := *l.inputList(name, value)
	var items []*yamlfile.Node
	for _, item := range list.Items {
		if item.Kind == yamlfile.Text {
			items = append(items, splitHosts(item)...)
		} else {
			items = append(items, item)
		}
	}
	list.Items = items
	return &list
}

// splitHosts takes a text of hosts apart: at semicolons, at commas that are not in roles=web,db, and before each further
// word that says who logs in. What stands behind # is a comment.
func splitHosts(n *yamlfile.Node) []*yamlfile.Node {
	text, _, _ := strings.Cut(n.Text, " #")
	type entry struct {
		text  string
		start int
	}
	var found []entry
	start, separator := 0, byte(';')
	take := func(end int) {
		piece := strings.TrimSpace(text[start:end])
		if piece == "" {
			return
		}
		at := start + strings.Index(text[start:end], piece)
		first, _, _ := strings.Cut(piece, " ")
		if len(found) > 0 && separator == ',' && roleName.MatchString(first) && inRoles(found[len(found)-1].text) {
			found[len(found)-1].text += "," + piece
			return
		}
		found = append(found, entry{piece, at})
	}
	for i := range len(text) {
		if text[i] == ';' || text[i] == ',' {
			take(i)
			start, separator = i+1, text[i]
		}
	}
	take(len(text))
	var hosts []*yamlfile.Node
	for _, e := range found {
		var current []string
		at := n.Inside(1, e.start+1)
		for _, word := range words(yamlfile.NewText(e.text, at)) {
			if len(current) > 0 && hasUser(word.Text) {
				hosts = append(hosts, yamlfile.NewText(strings.Join(current, " "), at))
				current, at = nil, word.At
			}
			current = append(current, word.Text)
		}
		hosts = append(hosts, yamlfile.NewText(strings.Join(current, " "), at))
	}
	return hosts
}

// hasUser reports whether a word says who logs in, as the first of every host does.
func hasUser(word string) bool {
	before, _, ok := strings.Cut(word, "@")
	return ok && !strings.Contains(before, "=")
}

// inRoles reports whether a text ends in a list of roles.
func inRoles(text string) bool {
	return strings.HasPrefix(text[strings.LastIndexAny(text, " \t")+1:], "roles=")
}
