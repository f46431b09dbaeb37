package ci

import "bytes"

// maxLine is where a line that does not end is cut: a host that prints a gigabyte without a line feed costs no memory.
const maxLine = 64 << 10

// lineWriter splits what is written to it at CR, LF and CRLF, as the runner does.
type lineWriter struct {
	write func(line string)
	held  []byte
	sawCR bool
}

func (w *lineWriter) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		if w.sawCR && p[0] == '\n' { // the second half of CRLF
			p = p[1:]
			w.sawCR = false
			continue
		}
		w.sawCR = false
		end := bytes.IndexAny(p, "\r\n")
		if end < 0 {
			w.held = append(w.held, p...)
			break
		}
		w.sawCR = p[end] == '\r'
		w.held = append(w.held, p[:end]...)
		w.emit()
		p = p[end+1:]
	}
	for len(w.held) > maxLine {
		rest := bytes.Clone(w.held[maxLine:])
		w.held = w.held[:maxLine]
		w.emit()
		w.held = rest
	}
	return n, nil
}

func (w *lineWriter) emit() {
	w.write(string(w.held))
	w.held = w.held[:0]
}

func (w *lineWriter) flush() {
	if len(w.held) > 0 {
		w.emit()
	}
}
