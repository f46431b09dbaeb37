package step

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/slipway/slipway/internal/deploy"
)

// longest is how much of a line without an end is kept together.
const longest = deploy.LongestLine

// trailer is more than a line of the launcher can take: the token, a word, the newline.
const trailer = 256

// follower is the output of the launcher: it cuts the log into lines, keeps count of its bytes, and finds what the
// launcher says in between and at the end. The log may hold anything, and need not end with a newline; only the launcher
// knows the token.
type follower struct {
	token  string
	out    func(line string)
	next   int64  // the byte of the log after the last one given out
	status string // what follows the token at the end; "" until it came
	rest   []byte // of a line that has not ended
}

func (f *follower) Write(p []byte) (int, error) {
	f.rest = append(f.rest, p...)
	start := 0
	for {
		pending := f.rest[start:]
		if end := bytes.IndexByte(pending, '\n'); end >= 0 {
			start += f.line(pending[:end])
		} else if len(pending) >= longest+trailer {
			start += f.piece(pending)
		} else {
			break
		}
	}
	if start > 0 { // or a long line would be moved onto itself for every few bytes of it
		f.rest = append(f.rest[:0], f.rest[start:]...)
	}
	return len(p), nil
}

// line takes a whole line without its end, and returns how many bytes of it need not be read again. What stands before the
// token is the log's: the beginning of a line that may go on behind the launcher's.
func (f *follower) line(line []byte) int {
	at := bytes.LastIndex(line, []byte(f.token+" "))
	if at < 0 {
		f.text(line)
		f.next++
		return len(line) + 1
	}
	word, value, _ := strings.Cut(string(line[at+len(f.token)+1:]), " ")
	begin, err := strconv.ParseInt(value, 10, 64)
	if word == "at" && err == nil && begin == f.next+int64(at) {
		// The log goes on right here. The launcher's line is taken out from behind the log's.
		copy(line[len(line)+1-at:len(line)+1], line[:at])
		return len(line) + 1 - at
	}
	if at > 0 {
		f.text(line[:at])
	}
	switch {
	case word == "at" && err == nil:
		f.out(fmt.Sprintf("(%d bytes of the output are not shown here: the host keeps the beginning and the end of a long log)", begin-f.next))
		f.next = begin
	case word == "lossy":
		f.out("(some of the output is lost: the disk of the host was full)")
	default:
		f.status = string(line[at+len(f.token)+1:])
	}
	return len(line) + 1
}

// text gives out a line, in pieces if it is too long for one.
func (f *follower) text(line []byte) {
	for len(line) > longest {
		line = line[f.piece(line):]
	}
	f.give(line)
}

// piece gives out the beginning of a line that is too long, and returns how much; it does not cut a character in two.
func (f *follower) piece(line []byte) int {
	cut := longest
	for back := 1; back < utf8.UTFMax && !utf8.RuneStart(line[cut]); back++ {
		cut--
	}
	f.give(line[:cut])
	return cut
}

func (f *follower) give(text []byte) {
	f.next += int64(len(text))
	f.out(string(text))
}

// flush gives out what came without an end, when nothing more will come.
func (f *follower) flush() {
	if len(f.rest) > 0 {
		f.text(f.rest)
		f.rest = nil
	}
}
