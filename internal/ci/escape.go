package ci

import (
	"strings"
	"unicode/utf8"
)

// strip leaves escape sequences (ECMA-48) out: colours are no loss, and others rewrite what is on the screen.
func strip(line string) string {
	if !strings.ContainsAny(line, "\x1b\u009b\u009d\u0090\u0098\u009e\u009f") {
		return line
	}
	var b strings.Builder
	for line != "" {
		r, size := utf8.DecodeRuneInString(line)
		if n := sequence(line, r); n > 0 {
			line = line[n:]
			continue
		}
		if r != '\x1b' {
			b.WriteRune(r)
		}
		line = line[size:]
	}
	return b.String()
}

// sequence is how long the escape sequence is that a text begins with: CSI ... final byte; OSC, DCS, SOS, PM and APC up to their
// terminator; others of two characters or three. 0 where there is none; of one that does not end only the start counts, so that
// its text is seen.
func sequence(s string, first rune) int {
	var kind rune
	var size int
	switch {
	case first == 0x1b && len(s) > 1 && s[1] < utf8.RuneSelf && s[1] >= ' ':
		kind, size = rune(s[1]), 2
	case first >= 0x80 && first <= 0x9f:
		kind, size = first-0x40, utf8.RuneLen(first) // the 8-bit form of the same
	default:
		return 0
	}
	switch {
	case kind == '[':
		return size + csiLength(s[size:])
	case strings.ContainsRune("]PX^_", kind):
		return size + stringLength(s[size:])
	case first != 0x1b:
		return 0
	case strings.ContainsRune("()#% ", kind) && len(s) > size && s[size] < utf8.RuneSelf && s[size] >= ' ': // one more byte belongs to it
		return size + 1
	}
	return size
}

// csiLength is how long the parameters and the final byte of a CSI sequence are; 0 when it does not end.
func csiLength(s string) int {
	for i := range len(s) {
		switch {
		case s[i] >= 0x40 && s[i] <= 0x7e:
			return i + 1
		case s[i] < 0x20 || s[i] > 0x3f:
			return 0
		}
	}
	return 0
}

// stringLength is how long a control string is with its terminator (BEL, ESC \ or ST); 0 when it does not end.
func stringLength(s string) int {
	end := 0
	for _, terminator := range []string{"\a", "\x1b\\", "\u009c"} {
		if i := strings.Index(s, terminator); i >= 0 && (end == 0 || i+len(terminator) < end) {
			end = i + len(terminator)
		}
	}
	return end
}
