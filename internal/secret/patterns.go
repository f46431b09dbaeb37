package secret

import (
	"bytes"
	"slices"
)

// form is one text that gives a secret away.
type form struct {
	text  string
	loose bool // also where line breaks or colours stand within it
	sound bool // no word that Slipway itself could write
}

// with is one form that was found in two ways.
func (f form) with(other form) form {
	f.loose, f.sound = f.loose || other.loose, f.sound || other.sound
	return f
}

// patterns finds forms by their first four bytes: a bitmap says no quickly, a map says which.
type patterns struct {
	maybe    [1 << 16 / 64]uint64
	byStart  map[uint32][]form // longest first
	prefixes map[string]bool   // the one, two and three bytes that forms start with
}

func newPatterns(all []form) *patterns {
	p := &patterns{byStart: map[uint32][]form{}, prefixes: map[string]bool{}}
	for _, f := range all {
		start := startOf(f.text)
		slot := hash(start)
		p.maybe[slot/64] |= 1 << (slot % 64)
		p.byStart[start] = append(p.byStart[start], f)
		for n := 1; n < MinLength; n++ {
			p.prefixes[f.text[:n]] = true
		}
	}
	for _, list := range p.byStart {
		slices.SortFunc(list, func(a, b form) int { return len(b.text) - len(a.text) })
	}
	return p
}

func startOf[T string | []byte](s T) uint32 {
	return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
}

// hash spreads four bytes over the bitmap (multiplication by a constant near 2^32/phi).
func hash(start uint32) uint32 { return start * 2654435761 >> 16 }

// startingAt are the forms that start with these four bytes.
func (p *patterns) startingAt(start uint32) []form {
	slot := hash(start)
	if p.maybe[slot/64]&(1<<(slot%64)) == 0 {
		return nil
	}
	return p.byStart[start]
}

// mayBeIn reports whether some form may start in s; most lines hold none, and are passed on as they are.
func (p *patterns) mayBeIn(s string) bool {
	for i := 0; i+MinLength <= len(s); i++ {
		if len(p.startingAt(startOf(s[i:]))) > 0 {
			return true
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

// take passes on what can be decided of buf and returns how much that was. With last, all of it can. Line breaks within a
// secret stay, so that lines remain lines.
func (s *scanner) take(out *bytes.Buffer, buf []byte, last bool) int {
	plain := 0 // where text that is passed on unchanged starts
	i := 0
	for ; i < len(buf); i++ {
		length, undecided := s.at(buf[i:], last)
		if undecided {
			break
		}
		s.covered = max(s.covered, length)
		switch {
		case s.covered == 0:
			s.open = false
			continue
		case buf[i] == '\n':
			out.Write(buf[plain : i+1])
			s.open = false
		default:
			out.Write(buf[plain:i])
			if !s.open {
				out.WriteString(Redacted)
			}
			s.open = true
		}
		plain = i + 1
		s.covered--
	}
	out.Write(buf[plain:i])
	return i
}

// at gives the length of the longest text that starts here and is a form, and whether more text is needed to say so.
func (s *scanner) at(rest []byte, last bool) (length int, undecided bool) {
	if len(rest) < MinLength {
		return 0, !last && s.prefixes[string(rest)]
	}
	for _, f := range s.startingAt(startOf(rest)) {
		n, more := f.match(rest)
		if more && !last {
			return 0, true
		}
		length = max(length, n)
	}
	return length, false
}

// match gives the length of the text that is the form, 0 for none, and whether the text ends before it can be told.
func (f form) match(rest []byte) (length int, more bool) {
	if !f.loose {
		if len(rest) < len(f.text) {
			return 0, string(rest) == f.text[:len(rest)]
		}
		if string(rest[:len(f.text)]) == f.text {
			return len(f.text), false
		}
		return 0, false
	}
	at, broken := 0, false // broken: a line has just ended
	for i := 0; i < len(f.text); {
		switch {
		case at == len(rest):
			return 0, true
		case rest[at] == f.text[i]:
			i++
			at++
			broken = false
			continue
		}
		if isBlank(f.text[i:]) {
			return at, false
		}
		skipped, more := gap(rest[at:])
		if skipped > 0 && rest[at] != 0x1b {
			if broken {
				return 0, false
			}
			broken = true
		}
		if skipped == 0 && isSpace(rest[at]) && (isSpace(f.text[i]) || f.text[i-1] == '\n') {
			skipped = 1
		}
		if more || skipped == 0 {
			return 0, more
		}
		at += skipped
		for i < len(f.text) && isSpace(f.text[i]) {
			i++
		}
	}
	return at, false
}

// longestIndent is how many spaces at the beginning of a line count as its indentation.
const longestIndent = 64

// gap is the length of what programs put into a value where they wrap or colour it: a line break with the indentation of the
// line after it, the backslash of a line that goes on, an escape sequence. more is set where the text ends within one.
func gap(rest []byte) (length int, more bool) {
	switch rest[0] {
	case '\\':
		if len(rest) == 1 {
			return 0, true
		}
		if rest[1] != '\n' && rest[1] != '\r' {
			return 0, false
		}
		length, more = gap(rest[1:])
		return length + 1, more
	case '\r', '\n':
		length = 1
		if rest[0] == '\r' && len(rest) == 1 {
			return 0, true
		}
		if rest[0] == '\r' && rest[1] == '\n' {
			length++
		}
		for length < len(rest) && length < longestIndent && (rest[length] == ' ' || rest[length] == '\t') {
			length++
		}
		return length, false
	case 0x1b:
		return escapeSequence(rest)
	}
	return 0, false
}

// escapeSequence is the length of a control sequence (ECMA-48): ESC [, parameters, a final byte.
func escapeSequence(rest []byte) (length int, more bool) {
	if len(rest) == 1 {
		return 0, true
	}
	if rest[1] != '[' {
		return 0, false
	}
	const longest = 32
	for i := 2; i < len(rest); i++ {
		switch {
		case rest[i] >= 0x40 && rest[i] <= 0x7e:
			return i + 1, false
		case rest[i] < 0x20 || rest[i] > 0x3f || i > longest:
			return 0, false
		}
	}
	return 0, true
}

// isBlank reports whether only space is left of a form, which gives nothing away.
func isBlank(text string) bool {
	for i := range len(text) {
		if !isSpace(text[i]) {
			return false
		}
	}
	return true
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }
