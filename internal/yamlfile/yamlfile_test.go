package yamlfile

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/slipway/slipway/internal/deploy"
)

// show is a node with its places, one value a line.
func show(n *Node) string {
	var b strings.Builder
	var walk func(n *Node, path string)
	walk = func(n *Node, path string) {
		fmt.Fprintf(&b, "%s %s %d:%d %s\n", path, n.Kind, n.At.Line, n.At.Column, strings.ReplaceAll(n.Text, "\n", "|"))
		for i, item := range n.Items {
			walk(item, fmt.Sprintf("%s[%d]", path, i))
		}
		for _, entry := range n.Entries {
			walk(entry.Value, fmt.Sprintf("%s.%s@%d:%d", path, entry.Key, entry.At.Line, entry.At.Column))
		}
	}
	walk(n, "")
	return b.String()
}

func TestParse(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"empty", "", " a map 1:1 \n"},
		{"only a comment", "# x\n", " a map 1:1 \n"},
		{"scalars keep their text", "a: 1.10\nb: 0x1F\nc: True\nd: 'x'\n", ` a map 1:1 
.a@1:1 a number 1:4 1.10
.b@2:1 a number 2:4 0x1F
.c@3:1 true or false 3:4 True
.d@4:1 text 4:4 x
`},
		{"CRLF", "a: |\r\n  x\r\n  y\r\nb: 1\r\n", ` a map 1:1 
.a@1:1 text 1:4 x|y|
.b@4:1 a number 4:4 1
`},
		{"nothing is looked for at its key", "a:\nb: ~\n", ` a map 1:1 
.a@1:1 nothing 1:1 
.b@2:1 nothing 2:1 
`},
		{"anchors and merges", "x: &x {a: 1, b: 2}\ny: {<<: *x, b: 3}\nz: *x\n", ` a map 1:1 
.x@1:1 a map 1:7 
.x@1:1.a@1:8 a number 1:11 1
.x@1:1.b@1:14 a number 1:17 2
.y@2:1 a map 2:4 
.y@2:1.b@2:13 a number 2:16 3
.y@2:1.a@1:8 a number 1:11 1
.z@3:1 a map 1:7 
.z@3:1.a@1:8 a number 1:11 1
.z@3:1.b@1:14 a number 1:17 2
`},
		{"a tag that makes text", "a: !!str 12\n", ` a map 1:1 
.a@1:1 text 1:4 12
`},
		{"a directive", "%YAML 1.2\n---\na: 1\n", ` a map 3:1 
.a@3:1 a number 3:4 1
`},
	}
	for _, test := range tests {
		n, problems := Parse("f", []byte(test.text))
		if len(problems) > 0 {
			t.Errorf("%s: %v", test.name, problems)
			continue
		}
		if diff := cmp.Diff(test.want, show(n)); diff != "" {
			t.Errorf("%s: -want +got\n%s", test.name, diff)
		}
	}
}

func TestParseProblems(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a: 'x":                          "f:1:4: not valid YAML",
		"a: 1\nb: [1\nc: 2":              "f:3:1: not valid YAML",
		"a: 1\n- b":                      "f:2:1: not valid YAML",
		"a: \xff":                        "f:1:1: not valid UTF-8",
		"a: 1\na: 2":                     "f:2:1: `a` stands here twice, first in line 1",
		"a: *x":                          "f:1:4: no anchor &x before this alias",
		"a: &a\n  b: *a":                 "f:2:6: no anchor &a before this alias",
		"a: 1\n---\nb: 1":                "f:3:1: a second document begins here",
		"a: !env X":                      "f:1:4: the tag !env is not served",
		"a: {<<: 1}":                     "f:1:9: `<<` takes a map",
		strings.Repeat("[", 200000):      "f:1:1: nested too deeply",
		strings.Repeat("- ", 100000):     "f:1:1: nested too deeply",
		strings.Repeat("a: b\n", 100000): "f:1:1: larger than 256 KiB",
	} {
		_, problems := Parse("f", []byte(text))
		if len(problems) == 0 || !strings.HasPrefix(problems.Error(), want) {
			t.Errorf("%.30q: %v; want %s", text, problems, want)
		}
	}
}

// TestInside finds the place of a line of a script in the file.
func TestInside(t *testing.T) {
	t.Parallel()
	const text = "a:\n  run: |\n\n    one\n      two\n    three\nb: 'quoted'\nc: plain\nd: >\n  folded\n  text\ne: |2-\n    x\n"
	n, problems := Parse("f", []byte(text))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	run := n.Get("a").Get("run")
	for _, test := range []struct {
		node         *Node
		line, column int
		want         string
	}{
		{run, 2, 1, "f:4:5"},
		{run, 3, 3, "f:5:7"},
		{run, 4, 2, "f:6:6"},
		{run, 9, 1, "f:2:8"},
		{n.Get("b"), 1, 2, "f:7:6"},
		{n.Get("c"), 1, 2, "f:8:5"},
		{n.Get("d"), 1, 5, "f:9:4"},
		{n.Get("e"), 1, 3, "f:13:5"},
		{NewText("x\ny", deploy.InInput("run", 1, 1)), 2, 1, "input run:2:1"},
	} {
		if got := test.node.Inside(test.line, test.column).String(); got != test.want {
			t.Errorf("line %d column %d of %q: %s, want %s", test.line, test.column, test.node.Text, got, test.want)
		}
	}
}

func TestMerge(t *testing.T) {
	t.Parallel()
	parse := func(text string) *Node {
		n, problems := Parse("f", []byte(text))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		return n
	}
	under := parse("m: {a: 1, b: 2}\nl: [1, 2]\ns: x\n")
	before := show(under)
	got := Merge(under, parse("m: {b: 3, c: 4}\nl: [9]\n"))
	for path, want := range map[string]string{"a": "1", "b": "3", "c": "4"} {
		if text := got.Get("m").Get(path).Text; text != want {
			t.Errorf("m.%s is %s, want %s", path, text, want)
		}
	}
	if len(got.Get("l").Items) != 1 || got.Get("s").Text != "x" {
		t.Errorf("merged into\n%s", show(got))
	}
	if show(under) != before {
		t.Error("the lower map was changed")
	}
	if Merge(nil, under) != under || Merge(under, nil) != under {
		t.Error("nothing merged with a map is another map")
	}
}

type sample struct {
	Name  Value[string]        `key:"name" required:"yes"`
	Count Value[int]           `key:"count" default:"3" min:"1" max:"9"`
	On    Value[bool]          `key:"on" default:"true"`
	Wait  Value[time.Duration] `key:"wait" default:"5s" min:"1s" max:"1h"`
	Any   Value[Scalar]        `key:"any"`
	List  []Value[string]      `key:"list"`
	Dict  Dict[Value[Scalar]]  `key:"dict"`
	Some  OneOrMore[inner]     `key:"some"`
	Inner inner                `key:"inner"`
	Own   *Node
}

type inner struct {
	Deep Value[int] `key:"deep" default:"7"`
}

func TestDecode(t *testing.T) {
	t.Parallel()
	n, _ := Parse("f", []byte("name: x\nany: 1.50\nlist: []\ndict: {b: 1, a: two}\nsome: {deep: 1}\nwait: 1m30s\n"))
	var got sample
	if problems := Decode(n, &got); len(problems) > 0 {
		t.Fatal(problems)
	}
	var want sample
	want.Name.V, want.Count.V, want.On.V, want.Wait.V, want.Any.V = "x", 3, true, 90*time.Second, "1.50"
	want.List = []Value[string]{}
	want.Dict.Pairs = []Pair[Value[Scalar]]{{Key: "b", Value: Value[Scalar]{V: "1"}}, {Key: "a", Value: Value[Scalar]{V: "two"}}}
	want.Some.Items = []inner{{Value[int]{V: 1}}}
	want.Inner.Deep.V = 7
	ignore := cmp.Options{cmpopts.IgnoreTypes(&Node{}, deploy.Position{})}
	if diff := cmp.Diff(want, got, ignore); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if got.Count.Given() || !got.Wait.Given() || got.Wait.At().String() != "f:6:7" || got.Own != n {
		t.Errorf("what was written is not told from what was not: %v", got.Wait.At())
	}
}

func TestSuggest(t *testing.T) {
	t.Parallel()
	known := []string{"prepare", "migrate", "app", "url"}
	for word, want := range map[string]string{"prepair": "prepare", "migrat": "migrate", "ap": "app", "hosts": "", "zzz": "", "": ""} {
		if got := Suggest(word, known); got != want {
			t.Errorf("%s: %q, want %q", word, got, want)
		}
	}
}

// FuzzParse reads any text: a node or problems with places, never a panic.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"", "a: 1", "a: |\n  x\n", "a: &a {b: *a}", "<<: {a: 1}", "? [a]\n: b", "- - - a", "a: !!str\n", "{a: [b, {c: d}]}", "a: \"\\x\"", "*", "&", "%", "---\n...\n---"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		n, problems := Parse("f", text)
		if n == nil && len(problems) == 0 {
			t.Fatal("neither a node nor a problem")
		}
		for _, p := range problems {
			if p.At.Line < 1 || p.At.Column < 1 {
				t.Fatalf("no place: %v", p)
			}
		}
		if n != nil {
			_ = Decode(n, &sample{})
		}
	})
}
