// Package recipetest runs recipes with the real software, in the environment of a step: their scripts, daemons of the test, a deploy path with
// two releases, visitors (tests alone). A test of a recipe lies beside it, in recipes/<group>.
package recipetest

import (
	"testing"

	"github.com/slipway/slipway/internal/cookbook"
)

// Rendered is a recipe's script; what it requires and with does not give is "x".
func Rendered(t *testing.T, uses string, with map[string]string) string {
	t.Helper()
	return Scripts(t, uses, with).Run
}

// Undoing is the script that takes back what Rendered did.
func Undoing(t *testing.T, uses string, with map[string]string) string {
	t.Helper()
	return Scripts(t, uses, with).Undo
}

// Stopping is the script that ends what Rendered started.
func Stopping(t *testing.T, uses string, with map[string]string) string {
	t.Helper()
	return Scripts(t, uses, with).Stop
}

// Logging is the script that prints the log of what Rendered started.
func Logging(t *testing.T, uses string, with map[string]string) string {
	t.Helper()
	return Scripts(t, uses, with).Log
}

// Scripts are all scripts of a recipe; what it requires and with does not give is "x", of an absolute path "/x", of some words the first.
func Scripts(t *testing.T, uses string, with map[string]string) cookbook.Scripts {
	t.Helper()
	recipe, err := cookbook.Find(nil, uses)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]cookbook.Value{}
	for _, p := range recipe.Params {
		if value, given := with[p.Name]; given {
			values[p.Name] = cookbook.Text(value)
		} else if p.Required && len(p.OneOf) > 0 {
			values[p.Name] = cookbook.Text(p.OneOf[0])
		} else if p.Required {
			values[p.Name] = cookbook.Text(map[string]string{cookbook.Absolute: "/"}[p.Where] + "x")
		}
	}
	all, err := recipe.Render(values)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Python is the host's.
const Python = "/usr/bin/python3"
