package layout

import (
	"strings"
	"testing"
)

func TestWrap(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		strings.Repeat("word ", 60), strings.Repeat("x", 300), "a " + strings.Repeat("x", 300) + " b", "run `" + strings.Repeat("long command ", 12) + "` now",
		strings.Repeat("größe日本 ", 40),
	} {
		lines := Wrap(text, 4)
		joined := ""
		for i, line := range lines {
			if i > 0 && !strings.HasPrefix(line, "    ") {
				t.Errorf("not indented: %q", line)
			}
			if Width(line) > Columns && !strings.Contains(line, strings.Repeat("x", Columns)) && !strings.Contains(line, "`") {
				t.Errorf("%d columns: %q", Width(line), line)
			}
			joined += strings.TrimSpace(line) + " "
		}
		if strings.Join(strings.Fields(joined), " ") != strings.Join(strings.Fields(text), " ") {
			t.Errorf("words are lost: %q", lines)
		}
	}
}
