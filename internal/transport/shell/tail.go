package shell

import "strings"

// tailSize is how much of standard error is kept: enough for the reason, little enough for a report.
const tailSize = 8 * 1024

// tail keeps the last tailSize bytes that were written to it.
type tail struct {
	data []byte
	cut  bool // more was written
}

func (t *tail) write(p []byte) {
	t.cut = t.cut || len(t.data)+len(p) > tailSize
	if len(p) > tailSize {
		p = p[len(p)-tailSize:]
	}
	t.data = append(t.data, p...)
	if len(t.data) > 4*tailSize { // seldom, so that small writes do not each move everything
		t.data = append(t.data[:0], t.data[len(t.data)-tailSize:]...)
	}
}

// String is what was kept, from the first line that is whole: what is left of one whose beginning is gone may be the end of a
// secret, which nobody would recognise.
func (t *tail) String() string {
	text := string(t.data[max(0, len(t.data)-tailSize):])
	if !t.cut {
		return text
	}
	if _, whole, found := strings.Cut(text, "\n"); found && whole != "" {
		return whole
	}
	return text
}
