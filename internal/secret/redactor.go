package secret

import (
	"bytes"
	"io"
	"strings"
	"sync"
)

// MinLength is how many bytes a value, or one form of it, needs to be taken out of text. Shorter ones ("1", "yes") would
// take words out of everything and protect nothing: whoever can read the log can guess them.
const MinLength = 4

// Redactor takes known secrets out of text, in all their forms, see formsOf. Where several match, everything that any of them covers
// goes, so that overlapping secrets leave no part behind. A Redactor is safe for concurrent use.
//
// Text that is shown in part is redacted first and cut afterwards. Where it was cut before, Head says so.
type Redactor struct {
	mu    sync.RWMutex
	seen  map[string]form
	all   *patterns
	sound *patterns // of those that are no words, see Own
}

// NewRedactor makes a Redactor that knows these secrets.
func NewRedactor(values ...Secret) *Redactor {
	r := &Redactor{seen: map[string]form{}}
	r.Add(values...)
	return r
}

// Add makes further secrets known, also to Writers that are in use: it holds for what they have not passed on yet.
func (r *Redactor) Add(values ...Secret) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, value := range values {
		for _, f := range formsOf(value.value) {
			if known, again := r.seen[f.text]; again {
				f = f.with(known)
			}
			r.seen[f.text] = f
		}
	}
	var all, sound []form
	for _, f := range r.seen {
		all = append(all, f)
		if f.sound {
			sound = append(sound, f)
		}
	}
	r.all, r.sound = newPatterns(all), newPatterns(sound)
}

func (r *Redactor) current() *patterns {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.all
}

// String is s without secrets. A nil Redactor knows none.
func (r *Redactor) String(s string) string {
	if r == nil {
		return s
	}
	return r.current().redact(s, true)
}

// Own is String for words of Slipway's own: the names of hosts, steps and releases, phases, outcomes, hints. Only secrets
// that cannot be such a word are taken out of them, see sound: a user called deploy, or a PIN of 2026, must not turn the
// command deploy and every release of that year into a mark. Text of others needs String.
func (r *Redactor) Own(s string) string {
	if r == nil {
		return s
	}
	r.mu.RLock()
	known := r.sound
	r.mu.RUnlock()
	return known.redact(s, true)
}

// Head is String for the beginning of a text that was cut: an end of it that may be the beginning of a secret goes, too.
func (r *Redactor) Head(s string) string {
	if r == nil {
		return s
	}
	return r.current().redact(s, false)
}

// redact is s without secrets. What is undecided at the end goes unless it is the last of the text.
func (p *patterns) redact(s string, last bool) string {
	if last && !p.mayBeIn(s) {
		return s
	}
	var out bytes.Buffer
	scan := scanner{patterns: p}
	if done := scan.take(&out, []byte(s), last); done < len(s) && !scan.open {
		out.WriteString(Redacted)
	}
	return out.String()
}

// Writer passes on what is written to it, without secrets, also those that two writes cut apart. It holds back only what
// may be the beginning of a secret; Close passes that on, and does not close w.
func (r *Redactor) Writer(w io.Writer) io.WriteCloser { return &redactingWriter{redactor: r, w: w} }

type redactingWriter struct {
	mu       sync.Mutex
	redactor *Redactor
	w        io.Writer
	stream   stream
}

func (w *redactingWriter) Write(p []byte) (int, error) {
	if err := w.pass(p, false); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (w *redactingWriter) Close() error { return w.pass(nil, true) }

func (w *redactingWriter) pass(p []byte, last bool) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out bytes.Buffer
	w.stream.pass(&out, w.redactor.current(), p, last)
	if out.Len() == 0 {
		return nil
	}
	_, err := w.w.Write(out.Bytes())
	return err
}

// stream is text that comes in pieces: what is held back of it, and where the scanner stands.
type stream struct {
	held    []byte
	covered int
	open    bool
}

func (s *stream) pass(out *bytes.Buffer, known *patterns, p []byte, last bool) {
	scan := scanner{patterns: known, covered: s.covered, open: s.open}
	s.held = append(s.held, p...)
	done := scan.take(out, s.held, last)
	s.held = append(s.held[:0], s.held[done:]...)
	s.covered, s.open = scan.covered, scan.open
}

// Lines takes secrets out of lines that come one by one, also those that a program wrapped or folded into several. It is for
// one stream of lines, and not safe for concurrent use.
type Lines struct {
	redactor *Redactor
	stream   stream
	out      bytes.Buffer // the beginning of a line that is not whole yet
}

// Lines makes a redactor of lines. A nil Redactor's pass them on.
func (r *Redactor) Lines() *Lines { return &Lines{redactor: r} }

// Add takes a line, without its end, and gives those that are ready. A line that ends in what may be the beginning of a
// secret waits for the next one, or for Flush. With more, the line goes on in the next one: it was cut for its length.
func (l *Lines) Add(line string, more bool) []string {
	if l.redactor == nil {
		return []string{line}
	}
	end := "\n"
	if more {
		end = ""
	}
	l.stream.pass(&l.out, l.redactor.current(), []byte(line+end), false)
	ready := l.whole()
	if more && l.out.Len() > 0 {
		ready = append(ready, l.out.String())
		l.out.Reset()
	}
	return ready
}

// Flush gives what still waits, when no line follows.
func (l *Lines) Flush() []string {
	if l.redactor == nil {
		return nil
	}
	l.stream.pass(&l.out, l.redactor.current(), nil, true)
	ready := l.whole()
	if l.out.Len() > 0 {
		ready = append(ready, l.out.String())
		l.out.Reset()
	}
	return ready
}

// whole takes the whole lines out of what was passed on.
func (l *Lines) whole() []string {
	end := bytes.LastIndexByte(l.out.Bytes(), '\n')
	if end < 0 {
		return nil
	}
	text := string(l.out.Next(end + 1))
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}
