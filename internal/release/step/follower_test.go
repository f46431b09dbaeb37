package step

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// follow gives a log and its trailer to a follower, in chunks of a size.
func follow(text string, size int) (lines []string, f *follower) {
	f = &follower{token: "TOKEN", out: func(line string) { lines = append(lines, line) }}
	for chunk := range slices.Chunk([]byte(text), size) {
		_, _ = f.Write(chunk)
	}
	f.flush()
	return lines, f
}

func TestFollower(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ä", longest)
	for name, test := range map[string]struct {
		log    string
		lines  []string
		status string
	}{
		"empty":                {"", nil, "exit 0"},
		"no newline at end":    {"a\nb", []string{"a", "b"}, "exit 0"},
		"newline at end":       {"a\n\n", []string{"a", ""}, "signal TERM"},
		"cut before its end":   {"a\nb", []string{"a", "b"}, ""},
		"long, no newline":     {strings.Repeat("x", 2*longest+1), []string{strings.Repeat("x", longest), strings.Repeat("x", longest), "x"}, "exit 2"},
		"long before trailer":  {strings.Repeat("x", longest+trailer-3), []string{strings.Repeat("x", longest), strings.Repeat("x", trailer-3)}, "exit 2"},
		"exactly a piece":      {strings.Repeat("x", longest) + "\n", []string{strings.Repeat("x", longest)}, "exit 0"},
		"long with characters": {"x" + long, []string{"x" + long[:longest-2], long[longest-2 : 2*longest-2], long[2*longest-2:]}, "exit 0"},
		"not UTF-8":            {strings.Repeat("\x80", longest+1) + "\n", []string{strings.Repeat("\x80", longest-3), "\x80\x80\x80\x80"}, "exit 0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := test.log
			if test.status != "" {
				text += "TOKEN " + test.status + "\n"
			}
			for _, size := range []int{1, 7, 4096, 1 << 20} {
				lines, f := follow(text, size)
				if !slices.Equal(lines, test.lines) || f.status != test.status {
					t.Errorf("in chunks of %d: %d lines, status %q", size, len(lines), f.status)
				}
			}
		})
	}
}

func TestFollowerHoldsLittle(t *testing.T) {
	f := &follower{token: "TOKEN", out: func(string) {}}
	for range 256 {
		_, _ = f.Write(bytes.Repeat([]byte("x"), 32<<10))
		if len(f.rest) > longest+trailer {
			t.Fatalf("holds %d bytes", len(f.rest))
		}
	}
	if cap(f.rest) > 4*longest {
		t.Errorf("took %d bytes", cap(f.rest))
	}
}

func FuzzFollower(f *testing.F) {
	f.Add("a\nb\r\n\n", 3)
	f.Add("\x80TOKE\nTOKEN", 1)
	f.Fuzz(func(t *testing.T, log string, size int) {
		if strings.Contains(log, "TOKEN ") || strings.HasSuffix(log, "TOKEN") || size < 1 {
			return
		}
		lines, follower := follow(log+"TOKEN exit 4\n", size)
		want := strings.Split(log, "\n")
		if want[len(want)-1] == "" {
			want = want[:len(want)-1]
		}
		if follower.status != "exit 4" || (len(log) < longest && !slices.Equal(lines, want)) {
			t.Errorf("%q gives %q and %q", log, lines, follower.status)
		}
		for _, line := range lines {
			if len(line) > longest || (utf8.ValidString(log) && !utf8.ValidString(line)) {
				t.Errorf("a bad piece of %d bytes", len(line))
			}
		}
	})
}
