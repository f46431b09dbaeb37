//go:build cookbook

package cookbook

import "testing"

// TestShellcheckOthers lints what TestShellcheck does not.
func TestShellcheckOthers(t *testing.T) {
	t.Parallel()
	lint(t, func(name string) bool { return name != "run" })
}
