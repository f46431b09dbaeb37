package cookbook

import (
	"strings"

	"github.com/slipway/slipway/internal/call/request"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/lazyregexp"
	"github.com/slipway/slipway/internal/yamlfile"
)

// body puts parameters into the body of a request. What is JSON stays apart until it is sent, so that no value can break out of its
// place.
func (f filler) body(q requestText, made *deploy.Request) error {
	n := q.Body.Node
	switch {
	case n == nil:
		return nil
	case n.Kind == yamlfile.Map || n.Kind == yamlfile.List:
		if value, given := f.value(n); given {
			made.JSON = value
		}
		return nil
	}
	kind := ""
	for _, line := range made.Headers {
		if name, value, _ := request.Header(line); strings.EqualFold(name, "Content-Type") {
			kind = value
		}
	}
	if _, whole := alone(n.Text); !whole {
		made.Text = withParams(n.Text, func(_, name string) string { return request.Escaped(f.param(name), request.EscapeIn(kind)) })
		return nil
	}
	made.Text = f.text(n.Text)
	if text := strings.TrimSpace(made.Text); !strings.Contains(kind, "json") && (kind != "" || !strings.HasPrefix(text, "{") && !strings.HasPrefix(text, "[")) {
		return nil
	}
	written, problems := yamlfile.ParseJSON("", []byte(made.Text))
	if len(problems) > 0 {
		return blame(n.Text, "variables stand between quotes, as in {\"text\": \"${SLIPWAY_RELEASE}\"}; what is meant as another text needs a header Content-Type", "%s", problems[0].Message)
	}
	value, _ := filler{verbatim: true}.value(written)
	made.JSON, made.Text = value, ""
	return nil
}

// jsonNumber is a number as JSON has it.
var jsonNumber = lazyregexp.New(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// value is a part of a JSON body. given is false where it is a parameter that was given nothing, and of maps and lists of nothing else:
// it is left out.
func (f filler) value(n *yamlfile.Node) (value any, given bool) {
	switch n.Kind {
	case yamlfile.Text:
		return f.leaf(n.Text)
	case yamlfile.Number:
		if jsonNumber.MatchString(n.Text) {
			return deploy.Bare(n.Text), true
		}
		return n.Text, true
	case yamlfile.Boolean:
		return deploy.Bare(strings.ToLower(n.Text)), true
	case yamlfile.List:
		list := []any{}
		for _, item := range n.Items {
			if value, given := f.value(item); given {
				list = append(list, value)
			}
		}
		return list, len(list) > 0 || len(n.Items) == 0
	case yamlfile.Map:
		all := map[string]any{}
		for _, entry := range n.Entries {
			if value, given := f.value(entry.Value); given {
				all[entry.Key] = value
			}
		}
		return all, len(all) > 0 || len(n.Entries) == 0
	case yamlfile.Null:
	}
	return nil, true
}

// leaf is a text of a JSON body. A parameter that stands there alone is of its own type.
func (f filler) leaf(text string) (value any, given bool) {
	if f.verbatim {
		return text, true
	}
	name, whole := alone(text)
	if !whole {
		return f.text(text), true
	}
	if items, list := f.items(name); list {
		all := make([]any, len(items))
		for i, item := range items {
			all[i] = item
		}
		return all, len(items) > 0
	}
	text = f.param(name)
	switch f.declared(name).Type {
	case Integer, Boolean, Duration:
		return deploy.Bare(text), text != ""
	case String, List, Path:
	}
	return text, text != ""
}
