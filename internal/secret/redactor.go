package secret

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"sync"
)

// MinLength is how many bytes a value, or one form of it, needs to be taken out of text. Shorter ones ("1", "yes") would
// take words out of everything and protect nothing: whoever can read the log can guess them.
const MinLength = 4

// Redactor takes known secrets out of text, in all their Forms. Where several match, everything that any of them covers
// goes, so that overlapping secrets leave no part behind. A Redactor is safe for concurrent use.
type Redactor struct {
	mu       sync.RWMutex
	seen     map[string]bool
	patterns *patterns
}

// NewRedactor makes a Redactor that knows these secrets.
func NewRedactor(values ...Secret) *Redactor {
	r := &Redactor{seen: map[string]bool{}, patterns: newPatterns(nil)}
	r.Add(values...)
	return r
}

// Add makes further secrets known, also to Writers that are in use: it holds for what they have not passed on yet.
func (r *Redactor) Add(values ...Secret) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, value := range values {
		for _, form := range Forms(value) {
			r.seen[form] = true
		}
	}
	all := make([]string, 0, len(r.seen))
	for form := range r.seen {
		all = append(all, form)
	}
	r.patterns = newPatterns(all)
}

func (r *Redactor) current() *patterns {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.patterns
}

// String is s without secrets. A nil Redactor knows none.
func (r *Redactor) String(s string) string {
	if r == nil {
		return s
	}
	p := r.current()
	if !p.occursIn(s) {
		return s
	}
	var out bytes.Buffer
	scan := scanner{patterns: p}
	scan.take(&out, []byte(s), true)
	return out.String()
}

// Writer passes on what is written to it, without secrets, also those that two writes cut apart. It holds back only what
// may be the beginning of a secret, so at most the longest form; Close passes that on, and does not close w.
func (r *Redactor) Writer(w io.Writer) io.WriteCloser { return &redactingWriter{redactor: r, w: w} }

type redactingWriter struct {
	mu       sync.Mutex
	redactor *Redactor
	w        io.Writer
	held     []byte
	covered  int
	started  bool
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
	scan := scanner{patterns: w.redactor.current(), covered: w.covered, open: w.started}
	w.held = append(w.held, p...)
	done := scan.take(&out, w.held, last)
	w.held = append(w.held[:0], w.held[done:]...)
	w.covered, w.started = scan.covered, scan.open
	if out.Len() == 0 {
		return nil
	}
	_, err := w.w.Write(out.Bytes())
	return err
}

// patterns finds forms by their first four bytes: a bitmap says no quickly, a map says which.
type patterns struct {
	maybe    [1 << 16 / 64]uint64
	byStart  map[uint32][]string // longest first
	prefixes map[string]bool     // the one, two and three bytes that forms start with
}

func newPatterns(all []string) *patterns {
	p := &patterns{byStart: map[uint32][]string{}, prefixes: map[string]bool{}}
	for _, form := range all {
		start := startOf(form)
		slot := hash(start)
		p.maybe[slot/64] |= 1 << (slot % 64)
		p.byStart[start] = append(p.byStart[start], form)
		for n := 1; n < MinLength; n++ {
			p.prefixes[form[:n]] = true
		}
	}
	for _, list := range p.byStart {
		slices.SortFunc(list, func(a, b string) int { return len(b) - len(a) })
	}
	return p
}

func startOf[T string | []byte](s T) uint32 {
	return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
}

// hash spreads four bytes over the bitmap (multiplication by a constant near 2^32/phi).
func hash(start uint32) uint32 { return start * 2654435761 >> 16 }

// startingAt are the forms that start with these four bytes.
func (p *patterns) startingAt(start uint32) []string {
	slot := hash(start)
	if p.maybe[slot/64]&(1<<(slot%64)) == 0 {
		return nil
	}
	return p.byStart[start]
}

// occursIn tells whether some form is in s; most lines hold none, and are passed on as they are.
func (p *patterns) occursIn(s string) bool {
	for i := 0; i+MinLength <= len(s); i++ {
		for _, form := range p.startingAt(startOf(s[i:])) {
			if strings.HasPrefix(s[i:], form) {
				return true
			}
		}
	}
	return false
}

// scanner walks over text that comes in pieces.
type scanner struct {
	*patterns
	covered int  // so many bytes from here on belong to a secret that was found already
	open    bool // the byte before here belonged to one: what touches it needs no second mark
}

// take passes on what can be decided of buf and tells how much that was. With last, all of it can.
func (s *scanner) take(out *bytes.Buffer, buf []byte, last bool) int {
	plain := 0 // where text that is passed on unchanged starts
	i := 0
	for ; i < len(buf); i++ {
		length, undecided := s.at(buf[i:], last)
		if undecided {
			break
		}
		if length > 0 {
			if s.covered == 0 && !s.open {
				out.Write(buf[plain:i])
				out.WriteString(Redacted)
			} else if s.covered == 0 {
				out.Write(buf[plain:i])
			}
			s.covered = max(s.covered, length)
		}
		if s.covered > 0 {
			s.covered--
			s.open = true
			plain = i + 1
		} else {
			s.open = false
		}
	}
	out.Write(buf[plain:i])
	return i
}

// at tells how long the longest form is that starts here, and whether more text is needed to say so.
func (s *scanner) at(rest []byte, last bool) (length int, undecided bool) {
	if len(rest) < MinLength {
		return 0, !last && s.prefixes[string(rest)]
	}
	for _, form := range s.startingAt(startOf(rest)) {
		switch {
		case len(form) <= len(rest):
			if string(rest[:len(form)]) == form {
				return len(form), false
			}
		case !last && strings.HasPrefix(form, string(rest)):
			return 0, true
		}
	}
	return 0, false
}
