package pack

import (
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/artifact/content"
)

// FuzzIgnore holds that any text is an ignore file or is refused with its line, and that what is left out stays so.
func FuzzIgnore(f *testing.F) {
	f.Add("*.pyc\n!a.pyc\nbuild/\n", "x/a.pyc")
	f.Add("[a\n\\log\n**/y/**\n\ufeff#", "y/z")
	f.Add("dist/*\n!dist/keep\r\n", "dist/keep")
	f.Fuzz(func(t *testing.T, text, path string) {
		if len(text) > 300 || len(path) > 100 {
			return
		}
		rules, err := parseIgnore(text)
		if err != nil {
			if !strings.Contains(err.Error(), content.IgnoreFile+":") {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		first := rules.ignored(path, false)
		if rules.ignored(path, false) != first {
			t.Errorf("%q, %q: two answers", text, path)
		}
		if !strings.Contains(text, "!") && rules.ignored(".git", true) == false {
			t.Errorf("%q: .git is packed", text)
		}
	})
}
