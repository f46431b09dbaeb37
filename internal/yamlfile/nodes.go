package yamlfile

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"

	"github.com/slipway/slipway/internal/deploy"
)

// at is where a node begins. Maps are tokens at their first colon; people look for the first key.
func (p *reader) at(n ast.Node) deploy.Position {
	switch n := n.(type) {
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return p.at(n.Values[0])
		}
	case *ast.MappingValueNode:
		return p.at(n.Key)
	}
	position := deploy.Position{File: p.file, Line: 1, Column: 1}
	if token := n.GetToken(); token != nil && token.Position != nil {
		position.Line, position.Column = max(token.Position.Line, 1), max(token.Position.Column, 1)
	}
	return position
}

func (p *reader) node(n ast.Node, depth int) *Node {
	if depth > maxDepth {
		p.problem(p.at(n), "nested too deeply", "")
		return &Node{At: p.at(n)}
	}
	at := p.at(n)
	switch n := n.(type) {
	case *ast.MappingNode:
		return p.mapping(n.Values, at, depth)
	case *ast.MappingValueNode:
		return p.mapping([]*ast.MappingValueNode{n}, at, depth)
	case *ast.SequenceNode:
		list := &Node{Kind: List, At: at}
		for _, item := range n.Values {
			list.Items = append(list.Items, p.node(item, depth+1))
		}
		return list
	case *ast.AnchorNode:
		value := p.node(n.Value, depth+1)
		if p.anchors == nil {
			p.anchors = map[string]*Node{}
		}
		p.anchors[n.Name.GetToken().Value] = value
		return value
	case *ast.AliasNode:
		name := n.Value.GetToken().Value
		if value, ok := p.anchors[name]; ok {
			return value
		}
		p.problem(at, fmt.Sprintf("no anchor &%s before this alias", name), "")
		return &Node{At: at}
	case *ast.TagNode:
		return p.tagged(n, depth)
	case *ast.LiteralNode:
		return p.block(n, at)
	case *ast.StringNode:
		value := &Node{Kind: Text, Text: n.Value, At: at}
		if !strings.Contains(n.Value, "\n") {
			value.starts = []deploy.Position{p.inQuotes(at)}
		}
		return value
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return &Node{Kind: Number, Text: n.GetToken().Value, At: at}
	case *ast.BoolNode:
		return &Node{Kind: Boolean, Text: n.GetToken().Value, At: at}
	}
	return &Node{At: at}
}

// inQuotes is where the text of a one-line string begins: after its quote, if it has one.
func (p *reader) inQuotes(at deploy.Position) deploy.Position {
	if at.Line <= len(p.lines) {
		if line := []rune(p.lines[at.Line-1]); at.Column <= len(line) && (line[at.Column-1] == '"' || line[at.Column-1] == '\'') {
			at.Column++
		}
	}
	return at
}

// tagged serves !!str, which makes text of a number; other tags would change what a value means.
func (p *reader) tagged(n *ast.TagNode, depth int) *Node {
	value := p.node(n.Value, depth+1)
	if n.Start.Value != "!!str" || (value.Kind != Text && value.Kind != Number && value.Kind != Boolean) {
		p.problem(p.at(n), fmt.Sprintf("the tag %s is not served", n.Start.Value), "drop it; quote what is text")
		return value
	}
	text := *value
	text.Kind, text.At = Text, p.at(n) // the library counts what stands after a tag one column short
	return &text
}

// block is a text after `|` or `>`. The lines of a literal one are the file's lines below it, less the indentation.
func (p *reader) block(n *ast.LiteralNode, at deploy.Position) *Node {
	value := &Node{Kind: Text, Text: n.Value.Value, At: at}
	if !strings.HasPrefix(n.GetToken().Value, "|") {
		return value
	}
	for i, text := range strings.Split(strings.TrimSuffix(value.Text, "\n"), "\n") {
		line := at.Line + 1 + i
		if line > len(p.lines) {
			break
		}
		indent := 0
		if strings.HasSuffix(p.lines[line-1], text) {
			indent = utf8.RuneCountInString(p.lines[line-1]) - utf8.RuneCountInString(text)
		}
		value.starts = append(value.starts, deploy.Position{File: p.file, Line: line, Column: indent + 1})
	}
	return value
}

// mapping reads a map. A key given twice is a mistake; what `<<` brings in gives way to the map's own keys.
func (p *reader) mapping(values []*ast.MappingValueNode, at deploy.Position, depth int) *Node {
	m := &Node{Kind: Map, At: at}
	var merged []*Node
	first := map[string]deploy.Position{}
	for _, value := range values {
		keyAt := p.at(value.Key)
		if value.Key.IsMergeKey() {
			merged = append(merged, p.merged(value.Value, depth))
			continue
		}
		key := p.node(value.Key, depth+1)
		if key.Kind == List || key.Kind == Map {
			p.problem(keyAt, "a key must be a word", "")
			continue
		}
		name := key.Text
		if key.Kind == Null {
			name = "null"
		}
		content := p.node(value.Value, depth+1)
		if before, twice := first[name]; twice {
			p.problem(keyAt, fmt.Sprintf("`%s` stands here twice, first in line %d", name, before.Line), "")
			continue
		}
		first[name] = keyAt
		if content.Kind == Null {
			content.At = keyAt // a missing value is looked for at its key
		}
		m.Entries = append(m.Entries, Entry{Key: name, At: keyAt, Value: content})
	}
	for _, from := range merged {
		for _, entry := range from.Entries {
			if m.Get(entry.Key) == nil {
				m.Entries = append(m.Entries, entry)
			}
		}
	}
	return m
}

// merged is the map that a merge key names: one, or a list of which the earlier wins.
func (p *reader) merged(value ast.Node, depth int) *Node {
	from := p.node(value, depth+1)
	sources := []*Node{from}
	if from.Kind == List {
		sources = from.Items
	}
	all := &Node{Kind: Map, At: from.At}
	for _, source := range sources {
		if source.Kind != Map {
			p.problem(p.at(value), "`<<` takes a map, or a list of maps", "")
			continue
		}
		for _, entry := range source.Entries {
			if all.Get(entry.Key) == nil {
				all.Entries = append(all.Entries, entry)
			}
		}
	}
	return all
}
