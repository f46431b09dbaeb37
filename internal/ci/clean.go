package ci

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean makes one line of foreign text safe to print: text stays, and nothing in it can act.
//
//   - ANSI escape sequences are removed: colours are no loss, and others rewrite what is on the screen.
//   - A carriage return or line feed within the line becomes " / ": nothing starts a line of its own.
//   - Other control characters, and characters that cannot be seen (zero-width, direction marks, line separators, BOM), are
//     written out as <U+200B>. The runner compares by rules of language in which such characters do not count, so that
//     "#<U+200B>#[" is "##[" to it.
//   - Invalid UTF-8 becomes U+FFFD.
//   - "##[" becomes "## [": the runner obeys it anywhere in a line.
//
// A line that starts with :: is still a command to the runner, so the caller puts something before it; the log does.
func Clean(line string) string {
	if isPlain(line) {
		return line
	}
	line = strings.TrimRight(line, "\r\n")
	line = stripEscapes(strings.ToValidUTF8(line, "\uFFFD"))
	var b strings.Builder
	for _, r := range line {
		switch {
		case r == '\t':
			b.WriteString("    ")
		case r == '\r' || r == '\n':
			b.WriteString(" / ")
		case unicode.Is(unicode.Variation_Selector, r): // how an emoji is drawn: no loss
		case !visible(r):
			fmt.Fprintf(&b, "<U+%04X>", r)
		default:
			b.WriteRune(r)
		}
	}
	return strings.ReplaceAll(b.String(), "##[", "## [")
}

// CleanText is Clean for text of several lines, which it keeps.
func CleanText(text string) string {
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for i, line := range lines {
		lines[i] = Clean(line)
	}
	return strings.Join(lines, "\n")
}

// isPlain tells the common case apart: printable ASCII without "##[".
func isPlain(line string) bool {
	for i := range len(line) {
		if line[i] < ' ' || line[i] > '~' {
			return false
		}
	}
	return !strings.Contains(line, "##[")
}

// visible tells whether a character leaves a mark, or is the plain space.
func visible(r rune) bool {
	return unicode.IsPrint(r) && !unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r)
}

// guard keeps a line of ours from being a command, if what it starts with is not ours after all.
func guard(line string) string {
	if strings.HasPrefix(strings.TrimLeftFunc(line, unicode.IsSpace), "::") {
		return "| " + line
	}
	return line
}

// stripEscapes removes ANSI escape sequences (ECMA-48): CSI ... final byte; OSC, DCS, SOS, PM and APC up to their
// terminator; others of two characters. A sequence that does not end loses its start only, so that its text is seen.
func stripEscapes(s string) string {
	if !strings.ContainsAny(s, "\x1b\u009b\u009d\u0090\u0098\u009e\u009f") {
		return s
	}
	var b strings.Builder
	for s != "" {
		r, size := utf8.DecodeRuneInString(s)
		kind := rune(0)
		switch {
		case r == 0x1b && len(s) > 1:
			kind, size = rune(s[1]), 2
			if s[1] >= utf8.RuneSelf {
				kind, size = 0, 1
			}
		case r >= 0x80 && r <= 0x9f:
			kind = r - 0x40 // the 8-bit form of the same
		}
		switch {
		case kind == '[':
			s = s[size:]
			if n := csiLength(s); n > 0 {
				s = s[n:]
			}
		case strings.ContainsRune("]PX^_", kind) && kind != 0:
			s = s[size:]
			if n := stringLength(s); n > 0 {
				s = s[n:]
			}
		case r == 0x1b:
			s = s[size:]
			if kind == '(' || kind == ')' || kind == '#' || kind == '%' || kind == ' ' { // one more byte belongs to it
				if s != "" && s[0] < utf8.RuneSelf && s[0] >= ' ' {
					s = s[1:]
				}
			}
		default:
			b.WriteRune(r)
			s = s[size:]
		}
	}
	return b.String()
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
