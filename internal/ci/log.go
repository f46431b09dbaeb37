package ci

import (
	"io"
	"unicode/utf8"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/secret"
)

// Log is the log of a job, in the dialect of its CI. It is the one writer of standard output: two writers would let a line of
// one end up inside a line of the other. It is safe for concurrent use.
//
// Whatever a line holds, it is cleaned before it is written, and nothing in it acts.
type Log interface {
	// Mask makes the CI take a secret out of everything that follows. It comes before anything is printed.
	Mask(s secret.Secret)

	// Print writes a line that is Slipway's own.
	Print(line string)

	// Remote writes a line that a host printed, or that belongs between such lines. The CI obeys nothing in it.
	Remote(line string)

	// Group starts a section of the log that can be folded. Sections are flat: a second one ends the first.
	Group(title string)

	// EndGroup ends the section.
	EndGroup()

	// Annotate puts remarks beside the files that they concern and on the page of the run. A CI that shows only so many of a
	// level gets the first ones, and the last of those says how many are left out.
	Annotate(list ...Annotation)

	// Close ends the log. Its error is the first of a write: a log that nobody reads any more does not end a deployment.
	Close() error
}

// Annotation is a remark that a CI shows beside a line of a file. All but the level may be empty.
type Annotation struct {
	Level   deploy.Level
	At      deploy.Position
	Title   string
	Message string
	URL     string // a page that it is about, for a CI whose remarks are links
}

// NewLog is the log of the CI that runs the job; a plain one where there is none, or where it has no commands.
func (r Run) NewLog(w io.Writer, getenv func(string) string) Log {
	if p := platformNamed(r.Platform); p.log != nil {
		return p.log(w, getenv)
	}
	return NewPlain(w)
}

// clip cuts text to so many characters, and says so.
func clip(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	const mark = " ..."
	return string([]rune(text)[:most-len(mark)]) + mark
}

// latch is a writer that never fails, and keeps the first error.
type latch struct {
	w   io.Writer
	err error
}

func (l *latch) Write(p []byte) (int, error) {
	if l.err == nil {
		_, l.err = l.w.Write(p)
	}
	return len(p), nil
}
