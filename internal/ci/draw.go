package ci

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Draw is what a terminal shows of a line that a host printed: a carriage return, a backspace and the sequences that move within
// the line or erase parts of it act, so that the last state of a progress bar stays and what came before it does not. It is for
// whole lines of a host alone: within a sentence of ours, a host could draw over our words.
func Draw(line string) string {
	line = strings.TrimRight(line, "\r\n")
	if !strings.ContainsAny(line, "\r\b\x1b\u009b") {
		return line
	}
	line = strings.ToValidUTF8(line, "\uFFFD")
	var c cells
	for line != "" {
		r, size := utf8.DecodeRuneInString(line)
		if n := sequence(line, r); n > 0 {
			c.control(line[:n])
			line = line[n:]
			continue
		}
		switch r {
		case '\r':
			c.at = 0
		case '\b':
			c.at = max(0, c.at-1)
		default:
			c.put(r)
		}
		line = line[size:]
	}
	if c.moved {
		return strings.TrimRight(string(c.runes), " ")
	}
	return string(c.runes)
}

// maxColumn is how far to the right a sequence may move: a terminal ends somewhere, too.
const maxColumn = 200

// cells are a line of a terminal.
type cells struct {
	runes []rune
	at    int
	moved bool // something may have been drawn over
}

func (c *cells) put(r rune) {
	if c.at < len(c.runes) {
		c.runes[c.at] = r
		c.moved = true
	} else {
		c.fill(c.at)
		c.runes = append(c.runes, r)
	}
	c.at++
}

// fill makes the line at least so long.
func (c *cells) fill(columns int) {
	for len(c.runes) < columns {
		c.runes = append(c.runes, ' ')
	}
}

// control does what a CSI sequence says, of those that move within a line or erase it.
func (c *cells) control(sequence string) {
	body, ok := strings.CutPrefix(sequence, "\x1b[")
	if !ok {
		if body, ok = strings.CutPrefix(sequence, "\u009b"); !ok {
			return
		}
	}
	if body == "" { // it does not end
		return
	}
	text, final := body[:len(body)-1], body[len(body)-1]
	n, err := strconv.Atoi(text)
	if err != nil && text != "" {
		return // private, or of several parameters: none of these
	}
	limit := max(len(c.runes), maxColumn)
	steps := min(max(n, 1), limit)
	switch final {
	case 'G', '`':
		c.at = steps - 1
	case 'C':
		c.at = min(c.at+steps, limit)
	case 'D':
		c.at = max(0, c.at-steps)
	case 'K':
		c.erase(n)
	case 'P':
		if c.at < len(c.runes) {
			c.runes = slices.Delete(c.runes, c.at, min(c.at+steps, len(c.runes)))
		}
	case 'X':
		for i := c.at; i < min(c.at+steps, len(c.runes)); i++ {
			c.runes[i] = ' '
		}
	}
}

// erase erases to the end, to the beginning, or all.
func (c *cells) erase(what int) {
	c.moved = true
	switch what {
	case 0:
		c.runes = c.runes[:min(c.at, len(c.runes))]
	case 1:
		for i := range min(c.at+1, len(c.runes)) {
			c.runes[i] = ' '
		}
	case 2:
		c.runes = c.runes[:0]
	}
}
