package cookbook

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/slipway/slipway/internal/call/request"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/lazyregexp"
	"github.com/slipway/slipway/internal/yamlfile"
)

// requestText is a request as a recipe has it. ${name} in lower case stands for a parameter, ${NAME} for a variable or a secret.
type requestText struct {
	Method     yamlfile.Value[string]                     `key:"method" default:"POST" doc:"Method of the request."`
	URL        yamlfile.Value[string]                     `key:"url" required:"true" doc:"Address. What a parameter brings into its path or query is escaped."`
	Headers    yamlfile.OneOrMore[yamlfile.Value[string]] `key:"headers" doc:"Headers, each as Name: value. One whose value is empty is left out."`
	Body       tree                                       `key:"body" doc:"A map or a list, which is sent as JSON; or a text."`
	Status     Scalars                                    `key:"status" doc:"Status that is a success, or several. Not given: any from 200 to 299."`
	If         Words                                      `key:"if" doc:"A parameter, or several, without whose value it is not sent. A boolean that is false is none."`
	Unless     Words                                      `key:"unless" doc:"A parameter, or several, with whose value it is not sent. A boolean that is false is none."`
	Idempotent yamlfile.Value[bool]                       `key:"idempotent" doc:"Whether it may be sent again when nobody saw what came of it. Not given: what the recipe says, and true of GET, HEAD, PUT and DELETE."`

	Node *yamlfile.Node
}

// tree is a value of any shape.
type tree struct{ *yamlfile.Node }

// DecodeYAML keeps the value as it is.
func (t *tree) DecodeYAML(_ *yamlfile.Decoder, n *yamlfile.Node, _ string) { t.Node = n }

// Sends reports whether the recipe sends requests from the runner, and runs nothing on hosts.
func (r Recipe) Sends() bool { return len(r.requests) > 0 }

// paramIn is a parameter in a request's text; a second $ before it makes it plain text.
var paramIn = lazyregexp.New(`\$?\$\{[a-z][a-z0-9_]*\}`)

// alone is the parameter that is the whole of a text.
func alone(text string) (name string, ok bool) {
	if found := paramIn.FindString(text); found == "" || found != text || strings.HasPrefix(text, "$$") {
		return "", false
	}
	return text[2 : len(text)-1], true
}

// withParams puts parameters into a text; put is also told what stands before.
func withParams(text string, put func(before, name string) string) string {
	var b strings.Builder
	for {
		found := paramIn.FindStringIndex(text)
		if found == nil {
			return b.String() + text
		}
		b.WriteString(text[:found[0]])
		if word := text[found[0]:found[1]]; strings.HasPrefix(word, "$$") {
			b.WriteString(word) // which is ${name} itself once variables are put in
		} else {
			b.WriteString(put(b.String(), word[2:len(word)-1]))
		}
		text = text[found[1]:]
	}
}

// onlyOfScripts are the keys of a recipe that mean nothing where it sends requests.
var onlyOfScripts = []string{"run", "check", "undo", "stop", "log", "rights", "preview", "tools", "functions"}

// readRequests takes over what a recipe sends, and says what is wrong with it.
func (r *Recipe) readRequests(file *yamlfile.Node, written Requests) deploy.Problems {
	var problems deploy.Problems
	add := func(at deploy.Position, hint, format string, args ...any) {
		problems = append(problems, deploy.Problem{At: at, Message: fmt.Sprintf(format, args...), Hint: hint})
	}
	sends := file.Get("request") != nil
	if !sends && file.Get("run") == nil {
		add(file.At, "a script for hosts, or a request that the runner sends", "the recipe needs `run` or `request`")
	}
	if !sends {
		return problems
	}
	for _, key := range onlyOfScripts {
		if node := file.Get(key); node != nil {
			add(node.At, "drop it, or `request`", "`%s` means nothing beside `request`: nothing runs on a host", key)
		}
	}
	for _, q := range written.Items {
		if q.Node == nil {
			continue // no map: a problem already
		}
		known := func(name string, at deploy.Position) {
			if !slices.Contains(r.Names(), name) {
				add(at, yamlfile.DidYouMean(name, r.Names()), "there is no parameter `%s`", name)
			}
		}
		q.texts(func(n *yamlfile.Node) {
			withParams(n.Text, func(_, name string) string { known(name, n.At); return "" })
		})
		for _, word := range slices.Concat(q.If.Items, q.Unless.Items) {
			if word.Given() {
				known(word.V, word.At())
			}
		}
		if _, given := alone(q.URL.V); q.URL.Given() && !given && !strings.HasPrefix(q.URL.V, "https://") && !strings.HasPrefix(q.URL.V, "http://") && !strings.HasPrefix(q.URL.V, "${") {
			add(q.URL.At(), "begin it with https://", "`url` is no https URL")
		}
		for _, line := range q.Headers.Items {
			if _, _, ok := request.Header(line.V); !ok && line.Given() {
				if _, list := alone(line.V); !list {
					add(line.At(), "as in 'Authorization: Bearer ${token}'", "a header must be Name: value")
				}
			}
		}
		r.requests = append(r.requests, q)
	}
	return problems
}

// texts calls do for each text of a request in which parameters may stand.
func (q requestText) texts(do func(*yamlfile.Node)) {
	var all func(n *yamlfile.Node)
	all = func(n *yamlfile.Node) {
		if n == nil {
			return
		}
		if n.Kind == yamlfile.Text {
			do(n)
		}
		for _, item := range n.Items {
			all(item)
		}
		for _, entry := range n.Entries {
			all(entry.Value)
		}
	}
	for _, key := range []string{"method", "url", "headers", "body", "status"} {
		all(q.Node.Get(key))
	}
}

// ParamError says that what a parameter was given makes no request.
type ParamError struct {
	Param string // "" where it is none's alone
	Hint  string
	Err   error
}

func (e *ParamError) Error() string { return e.Err.Error() }

// Unwrap is what is wrong.
func (e *ParamError) Unwrap() error { return e.Err }

// Requests are what the recipe sends, with its parameters, whose values it accepts. Variables stay in it. An error is a *ParamError.
func (r Recipe) Requests(with map[string]Value) ([]deploy.Request, error) {
	f := filler{recipe: r, with: with}
	var all []deploy.Request
	for _, q := range r.requests {
		sent, err := f.sent(q)
		if err != nil {
			return nil, err
		}
		if !sent {
			continue
		}
		made, err := f.request(q)
		if err != nil {
			return nil, err
		}
		all = append(all, made)
	}
	for _, made := range all[:max(len(all)-1, 0)] {
		if !made.Idempotent {
			return nil, &ParamError{
				Hint: "`idempotent: true` of that request, where it is so",
				Err:  fmt.Errorf("%s is followed by another request, and is sent again when that fails: it must bear that", made.Method),
			}
		}
	}
	return all, nil
}

// filler puts parameters into requests.
type filler struct {
	recipe   Recipe
	with     map[string]Value
	verbatim bool // the text is what a parameter was given, and has none in it
}

// sent reports whether a request is sent with these parameters: a boolean that is false is as good as not given.
func (f filler) sent(q requestText) (bool, error) {
	for i, word := range slices.Concat(q.If.Items, q.Unless.Items) {
		value := f.recipe.value(word.V, f.with)
		boolean := f.declared(word.V).Type == Boolean
		if boolean && value.live() {
			return false, &ParamError{Param: word.V, Hint: "true or false", Err: errors.New("which requests are sent is known before the deployment: a variable cannot say it")}
		}
		given := !value.empty() && (!boolean || value.Text == "true")
		if wanted := i < len(q.If.Items); given != wanted {
			return false, nil
		}
	}
	return true, nil
}

// methods are those that a request may have.
var methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

func (f filler) request(q requestText) (deploy.Request, error) {
	made := deploy.Request{Method: f.text(q.Method.V)}
	if !slices.Contains(methods, made.Method) {
		return made, blame(q.Method.V, strings.Join(methods, ", "), "`%s` is no method", made.Method)
	}
	made.Idempotent = f.recipe.Idempotent || request.Idempotent(made.Method)
	if q.Idempotent.Given() {
		made.Idempotent = q.Idempotent.V
	}
	made.URL = withParams(q.URL.V, func(before, name string) string { return request.Escaped(f.param(name), request.Escape(before)) })
	if _, whole := alone(q.URL.V); whole {
		made.URL = f.text(q.URL.V) // as it was written
	}
	var err error
	if made.Headers, err = f.headers(q); err == nil {
		made.Status, err = f.status(q)
	}
	if err == nil {
		err = f.body(q, &made)
	}
	return made, err
}

// blame is the error of a text of a recipe: of the parameter, where it is nothing else.
func blame(written, hint, format string, args ...any) *ParamError {
	name, _ := alone(written)
	return &ParamError{Param: name, Hint: hint, Err: fmt.Errorf(format, args...)}
}

// text is a text of the recipe with its parameters.
func (f filler) text(text string) string {
	return withParams(text, func(_, name string) string { return f.param(name) })
}

// param is the value of a parameter as a text; a list has spaces between its items.
func (f filler) param(name string) string {
	if items, list := f.items(name); list {
		return strings.Join(items, " ")
	}
	return f.declared(name).plain(f.recipe.value(name, f.with))
}

// items are those of a list.
func (f filler) items(name string) (items []string, list bool) {
	value := f.recipe.value(name, f.with)
	if value.Items == nil {
		value.Items = strings.Fields(value.Text)
	}
	return value.Items, f.declared(name).Type == List
}

func (f filler) declared(name string) Param {
	i := slices.IndexFunc(f.recipe.Params, func(p Param) bool { return p.Name == name })
	if i < 0 {
		return Param{}
	}
	return f.recipe.Params[i]
}

func (f filler) headers(q requestText) ([]string, error) {
	var lines []string
	for _, written := range q.Headers.Items {
		name, whole := alone(written.V)
		given := []string{f.text(written.V)}
		if items, list := f.items(name); whole && list {
			given = items
		}
		for _, line := range given {
			if _, _, ok := request.Header(line); !ok {
				return nil, blame(written.V, "as in 'X-Release: ${SLIPWAY_RELEASE}'", "a header must be Name: value")
			}
		}
		lines = append(lines, given...)
	}
	return lines, nil
}

func (f filler) status(q requestText) ([]int, error) {
	var all []int
	for _, written := range q.Status.Items {
		for _, word := range strings.Fields(f.text(string(written.V))) {
			status, err := strconv.Atoi(word)
			if err != nil || status < 100 || status > 599 {
				return nil, blame(string(written.V), "a number from 100 to 599", "`%s` is no status", word)
			}
			all = append(all, status)
		}
	}
	return all, nil
}
