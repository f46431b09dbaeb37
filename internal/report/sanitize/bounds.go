package sanitize

import (
	"fmt"
	"unicode/utf8"
)

// TailLines is how many of a step's last lines are kept for the block that says what failed.
const TailLines = 20

// How much of one line of a host is shown, in characters. The journal has it whole.
const (
	maxLine = 2000
	head    = 200
)

// Shorten is the part of a line that is shown: how it begins, and its end, for there stands the error. It comes after a line is
// made safe: no half of a secret is left by the cut.
func Shorten(line string) string {
	if len(line) <= maxLine || utf8.RuneCountInString(line) <= maxLine {
		return line
	}
	runes := []rune(line)
	left := len(runes) - maxLine
	return fmt.Sprintf("%s ... (%d characters) ... %s", string(runes[:head]), left, string(runes[head+left:]))
}
