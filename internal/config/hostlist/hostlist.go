// Package hostlist reads hosts as people write them in one text: addresses, user@host:port, with words behind them, several in
// a line, and the names that hosts and roles may have.
//
// The package must not know which words there are, or what a host is for.
package hostlist

import (
	"strings"

	"github.com/slipway/slipway/internal/lazyregexp"
	"github.com/slipway/slipway/internal/yamlfile"
)

var (
	hostName = lazyregexp.New(`^[A-Za-z0-9:\[][A-Za-z0-9._:%\[\]-]*$`) // an IPv6 address is one, too
	roleName = lazyregexp.New(`^[A-Za-z][A-Za-z0-9_-]*$`)
)

// IsHostName reports whether a text can name a host.
func IsHostName(text string) bool { return hostName.MatchString(text) }

// IsRole reports whether a text can name a role.
func IsRole(text string) bool { return roleName.MatchString(text) }

// Split takes a text of hosts apart: at semicolons, at commas that are not in roles=web,db, and before each further
// word that says who logs in. What stands behind # is a comment.
func Split(n *yamlfile.Node) []*yamlfile.Node {
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
		if len(found) > 0 && separator == ',' && IsRole(first) && inRoles(found[len(found)-1].text) {
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
		for _, word := range Words(yamlfile.NewText(e.text, at)) {
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

// Words are the words of a text with their places.
func Words(n *yamlfile.Node) []*yamlfile.Node {
	var found []*yamlfile.Node
	column := 1
	rest := n.Text
	for {
		trimmed := strings.TrimLeft(rest, " \t")
		column += len(rest) - len(trimmed)
		if trimmed == "" {
			return found
		}
		end := strings.IndexAny(trimmed, " \t")
		if end < 0 {
			end = len(trimmed)
		}
		found = append(found, yamlfile.NewText(trimmed[:end], n.Inside(1, column)))
		column += end
		rest = trimmed[end:]
	}
}
