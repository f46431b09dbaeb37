package ci_test

import (
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/ci"
)

// TestDraw: a line is what a terminal shows of it in the end.
func TestDraw(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, in, want string }{
		{"plain", "größe ✓", "größe ✓"},
		{"colours", "\x1b[1;31mred\x1b[0m", "red"},
		{"CR draws over", "50%\r100%", "100%"},
		{"and leaves what it does not reach", "loading 50%\rdone", "doneing 50%"},
		{"unless it is erased", "loading 50%\r\x1b[Kdone", "done"},
		{"or blanked", "loading 50%\r           \rdone", "done"},
		{"erased whole", "loading\x1b[2K\rError: no space", "Error: no space"},
		{"to the beginning", "abcdef\b\b\x1b[1Kx", "    xf"},
		{"backspaces", "/-\b\\\b|", "/|"},
		{"a sequence that does not end", "a\x1b[", "a"},
		{"a spinner", "|\b/\b-\bdone", "done"},
		{"backspace at the start", "\b\bab", "ab"},
		{"moves", "abc\x1b[2DX\x1b[1CY\x1b[2Gz", "azcY"},
		{"deletes", "abcdef\x1b[1G\x1b[3P", "def"},
		{"far to the right", "a\x1b[999999999Cb", "a" + strings.Repeat(" ", 199) + "b"},
		{"CRs at the end", "100%\r\r\n", "100%"},
		{"up and down do nothing", "a\x1b[1A\x1b[5B\x1b]0;t\ab", "ab"},
	} {
		if got := ci.Clean(ci.Draw(test.in)); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

// FuzzClean: what is cleaned stays as it is when it is cleaned again, is one line, and holds nothing that acts.
func FuzzClean(f *testing.F) {
	for _, seed := range []string{"50%\r100%", "a\b\bb", "\x1b[2K\x1b[5Gx\x1b[3P", "a\nb\r\n", "\x1b]0;t\ax", "\u009b5D", "x\x1b[99999C##[y"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if drawn := ci.Draw(line); strings.Contains(drawn, "\r") || len(drawn) > 10*len(line)+1000 {
			t.Fatalf("%q is drawn as %q", line, drawn)
		}
		got := ci.Clean(ci.Draw(line))
		if again := ci.Clean(got); again != got {
			t.Fatalf("%q becomes %q, and then %q", line, got, again)
		}
		for _, r := range got {
			if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
				t.Fatalf("%q becomes %q", line, got)
			}
		}
		if strings.Contains(got, "##[") || len(got) > 10*len(line)+1000 {
			t.Fatalf("%q becomes %d bytes: %.200q", line, len(got), got)
		}
	})
}
