package request_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/call/request"
	"github.com/slipway/slipway/internal/deploy"
)

// values are what variables bring that is hard on each place.
var values = map[string]string{
	"SUBJECT": "Say \"hi\" & <bye>\n\\ 50% done?", "TOKEN": "t0ken/+=", "PATH_PART": "a/b c?d#e", "HOST": "api.example.com", "EVIL": "evil.example/x@",
	"ADDRESS": "https://hooks.example.com/services/T0/B0?x=1", "PLAIN": "http://hooks.example.com/", "LOCAL": "http://127.0.0.1:9", "LINES": "a\r\nX-Other: b",
	"NEAR": "http://127.example.com/", "COUNT": "12", "WORD": "twelve", "EMPTY": "",
}

func fill(r deploy.Request) (request.Filled, error) {
	if r.URL == "" {
		r.URL = "https://example.com/"
	}
	return request.Fill(r, func(name string) (string, bool) { value, ok := values[name]; return value, ok })
}

func TestURL(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]string{
		"https://example.com/a/${PATH_PART}/b":                 "https://example.com/a/a%2Fb%20c%3Fd%23e/b",
		"https://example.com/?q=${SUBJECT}&r=${PATH_PART}":     "https://example.com/?q=Say+%22hi%22+%26+%3Cbye%3E%0A%5C+50%25+done%3F&r=a%2Fb+c%3Fd%23e",
		"https://${HOST}/x":                                    "https://api.example.com/x",
		"https://${HOST}:8443/x":                               "https://api.example.com:8443/x",
		"${ADDRESS}":                                           "https://hooks.example.com/services/T0/B0?x=1",
		"${ADDRESS}&y=${PATH_PART}":                            "https://hooks.example.com/services/T0/B0?x=1&y=a%2Fb+c%3Fd%23e",
		"http://intern.example/${COUNT}":                       "http://intern.example/12",
		"${LOCAL}/x":                                           "http://127.0.0.1:9/x",
		"https://example.com/$${COUNT}":                        "https://example.com/$%7BCOUNT%7D",
		"https://example.com/p#${COUNT}":                       "https://example.com/p",
		"https://example.com:99/" + "${EMPTY}" + "x?${EMPTY}=": "https://example.com:99/x?=",
	} {
		filled, err := fill(deploy.Request{URL: written})
		if err != nil || filled.URL.String() != want {
			t.Errorf("%s: %v %v, wanted %s", written, filled.URL, err, want)
		}
	}
	for written, want := range map[string]string{
		"https://${EVIL}/x":                 "cannot be a part of a host's name",
		"${PLAIN}":                          "anybody on the way can read",
		"${NEAR}":                           "anybody on the way can read",
		"ftp://example.com/":                "no https URL",
		"https:///x":                        "no https URL",
		"https://example.com/a b":           "no https URL",
		"https://user:pass@example.com/":    "has a user in it",
		"${EVIL}":                           "no https URL",
		"https://example.com/${NO_SUCH}":    "no variable `NO_SUCH`",
		"https://example.com/${not a name}": "without a name",
	} {
		_, err := fill(deploy.Request{URL: written})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, wanted %q", written, err, want)
		}
		for _, value := range []string{"evil", "hooks", "pass@"} {
			if err != nil && strings.Contains(err.Error(), value) {
				t.Errorf("%s: the error shows a value: %v", written, err)
			}
		}
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	filled, err := fill(deploy.Request{Headers: []string{"Authorization: Bearer ${TOKEN}", "X-Count:${COUNT}", "X-Empty: ${EMPTY}", "Accept: a", "Accept: b"}})
	if err != nil {
		t.Fatal(err)
	}
	if filled.Header.Get("Authorization") != "Bearer t0ken/+=" || filled.Header.Get("X-Count") != "12" || len(filled.Header.Values("Accept")) != 2 {
		t.Errorf("%v", filled.Header)
	}
	if _, there := filled.Header["X-Empty"]; there {
		t.Error("a header without a value is there")
	}
	for line, want := range map[string]string{"X-Subject: ${LINES}": "control character", "No colon": "Name: value", "Bad name: x": "Name: value", "X: ${NO_SUCH}": "NO_SUCH"} {
		if _, err := fill(deploy.Request{Headers: []string{line}}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", line, err)
		}
	}
}

func TestBody(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		request    deploy.Request
		want, kind string
	}{
		"JSON": {
			deploy.Request{JSON: map[string]any{"text": "Deployed: ${SUBJECT}", "n": deploy.Bare("${COUNT}"), "all": []any{"${COUNT}", nil, deploy.Bare("true")}, "in": map[string]any{"plain": "$${COUNT}"}}},
			`{"all":["12",null,true],"in":{"plain":"${COUNT}"},"n":12,"text":"Deployed: Say \"hi\" & <bye>\n\\ 50% done?"}`, "application/json",
		},
		"JSON of another type": {deploy.Request{JSON: []any{"x"}, Headers: []string{"Content-Type: application/vnd.api+json"}}, `["x"]`, "application/vnd.api+json"},
		"form":                 {deploy.Request{Text: "a=${SUBJECT}&b=${TOKEN}", Headers: []string{"content-type: application/x-www-form-urlencoded"}}, "a=Say+%22hi%22+%26+%3Cbye%3E%0A%5C+50%25+done%3F&b=t0ken%2F%2B%3D", "application/x-www-form-urlencoded"},
		"text":                 {deploy.Request{Text: "${SUBJECT}"}, values["SUBJECT"], "text/plain; charset=utf-8"},
		"none":                 {deploy.Request{}, "", ""},
	} {
		filled, err := fill(c.request)
		if err != nil || string(filled.Body) != c.want || filled.Header.Get("Content-Type") != c.kind {
			t.Errorf("%s: %s of %q, %v; wanted %s", name, filled.Body, filled.Header.Get("Content-Type"), err, c.want)
		}
	}
	for _, value := range []string{"${WORD}", "${EMPTY}", "${SUBJECT}", "${NO_SUCH}"} {
		if _, err := fill(deploy.Request{JSON: []any{deploy.Bare(value)}}); err == nil {
			t.Errorf("%s is taken for a number", value)
		}
	}
	var unknown *request.UnknownError
	if _, err := fill(deploy.Request{JSON: map[string]any{"a": []any{"${NO_SUCH}"}}}); !errors.As(err, &unknown) || unknown.Name != "NO_SUCH" {
		t.Errorf("unknown variable: %v", err)
	}
}

// What is escaped before its variables are known comes out as if all of it had been escaped at once.
func TestEscaped(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a b/${PATH_PART}": "https://example.com/a%20b%2Fa%2Fb%20c%3Fd%23e",
		"$${COUNT}":        "https://example.com/$%7BCOUNT%7D",
		"":                 "https://example.com/",
	} {
		filled, err := fill(deploy.Request{URL: "https://example.com/" + request.Escaped(text, request.Escape("https://example.com/"))})
		if err != nil || filled.URL.String() != want {
			t.Errorf("%s: %v %v", text, filled.URL, err)
		}
	}
	filled, err := fill(deploy.Request{Text: request.Escaped("as it is: $${COUNT} ${COUNT}", request.EscapeIn(""))})
	if err != nil || string(filled.Body) != "as it is: ${COUNT} 12" {
		t.Errorf("%s %v", filled.Body, err)
	}
}
