package deploy

import (
	"strings"
	"testing"
)

// TestSlug: a name's slug is what the journal on a host knows the step by.
func TestSlug(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("Move the customers of region ", 2)
	for name, want := range map[string]string{
		"Migrate":              "migrate",
		"Collect static files": "collect-static-files",
		" (web) & workers! ":   "web-workers",
		"Café":                 "caf-73473dcc",
		"Мигр":                 "",
		"!":                    "",
		"":                     "",
		long + "1":             "",
	} {
		got := Step{Name: name}.Slug()
		if want != "" && got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
		if got == "" || len(got) > maxSlug || strings.Trim(got, "-") != got || notInSlug.MatchString(strings.ReplaceAll(got, "-", "")) {
			t.Errorf("%q is %q: no plain part of a path", name, got)
		}
	}
	for _, pair := range [][2]string{{long + "1", long + "2"}, {"Мигр", "Кэш"}, {"Café", "Cafè"}} {
		if one, other := (Step{Name: pair[0]}).Slug(), (Step{Name: pair[1]}).Slug(); one == other {
			t.Errorf("%q and %q both are %s", pair[0], pair[1], one)
		}
	}
}
