package screen

import (
	"strings"

	"github.com/slipway/slipway/internal/report/layout"
)

const (
	reset = "\x1b[0m"
	dim   = "\x1b[2m"
)

var styles = map[layout.Tone]string{layout.Good: "\x1b[32m", layout.Bad: "\x1b[1;31m", layout.Warn: "\x1b[33m", layout.Strong: "\x1b[1m"}

// colored paints the word that decides a line, where it stands.
func (s *Screen) colored(line string, mark layout.Mark) string {
	style := styles[mark.Tone]
	if !s.color || style == "" || mark.At > len(line) || !strings.HasPrefix(line[mark.At:], mark.Word) {
		return line
	}
	end := mark.At + len(mark.Word)
	return line[:mark.At] + style + mark.Word + reset + line[end:]
}

func (s *Screen) dim(line string) string {
	if !s.color {
		return line
	}
	return dim + line + reset
}
