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

	"github.com/slipway/slipway/internal/deploy"
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
