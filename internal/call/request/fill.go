// Package request fills in what a step sends from the runner: variables and secrets are put into address, headers and body, each
// escaped as its place wants it.
//
// It is pure: it must not know how a request is sent, nor where the values come from.
package request

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/lazyregexp"
)

// Filled is a request that can be sent.
type Filled struct {
	Method     string
	URL        *url.URL
	Header     http.Header
	Body       []byte
	Status     []int
	Idempotent bool
}

// UnknownError says that a ${NAME} names no variable.
type UnknownError struct{ Name string }

func (e *UnknownError) Error() string { return fmt.Sprintf("no variable `%s`", e.Name) }

// formType is the type of a body whose values are escaped as in a query.
const formType = "application/x-www-form-urlencoded"

// Fill puts values into a request. No error shows a value.
func Fill(r deploy.Request, lookup func(name string) (string, bool)) (Filled, error) {
	f := filling{lookup: lookup}
	filled := Filled{Method: r.Method, Status: r.Status, Header: http.Header{}, Idempotent: r.Idempotent}
	address, err := Expand(r.URL, func(before, name string) (string, error) {
		value, err := f.value(before, name)
		if err != nil {
			return "", err
		}
		return inURL(before, name, value)
	})
	if err == nil {
		filled.URL, err = Address(address, strings.HasPrefix(r.URL, "http://"))
	}
	if err != nil {
		return Filled{}, err
	}
	for _, line := range r.Headers {
		if err := f.header(filled.Header, line); err != nil {
			return Filled{}, err
		}
	}
	err = f.body(r, &filled)
	return filled, err
}

// Idempotent reports whether a method may be used twice like once (RFC 9110, 9.2.2).
func Idempotent(method string) bool {
	return slices.Contains([]string{"GET", "HEAD", "PUT", "DELETE", "OPTIONS"}, method)
}

type filling struct {
	lookup func(name string) (string, bool)
}

func (f filling) value(_, name string) (string, error) {
	value, known := f.lookup(name)
	if !known {
		return "", &UnknownError{Name: name}
	}
	return value, nil
}

// headerName is a token of RFC 9110, 5.6.2.
var headerName = lazyregexp.New("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")

// Header reads a header as it is written, "Name: value".
func Header(line string) (name, value string, ok bool) {
	name, value, ok = strings.Cut(line, ":")
	return name, strings.TrimSpace(value), ok && headerName.MatchString(name)
}

// header adds a header. One whose value came to nothing is left out.
func (f filling) header(to http.Header, line string) error {
	name, value, ok := Header(line)
	if !ok {
		return errors.New("a header must be Name: value")
	}
	value, err := Expand(value, f.value)
	switch {
	case err != nil:
		return err
	case strings.ContainsFunc(value, unicode.IsControl):
		return fmt.Errorf("the header `%s` would have a line break or another control character in it", name)
	case strings.TrimSpace(value) != "":
		to.Add(name, strings.TrimSpace(value))
	}
	return nil
}

func (f filling) body(r deploy.Request, filled *Filled) error {
	kind := filled.Header.Get("Content-Type")
	if r.JSON != nil {
		value, err := f.json(r.JSON)
		if err != nil {
			return err
		}
		var text bytes.Buffer
		encoder := json.NewEncoder(&text)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(value); err != nil {
			return err
		}
		filled.Body = bytes.TrimSuffix(text.Bytes(), []byte("\n"))
		kind = "application/json"
	} else if r.Text != "" {
		escape := EscapeIn(kind)
		text, err := Expand(r.Text, func(before, name string) (string, error) {
			value, err := f.value(before, name)
			return escape(value), err
		})
		if err != nil {
			return err
		}
		filled.Body = []byte(text)
		if kind == "" {
			kind = "text/plain; charset=utf-8"
		}
	}
	if len(filled.Body) > 0 && filled.Header.Get("Content-Type") == "" {
		filled.Header.Set("Content-Type", kind)
	}
	return nil
}

// bare is what a number, true or false looks like in JSON.
var bare = lazyregexp.New(`^(-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?|true|false)$`)

// json is a value of a body with its variables put in. Encoding it escapes what it must.
func (f filling) json(value any) (any, error) {
	switch value := value.(type) {
	case string:
		return Expand(value, f.value)
	case deploy.Bare:
		text, err := Expand(string(value), f.value)
		if err == nil && !bare.MatchString(text) {
			err = fmt.Errorf("the body wants a number, true or false for `%s`, which is something else", value)
		}
		return json.RawMessage(text), err
	case []any:
		list := make([]any, len(value))
		for i, item := range value {
			filled, err := f.json(item)
			if err != nil {
				return nil, err
			}
			list[i] = filled
		}
		return list, nil
	case map[string]any:
		all := make(map[string]any, len(value))
		for key, item := range value {
			filled, err := f.json(item)
			if err != nil {
				return nil, err
			}
			all[key] = filled
		}
		return all, nil
	}
	return value, nil // nil: null
}
