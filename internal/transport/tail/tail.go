// Package tail keeps the end of what is written, for a report: the reason stands there. It must not know who writes.
package tail

import "strings"

// Size is how much is kept, in bytes: enough for the reason, little enough for a report.
const Size = 8 * 1024

// Tail keeps the last Size bytes that were written to it. It is not safe for concurrent use.
type Tail struct {
	data []byte
	cut  bool // more was written
}

// Add keeps p as what was written last.
func (t *Tail) Add(p []byte) {
	t.cut = t.cut || len(t.data)+len(p) > Size
	if len(p) > Size {
		p = p[len(p)-Size:]
	}
	t.data = append(t.data, p...)
	if len(t.data) > 4*Size { // seldom, so that small writes do not each move everything
		t.data = append(t.data[:0], t.data[len(t.data)-Size:]...)
	}
}

// TooLong stands for a line of which the beginning was not kept, where no line is whole.
const TooLong = "(a line that is too long to be shown)"

// String is what was kept, from the first line that is whole: what is left of one whose beginning is gone may begin with the end of a
// secret, which nobody would recognise. Where none is whole, it is TooLong.
func (t *Tail) String() string {
	text := string(t.data[max(0, len(t.data)-Size):])
	if !t.cut {
		return text
	}
	if _, whole, found := strings.Cut(text, "\n"); found && whole != "" {
		return whole
	}
	return TooLong
}
