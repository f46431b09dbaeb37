package ci

import (
	"fmt"
	"strings"
	"unicode"
)

// Clean makes one line of foreign text safe to print: text stays, and nothing in it can act.
//
//   - ANSI escape sequences are removed: colours are no loss, and others rewrite what is on the screen.
//   - A carriage return or line feed within the line becomes " / ": nothing starts a line of its own. What it does in a
//     terminal is Draw's.
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
	line = strip(strings.ToValidUTF8(strings.TrimRight(line, "\r\n"), "\uFFFD"))
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

// visible reports whether a character leaves a mark, or is the plain space.
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
