package yamlfile

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseJSON(t *testing.T) {
	t.Parallel()
	n, problems := ParseJSON("x.json", []byte("\ufeff[\"a\",\n {\"b\": 1.50, \"ü\": [true, null]} ,\r\n\t\"c\\nd\"]\n"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	var got []string
	var walk func(*Node)
	walk = func(n *Node) {
		got = append(got, n.At.String()+" "+n.Kind.String()+" "+n.Text)
		for _, entry := range n.Entries {
			got = append(got, entry.At.String()+" "+entry.Key)
			walk(entry.Value)
		}
		for _, item := range n.Items {
			walk(item)
		}
	}
	walk(n)
	want := []string{
		"x.json:1:1 a list ", "x.json:1:2 text a", "x.json:2:2 a map ", "x.json:2:3 b", "x.json:2:8 a number 1.50", "x.json:2:14 ü",
		"x.json:2:19 a list ", "x.json:2:20 true or false true", "x.json:2:26 nothing ", "x.json:3:2 text c\nd",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for text, want := range map[string]string{
		"":                     "x.json:1:1: this is no JSON: it ends too soon",
		"[1,":                  "x.json:1:4: this is no JSON: it ends too soon",
		"[1] 2":                "something follows the value",
		"{\"a\": 1, \"a\": 2}": "x.json:1:10: `a` stands here twice",
		"[1,]":                 "this is no JSON",
		"{a: 1}":               "this is no JSON",
		strings.Repeat("[", 200) + strings.Repeat("]", 200): "it is nested too deep",
	} {
		if _, problems := ParseJSON("x.json", []byte(text)); !strings.Contains(problems.Error(), want) {
			t.Errorf("%.20q: %v, want %q", text, problems, want)
		}
	}
}

// FuzzParseJSON holds that what is taken is JSON, and that places lie in the text.
func FuzzParseJSON(f *testing.F) {
	for _, text := range []string{`["deploy@a", {"address": "u@b", "vars": {"A": 1}}]`, "[\n]", "{}", "nul", "\ufeff1", "[1 2]"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, problems := ParseJSON("x.json", []byte(text))
		if n == nil && len(problems) == 0 {
			t.Fatal("neither a value nor a problem")
		}
		if len(problems) == 0 && !json.Valid([]byte(strings.TrimPrefix(text, "\ufeff"))) {
			t.Errorf("%q is taken, and is no JSON", text)
		}
		for _, p := range problems {
			if p.At.Line < 1 || p.At.Line > strings.Count(text, "\n")+1 || p.At.Column < 1 {
				t.Errorf("%q: %v", text, p)
			}
		}
	})
}
