package step

import (
	"bytes"
	"unicode/utf8"
)

// longest is how much of a line without an end is kept together.
const longest = 64 << 10

// trailer is more than the last line of the launcher can take: the token, the status, the newline.
const trailer = 256

// follower is the output of the launcher: it cuts the log into lines and finds the status behind it. The log may hold
// anything, and need not end with a newline; only the launcher knows the token.
type follower struct {
	token  string
	out    func(line string)
	status string // what follows the token; "" until it came
	rest   []byte // of a line that has not ended
}

func (f *follower) Write(p []byte) (int, error) {
	f.rest = append(f.rest, p...)
	start := 0
	for {
		pending := f.rest[start:]
		if end := bytes.IndexByte(pending, '\n'); end >= 0 {
			f.line(pending[:end])
			start += end + 1
		} else if len(pending) >= longest+trailer {
			start += f.piece(pending)
		} else {
			break
		}
	}
	f.rest = append(f.rest[:0], f.rest[start:]...)
	return len(p), nil
}

// line takes a whole line. What stands before the token is the log's last line, which had no end.
func (f *follower) line(line []byte) {
	at := bytes.LastIndex(line, []byte(f.token+" "))
	if at < 0 {
		f.text(line)
		return
	}
	if at > 0 {
		f.text(line[:at])
	}
	f.status = string(line[at+len(f.token)+1:])
}

// text gives out a line, in pieces if it is too long for one.
func (f *follower) text(line []byte) {
	for len(line) > longest {
		line = line[f.piece(line):]
	}
	f.out(string(line))
}

// piece gives out the beginning of a line that is too long, and tells how much; it does not cut a character in two.
func (f *follower) piece(line []byte) int {
	cut := longest
	for back := 1; back < utf8.UTFMax && !utf8.RuneStart(line[cut]); back++ {
		cut--
	}
	f.out(string(line[:cut]))
	return cut
}

// flush gives out what came without an end, when the output stopped midway.
func (f *follower) flush() {
	if len(f.rest) > 0 {
		f.text(f.rest)
		f.rest = nil
	}
}
