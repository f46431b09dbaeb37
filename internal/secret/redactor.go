package secret

import (
	"bytes"
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
	mu     sync.RWMutex
	values map[string]bool
	seen   map[string]form // of the values, by text
	all    *patterns
	sound  *patterns // of those that are no words, see Own
}

// NewRedactor makes a Redactor that knows these secrets.
func NewRedactor(values ...Secret) *Redactor {
	r := &Redactor{values: map[string]bool{}, seen: map[string]form{}, all: newPatterns(nil), sound: newPatterns(nil)}
	r.Add(values...)
	return r
}

// Add makes further secrets known, also to Lines that are in use: it holds for what they have not passed on yet. What is known
// already costs nothing: the same secrets come from the environment, from a command's flags, and from the files that these name.
func (r *Redactor) Add(values ...Secret) {
	r.mu.Lock()
	defer r.mu.Unlock()
	before := len(r.values)
	for _, value := range values {
		if r.values[value.value] {
			continue
		}
		r.values[value.value] = true
		for _, f := range formsOf(value.value) {
			if known, again := r.seen[f.text]; again {
				f = f.with(known)
			}
			r.seen[f.text] = f
		}
	}
	if len(r.values) == before {
		return
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

// Lines takes secrets out of lines that come one by one, also those that a program wrapped or folded into several, or that a
// cut went through: what is taken out does not depend on where it was cut. It is for one stream of lines, and not safe for
// concurrent use.
type Lines struct {
	redactor *Redactor
	held     []byte // may be the beginning of a secret
	covered  int    // see scanner
	open     bool
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
	if !more {
		line += "\n"
	}
	l.pass(line, false)
	return l.ready(more)
}

// Flush gives what still waits, when no line follows.
func (l *Lines) Flush() []string {
	if l.redactor == nil {
		return nil
	}
	l.pass("", true)
	return l.ready(true)
}

// pass takes secrets out of what is held and of text, as far as they can be told yet; with last, all.
func (l *Lines) pass(text string, last bool) {
	scan := scanner{patterns: l.redactor.current(), covered: l.covered, open: l.open}
	l.held = append(l.held, text...)
	done := scan.take(&l.out, l.held, last)
	l.held = append(l.held[:0], l.held[done:]...)
	l.covered, l.open = scan.covered, scan.open
}

// ready takes the whole lines out of what was passed on, with part also the beginning of one.
func (l *Lines) ready(part bool) []string {
	var lines []string
	if end := bytes.LastIndexByte(l.out.Bytes(), '\n'); end >= 0 {
		text := string(l.out.Next(end + 1))
		lines = strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	}
	if part && l.out.Len() > 0 {
		lines = append(lines, l.out.String())
		l.out.Reset()
	}
	return lines
}
