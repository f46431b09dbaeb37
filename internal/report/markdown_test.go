package report

import (
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
		{"a|b", "`a¦b`", "`a¦b`"},
		{"_x_", "`_x_`", "`_x_`"},
		{":tada:", "`:tada:`", "`:tada`:"},
		{"run `slipway rollback` now", "``run `slipway rollback` now``", "run `slipway rollback` now"},
		{"odd ` tick", "``odd ` tick``", "``odd ` tick``"},
		{"`x", "`` `x ``", "`` `x ``"},
	} {
		if got := plainMarkdown(test.in); got != test.plain {
			t.Errorf("plainMarkdown(%q) is %q, want %q", test.in, got, test.plain)
		}
		if got := words(test.in); got != test.words {
			t.Errorf("words(%q) is %q, want %q", test.in, got, test.words)
		}
	}
}

func TestFence(t *testing.T) {
	t.Parallel()
	got := fence("text", []string{"a", "````", "```"})
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
		if got := link("go", address); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}

func TestWrap(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		strings.Repeat("word ", 60), strings.Repeat("x", 300), "a " + strings.Repeat("x", 300) + " b", "run `" + strings.Repeat("long command ", 12) + "` now",
		strings.Repeat("größe日本 ", 40),
	} {
		lines := wrap(text, 4)
		joined := ""
		for i, line := range lines {
			if i > 0 && !strings.HasPrefix(line, "    ") {
				t.Errorf("not indented: %q", line)
			}
			if width(line) > columns && !strings.Contains(line, strings.Repeat("x", columns)) && !strings.Contains(line, "`") {
				t.Errorf("%d columns: %q", width(line), line)
			}
			joined += strings.TrimSpace(line) + " "
		}
		if strings.Join(strings.Fields(joined), " ") != strings.Join(strings.Fields(text), " ") {
			t.Errorf("words are lost: %q", lines)
		}
	}
}
