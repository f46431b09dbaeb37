package shell

// tailSize is how much of standard error is kept: enough for the reason, little enough for a report.
const tailSize = 8 * 1024

// tail keeps the last tailSize bytes that were written to it.
type tail struct{ data []byte }

func (t *tail) write(p []byte) {
	if len(p) > tailSize {
		p = p[len(p)-tailSize:]
	}
	t.data = append(t.data, p...)
	if len(t.data) > 4*tailSize { // seldom, so that small writes do not each move everything
		t.data = append(t.data[:0], t.data[len(t.data)-tailSize:]...)
	}
}

func (t *tail) String() string {
	if len(t.data) > tailSize {
		return string(t.data[len(t.data)-tailSize:])
	}
	return string(t.data)
}
