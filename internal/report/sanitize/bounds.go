package sanitize

import (
	"fmt"
	"unicode/utf8"
)

// TailLines is how many of a step's last lines are kept for the block that says what failed.
const TailLines = 20

// maxLineText is how much of one line of a host is shown, in characters. The journal has it whole.
const maxLineText = 2000

// Shorten is the part of a line that is shown.
func Shorten(line string) string {
	shown := 0
	for at := range line {
		if shown == maxLineText {
			return fmt.Sprintf("%s ... (%d more characters)", line[:at], utf8.RuneCountInString(line[at:]))
		}
		shown++
	}
	return line
}
