package markdown

import (
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
