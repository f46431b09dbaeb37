package assignments

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]map[string]string{
		"":                                {},
		"A=1\r\n# no\n\n B = x=y ":        {"A": "1", "B": "x=y "},
		"A<<END\n\n x\nEND\nB=2":          {"A": "\n x", "B": "2"},
		"A<<END\nEND":                     {"A": ""},
		"A=<<END":                         {"A": "<<END"},
		`{"A": "x\ny", "B": 1.50}`:        {"A": "x\ny", "B": "1.50"},
		"\n {\"A\": true,\n\"B\":\"\"}\n": {"A": "true", "B": ""},
		"{}":                              {},
	} {
		found, problems := Parse("vars", text)
		got := map[string]string{}
		for _, a := range found {
			got[a.Name] = a.Value
		}
		if diff := cmp.Diff(want, got); diff != "" || len(problems) > 0 {
			t.Errorf("%q: %v %s", text, problems, diff)
		}
	}
	for _, text := range []string{"A", "=x", "1=2", "A<<END\nx", "{", `{"A"`, `{"A": [1]}`, `{"A": null}`, `{"A": "x"} y`, `{"A": "x",}`, "A=1\nA=2"} {
		if found, problems := Parse("vars", text); len(problems) == 0 {
			t.Errorf("%q is read as %v", text, found)
		}
	}
}

// FuzzParse reads any variables: names are names, a value of one line has one, and what was read is read the same as JSON.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"A=1\nB<<E\nx\nE\n# no\n", `{"A": "b", "C": 1}`, `["A=1"]`, "A=B=1\nC=2", "A=\"x\ny"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		found, problems := Parse("vars", text)
		object := map[string]string{}
		for _, a := range found {
			if a.OneLine && (!IsName(a.Name) || strings.Contains(a.Value, "\n")) {
				t.Errorf("%q: %+v", text, a)
			}
			object[a.Name] = a.Value
		}
		if len(problems) > 0 || !utf8.ValidString(text) {
			return
		}
		written, err := json.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		again, problems := Parse("vars", string(written))
		if len(problems) > 0 || len(again) != len(object) {
			t.Fatalf("%q: as JSON %v, %v", text, again, problems)
		}
		for _, a := range again {
			if object[a.Name] != a.Value {
				t.Errorf("%q: %s is %q, as JSON %q", text, a.Name, object[a.Name], a.Value)
			}
		}
	})
}
