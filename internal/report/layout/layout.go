// Package layout sets text: columns of the log, lines that wrap, durations, lists of hosts, names of runs and releases. It
// knows nothing of events.
package layout

import (
	"strings"
	"unicode/utf8"

	textwidth "golang.org/x/text/width"
)

// The Columns of the log, as people know them by heart after a week.
const (
	Columns      = 100 // no line of ours is longer
	PhaseWidth   = 11  // "preflight  "
	StatusWidth  = 6   // "FAIL  "
	TextColumn   = PhaseWidth + StatusWidth
	NameWidth    = 23 // "Collect static files   "
	TimeColumn   = 80 // where the time of a whole step ends
	labelWidth   = 9  // "command  "
	MaxHostWidth = 24
	FewHosts     = 8 // more are counted, not named
)

// Width is how many Columns text takes.
func Width(text string) int {
	n := 0
	for _, r := range text {
		switch textwidth.LookupRune(r).Kind() {
		case textwidth.EastAsianWide, textwidth.EastAsianFullwidth:
			n += 2
		default:
			n++
		}
	}
	return n
}

// Pad fills text with spaces up to a column; text that is too long gets two spaces, so that Columns never touch.
func Pad(text string, column int) string {
	if missing := column - Width(text); missing > 0 {
		return text + strings.Repeat(" ", missing)
	}
	return text + "  "
}

// Cut shortens text to so many Columns.
func Cut(text string, most int) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	n, end := 0, 0 // end is where the text ends that leaves room for the mark
	for i, r := range text {
		if n += Width(string(r)); n > most {
			return text[:end] + "…"
		}
		if n < most {
			end = i + utf8.RuneLen(r)
		}
	}
	return text
}

// CutWords shortens text to so many Columns behind a word, so that no address is torn. Only a first word that is too long is.
func CutWords(text string, most int) string {
	const mark = " …"
	if Width(text) <= most {
		return text
	}
	end := 0
	for i, r := range text {
		if r == ' ' && Width(text[:i])+Width(mark) <= most {
			end = i
		}
	}
	if end == 0 {
		return Cut(text, most)
	}
	return text[:end] + mark
}

// Flow puts parts behind lead, two spaces apart, and goes on below the first part where a line is full.
func Flow(lead string, parts []string) []string {
	indent := min(Width(lead), TextColumn+NameWidth)
	lines := []string{lead}
	fresh := true
	for _, part := range parts {
		last := &lines[len(lines)-1]
		gap := "  "
		if fresh {
			gap = ""
		}
		if !fresh && Width(*last)+len(gap)+Width(part) > Columns {
			lines = append(lines, strings.Repeat(" ", indent)+part)
			continue
		}
		*last += gap + part
		fresh = false
	}
	var set []string
	for _, line := range lines {
		set = append(set, Wrap(strings.TrimRight(line, " "), indent)...)
	}
	return set
}

// Wrap breaks text at spaces so that no line is over 100 Columns; the lines after the first are indented. A word that is
// longer than a line stays whole, and so does what stands between backticks: they are there to be copied.
func Wrap(text string, indent int) []string {
	var lines []string
	for Width(text) > Columns {
		at := -1
		quoted := false
		for i := range text {
			if at >= 0 && Width(text[:i]) > Columns {
				break
			}
			if text[i] == '`' {
				quoted = !quoted
			}
			if text[i] == ' ' && !quoted && i > indent && strings.TrimSpace(text[:i]) != "" {
				at = i
			}
		}
		if at < 0 {
			break
		}
		lines = append(lines, strings.TrimRight(text[:at], " "))
		text = strings.Repeat(" ", indent) + strings.TrimLeft(text[at:], " ")
	}
	return append(lines, text)
}

// OneLine is a text with single spaces in place of all white space.
func OneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// FirstLine is the first line of a text, and says whether there is more.
func FirstLine(text string) string {
	line, _, more := strings.Cut(strings.TrimSpace(text), "\n")
	if more {
		line += " ..."
	}
	return line
}

// Labelled is a line of the last block, like "    hint     lower keep_releases".
func Labelled(label, text string) []string {
	const indent = 4
	return Wrap("    "+Pad(label, labelWidth)+text, indent+labelWidth)
}

// Prefixed is a line with the host that printed it.
func Prefixed(host string, hostWidth int, text string) string {
	return "    " + Pad(host, max(hostWidth, 5)+1) + "| " + text
}
