package screen

import (
	"strings"

	"slipway/internal/report/layout"
	"slipway/internal/report/outcome"
)

const (
	reset     = "\x1b[0m"
	dim       = "\x1b[2m"
	green     = "\x1b[32m"
	boldGreen = "\x1b[1;32m"
	red       = "\x1b[1;31m"
	yellow    = "\x1b[33m"
	bold      = "\x1b[1m"
)

// colored paints the word that decides a line.
func (s *Screen) colored(line string) string {
	if !s.color {
		return line
	}
	for word, good := range outcome.Words() {
		style := red
		if good {
			style = boldGreen
		}
		if rest, ok := strings.CutPrefix(line, word); ok {
			return style + word + reset + rest
		}
	}
	for _, head := range []struct{ word, style string }{{"WARNING", yellow}, {"Slipway ", bold}} {
		if rest, ok := strings.CutPrefix(line, head.word); ok {
			return head.style + head.word + reset + rest
		}
	}
	if len(line) > layout.TextColumn && line[layout.PhaseWidth-1] == ' ' && line[0] != ' ' {
		phase, rest := line[:layout.PhaseWidth], line[layout.TextColumn:]
		word := strings.TrimRight(line[layout.PhaseWidth:layout.TextColumn], " ")
		if style := map[string]string{"ok": green, "FAIL": red}[word]; style != "" {
			return phase + style + word + reset + strings.Repeat(" ", layout.StatusWidth-len(word)) + rest
		}
	}
	return line
}

func (s *Screen) dim(line string) string {
	if !s.color {
		return line
	}
	return dim + line + reset
}
