package markdown

import (
	"regexp"
	"strings"
	"testing"
)

func TestMarkdown(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ in, plain, words string }{
		{"Collect static files", "Collect static files", "Collect static files"},
		{"web-1", "web-1", "web-1"},
		{"the step's keep_releases", "the step's keep_releases", "the step's keep_releases"},
		{"shop.0042, shop.0043 stay", "shop.0042, shop.0043 stay", "shop.0042, shop.0043 stay"},
		{"see www.evil.com", "`see www.evil.com`", "see `www.evil.com`"},
		{"see https://x.y", "`see https://x.y`", "see `https://x.y`"},
		{"a@b.co", "`a@b.co`", "`a@b.co`"},
		{"@anna.", "`@anna.`", "`@anna`."},
		{"<b>x</b>", "`<b>x</b>`", "`<b>x</b>`"},
		{"a|b", "`a|b`", "`a|b`"},
		{"_x_", "`_x_`", "`_x_`"},
		{":tada:", "`:tada:`", "`:tada`:"},
		{"run `slipway rollback` now", "``run `slipway rollback` now``", "run `slipway rollback` now"},
		{"odd ` tick", "``odd ` tick``", "``odd ` tick``"},
		{"`x", "`` `x ``", "`` `x ``"},
	} {
		if got := Plain(test.in); got != test.plain {
			t.Errorf("Plain(%q) is %q, want %q", test.in, got, test.plain)
		}
		if got := Words(test.in); got != test.words {
			t.Errorf("words(%q) is %q, want %q", test.in, got, test.words)
		}
	}
}

func TestFence(t *testing.T) {
	t.Parallel()
	got := Fence("text", []string{"a", "````", "```"})
	if want := "`````text\na\n````\n```\n`````\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestLink(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://x.y/a(b)?c=<d>": "[go](<https://x.y/a%28b%29?c=%3Cd%3E>)",
		"javascript:alert(1)":    "go",
		"https://user:pw@x.y":    "go",
		"//x.y":                  "go",
		"https://":               "go",
	} {
		if got := Link("go", address); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}

// A line of ours with code in it stays one, and code spans never touch.
func TestWordsWithCode(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`like [{http: "http://127.0.0.1:8000/", header: "X: ${NAME}"}], or not`: "like `[{http: \"http://127.0.0.1:8000/\", header: \"X: ${NAME}\"}]`, or not",
		"give `activate` a `verify`": "give `activate` a `verify`",
		"`a`<b>":                     "`a<b>`",
		"<a>`b`":                     "`<a>b`",
		"`a``b`":                     "`ab`",
		"`a` `b`":                    "`a` `b`",
		"see <a> <b>, then":          "see `<a> <b>`, then",
		"x [ y":                      "x `[` y",
		"one\n# two":                 "one `#` two",
		"`a\n- b`":                   "`a - b`",
		"|---|---|":                  "`|---|---|`",
	} {
		if got := Words(in); got != want {
			t.Errorf("%q is %s, want %s", in, got, want)
		}
	}
}

func TestRow(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		cells []string
		want  string
	}{
		{[]string{"a", "", "b"}, "| a | | b |"},
		{[]string{"`x|y`"}, `| ` + "`x" + `\|` + "y`" + ` |`},
		{[]string{`a\|b`}, `| a\¦b |`},
	} {
		if got := Row(test.cells...); got != test.want {
			t.Errorf("%q is %s, want %s", test.cells, got, test.want)
		}
	}
}

// FuzzMarkdown: whatever a text is, it is one line, in which every code span is closed and nothing outside of one acts.
func FuzzMarkdown(f *testing.F) {
	for _, seed := range []string{"`a``b`", "<b>`x`", "| a |\n|---|", "[x](y) `", "a\\|b", "@anna #1 http://x", "**b** _c_ ~d~", "`` ` ``", "[{a `b` c}]", "\r\n- x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for name, got := range map[string]string{"words": Words(text), "plain": Plain(strings.Join(strings.Fields(text), " ")), "code": Code(text)} {
			if strings.ContainsAny(got, "\n\r") {
				t.Fatalf("%s of %q has several lines: %q", name, text, got)
			}
			rest, closed := outside(got)
			if !closed || strings.ContainsAny(rest, "<>&@[]*~\\`#|") {
				t.Fatalf("%s of %q is %q: outside code there is %q", name, text, got, rest)
			}
		}
		row := Row(Plain(strings.Join(strings.Fields(text), " ")), "b")
		if bars := strings.Count(row, "|") - strings.Count(row, `\|`); bars != 3 || strings.Contains(row, `\\|`) {
			t.Fatalf("a row of %d bars: %q", bars, row)
		}
	})
}

// outside is what of a line stands outside code spans: a run of backticks goes up to the next run of the same length.
func outside(line string) (rest string, closed bool) {
	runs := regexp.MustCompile("`+").FindAllStringIndex(line, -1)
	at := 0
	for i := 0; i < len(runs); i++ {
		rest += line[at:runs[i][0]]
		end := i + 1
		for end < len(runs) && runs[end][1]-runs[end][0] != runs[i][1]-runs[i][0] {
			end++
		}
		if end == len(runs) {
			return rest, false
		}
		at, i = runs[end][1], end
	}
	return rest + line[at:], true
}
