package shell

import (
	"bytes"
	"io"
)

// frames finds tokens in a stream of bytes that arrives in pieces.
type frames struct {
	r      io.Reader
	buffer []byte // all of the space
	held   []byte // part of the buffer: read and not given out yet
}

func newFrames(r io.Reader) *frames { return &frames{r: r, buffer: make([]byte, 32*1024)} }

// until hands everything before the next occurrence of the token to emit, in pieces that are valid until it returns, and
// takes the token out of the stream. Bytes that may be the token's beginning wait for the next ones. When the stream
// ends first, all of it has been handed over.
func (f *frames) until(token string, emit func([]byte)) error {
	for {
		if at := bytes.Index(f.held, []byte(token)); at >= 0 {
			if at > 0 {
				emit(f.held[:at])
			}
			f.held = f.held[at+len(token):]
			return nil
		}
		if free := len(f.held) - partial(f.held, token); free > 0 {
			emit(f.held[:free])
			f.held = f.held[free:]
		}
		if err := f.fill(); err != nil {
			if len(f.held) > 0 {
				emit(f.held)
				f.held = nil
			}
			return err
		}
	}
}

// line is the rest of the line, without its end. It is at most a buffer long: the session's own lines are short.
func (f *frames) line() (string, error) {
	for {
		if at := bytes.IndexByte(f.held, '\n'); at >= 0 {
			line := string(f.held[:at])
			f.held = f.held[at+1:]
			return line, nil
		}
		if len(f.held) == len(f.buffer) {
			return "", io.ErrShortBuffer
		}
		if err := f.fill(); err != nil {
			return "", err
		}
	}
}

// fill reads at least a byte behind what is held.
func (f *frames) fill() error {
	n := copy(f.buffer, f.held)
	for {
		read, err := f.r.Read(f.buffer[n:])
		f.held = f.buffer[:n+read]
		if read > 0 {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// partial is the length of the longest end of data that the token begins with.
func partial(data []byte, token string) int {
	for n := min(len(token)-1, len(data)); n > 0; n-- {
		if string(data[len(data)-n:]) == token[:n] {
			return n
		}
	}
	return 0
}
