package yamlfile

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"slipway/internal/deploy"
)

// Limits that no file written by a person meets, so that reading a hostile one ends.
const (
	maxBytes = 256 << 10
	maxDepth = 100
)

// Parse reads one YAML document. file is its name for people, as it stands in positions. An empty document is an empty
// map. With problems, the node holds what could be read, or is nil.
func Parse(file string, text []byte) (*Node, deploy.Problems) {
	text = bytes.TrimPrefix(text, []byte("\xEF\xBB\xBF")) // editors on Windows begin a file with a byte order mark
	p := &reader{file: file, lines: strings.Split(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n")}
	docs, problem := p.documents(text)
	if problem != nil {
		return nil, deploy.Problems{*problem}
	}
	var bodies []ast.Node
	for _, doc := range docs {
		if _, directive := doc.Body.(*ast.DirectiveNode); doc.Body != nil && !directive {
			bodies = append(bodies, doc.Body)
		}
	}
	switch {
	case len(bodies) == 0:
		return NewMap(deploy.Position{File: file, Line: 1, Column: 1}), nil
	case len(bodies) > 1:
		p.problem(p.at(bodies[1]), "a second document begins here", "one file holds one document: drop the `---`")
		return nil, p.problems
	}
	return p.node(bodies[0], 0), p.problems
}

// reader makes nodes of the parser's tree.
type reader struct {
	file     string
	lines    []string // of the file
	anchors  map[string]*Node
	problems deploy.Problems
}

func (p *reader) problem(at deploy.Position, message, hint string) {
	p.problems = append(p.problems, deploy.Problem{At: at, Message: message, Hint: hint})
}

// documents parses the text. The library has paniced on malformed input in some versions; a file that a person wrote must
// give a message instead.
func (p *reader) documents(text []byte) (docs []*ast.DocumentNode, problem *deploy.Problem) {
	start := deploy.Position{File: p.file, Line: 1, Column: 1}
	refuse := func(at deploy.Position, message string) *deploy.Problem {
		return &deploy.Problem{At: at, Message: message}
	}
	defer func() {
		if r := recover(); r != nil {
			docs, problem = nil, refuse(start, "not valid YAML")
		}
	}()
	if len(text) > maxBytes {
		return nil, refuse(start, fmt.Sprintf("larger than %d KiB", maxBytes>>10))
	}
	if bytes.HasPrefix(text, []byte{0xFF, 0xFE}) || bytes.HasPrefix(text, []byte{0xFE, 0xFF}) {
		return nil, refuse(start, "written as UTF-16: save it as UTF-8")
	}
	if !utf8.Valid(text) {
		return nil, refuse(p.firstInvalid(text), "not valid UTF-8")
	}
	if line, deep := tooDeep(p.lines); deep {
		return nil, refuse(deploy.Position{File: p.file, Line: line, Column: 1}, "nested too deeply")
	}
	tree, err := parser.ParseBytes(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")), 0, parser.AllowDuplicateMapKey())
	if err != nil {
		at, message := start, strings.TrimSpace(err.Error())
		var syntax yaml.Error
		if errors.As(err, &syntax) {
			message = syntax.GetMessage()
			if token := syntax.GetToken(); token != nil && token.Position != nil {
				at.Line, at.Column = max(token.Position.Line, 1), max(token.Position.Column, 1)
			}
		}
		if column := p.tabIn(at.Line); column > 0 {
			at.Column = column
			problem := refuse(at, "a tab in the indentation: YAML takes spaces alone")
			problem.Hint = "have the editor write spaces in this file"
			return nil, problem
		}
		problem := refuse(at, "not valid YAML: "+oneLine(message))
		if strings.Contains(message, "must be specified") {
			problem.Hint = "close the bracket that is open, and put a text that holds one of [ ] { } , in quotes"
		}
		return nil, problem
	}
	return tree.Docs, nil
}

// tabIn is the column of a tab in a line's indentation, 0 where there is none.
func (p *reader) tabIn(line int) int {
	if line > len(p.lines) {
		return 0
	}
	text := p.lines[line-1]
	indent := text[:len(text)-len(strings.TrimLeft(text, " \t"))]
	return strings.IndexByte(indent, '\t') + 1
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

func (p *reader) firstInvalid(text []byte) deploy.Position {
	for i, line := range bytes.Split(text, []byte("\n")) {
		if !utf8.Valid(line) {
			return deploy.Position{File: p.file, Line: i + 1, Column: 1}
		}
	}
	return deploy.Position{File: p.file, Line: 1, Column: 1}
}

// tooDeep counts brackets that open and indicators that start a line, before a recursive parser meets them.
func tooDeep(lines []string) (line int, deep bool) {
	open := 0
	for i, text := range lines {
		open += strings.Count(text, "[") + strings.Count(text, "{") - strings.Count(text, "]") - strings.Count(text, "}")
		open = max(open, 0)
		inLine := strings.Count(text, "- ") + strings.Count(text, "? ") + strings.Count(text, "[") + strings.Count(text, "{")
		if open > maxDepth || inLine > 4*maxDepth {
			return i + 1, true
		}
	}
	return 0, false
}

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
