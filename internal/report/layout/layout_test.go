package layout

import (
	"slices"
	"strings"
	"testing"
	"time"
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

func TestCutWords(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, want string }{
		{"", ""},
		{"exit 1", "exit 1"},
		{"runs what https://ci.example.com/1 activated", "runs what …"},
		{"runs what 1 activated", "runs what 1 …"},
		{"https://ci.example.com/1", "https://ci.example…"},
		{"größe größe größe größe", "größe größe größe …"},
	} {
		if got := CutWords(test.text, 19); got != test.want || Width(got) > 19 {
			t.Errorf("%q: %q", test.text, got)
		}
	}
}

func TestProse(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		took                        time.Duration
		columns, prose, whole, said string
	}{
		{800 * time.Millisecond, "0.8s", "0.8 s", "0.8s", "0.8 s"},
		{21400 * time.Millisecond, "21.4s", "21.4 s", "21s", "21 s"},
		{65 * time.Second, "1m05s", "1m05s", "1m05s", "1m05s"},
		{62 * time.Minute, "1h02m", "1h02m", "1h02m", "1h02m"},
	} {
		if got := []string{Seconds(test.took), ProseSeconds(test.took), WholeSeconds(test.took), ProseWholeSeconds(test.took)}; !slices.Equal(got, []string{test.columns, test.prose, test.whole, test.said}) {
			t.Errorf("%s: %q", test.took, got)
		}
	}
}

// A part that no line has room for goes on in the next one; nothing of it is lost.
func TestFlowLosesNothing(t *testing.T) {
	t.Parallel()
	const url = "https://github.com/acme-corporation-of-the-north/site-of-the-company/actions/runs/1412/attempts/3"
	lines := Flow("activate   FAIL  web1   ", []string{"restart: it says at " + url + " why", "0.2s"})
	want := []string{"activate   FAIL  web1   restart: it says at", strings.Repeat(" ", 24) + url, strings.Repeat(" ", 24) + "why", strings.Repeat(" ", 24) + "0.2s"}
	if !slices.Equal(lines, want) {
		t.Errorf("%q", lines)
	}
}
