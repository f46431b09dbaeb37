package yamlfile

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/slipway/slipway/internal/deploy"
)

// ParseJSON reads one JSON value with the place of each part. A value that is none, or is nested too deep, is a problem.
func ParseJSON(file string, text []byte) (*Node, deploy.Problems) {
	p := &jsonParser{file: file, text: strings.TrimPrefix(string(text), "\ufeff")}
	p.decoder = json.NewDecoder(strings.NewReader(p.text))
	p.decoder.UseNumber()
	n, err := p.value(0)
	if err == nil {
		if _, after := p.decoder.Token(); !errors.Is(after, io.EOF) {
			err = errors.New("something follows the value")
		}
	}
	if err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			err = errors.New("it ends too soon")
		}
		return nil, append(p.problems, deploy.Problem{At: p.at(), Message: "this is no JSON: " + err.Error()})
	}
	return n, p.problems
}

type jsonParser struct {
	file         string
	text         string
	decoder      *json.Decoder
	problems     deploy.Problems
	offset       int // where line and column were counted to
	line, column int // from 0
}

// at is where the next part begins. Places are asked for in the order of the text.
func (p *jsonParser) at() deploy.Position {
	next := min(int(p.decoder.InputOffset()), len(p.text))
	next += len(p.text[next:]) - len(strings.TrimLeft(p.text[next:], " \t\r\n,:"))
	passed := p.text[p.offset:max(next, p.offset)]
	if lines := strings.Count(passed, "\n"); lines > 0 {
		p.line, p.column = p.line+lines, 0
		passed = passed[strings.LastIndex(passed, "\n")+1:]
	}
	p.column += utf8.RuneCountInString(passed)
	p.offset = max(next, p.offset)
	return deploy.Position{File: p.file, Line: p.line + 1, Column: p.column + 1}
}

func (p *jsonParser) value(depth int) (*Node, error) {
	n := &Node{At: p.at()}
	token, err := p.decoder.Token()
	if err != nil {
		return nil, err
	}
	switch token := token.(type) {
	case nil:
	case bool:
		n.Kind, n.Text = Boolean, map[bool]string{true: "true", false: "false"}[token]
	case json.Number:
		n.Kind, n.Text = Number, token.String()
	case string:
		n = NewText(token, n.At)
	case json.Delim:
		if depth == maxDepth {
			return nil, errors.New("it is nested too deep")
		}
		n.Kind = List
		if token == '{' {
			n.Kind = Map
		}
		err = p.parts(n, depth+1)
	}
	return n, err
}

// parts reads the values of a list or a map, to its end.
func (p *jsonParser) parts(n *Node, depth int) error {
	seen := map[string]bool{}
	for p.decoder.More() {
		at := p.at()
		if n.Kind == List {
			item, err := p.value(depth)
			if err != nil {
				return err
			}
			n.Items = append(n.Items, item)
			continue
		}
		key, err := p.decoder.Token()
		if err != nil {
			return err
		}
		value, err := p.value(depth)
		if err != nil {
			return err
		}
		name, _ := key.(string) // a key is nothing else
		if seen[name] {
			p.problems = append(p.problems, deploy.Problem{At: at, Message: "`" + name + "` stands here twice"})
			continue
		}
		seen[name] = true
		n.Entries = append(n.Entries, Entry{Key: name, At: at, Value: value})
	}
	_, err := p.decoder.Token() // the end
	return err
}
