// Package sanitize makes events safe to print: no secrets, nothing that acts on a terminal or a CI, nothing without a bound. It
// is done once, at the door of report; what is cut or compared further in is clean by then.
package sanitize

import (
	"slices"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/secret"
)

// Sanitizer takes secrets out of texts. The zero Sanitizer knows none.
type Sanitizer struct{ Redactor *secret.Redactor }

// Line makes a line printable. Secrets are looked for before cleaning, as the host printed them, and after it, as people would
// read them: colours inside a secret are gone by then.
func (s Sanitizer) Line(line string) string {
	return s.Redactor.String(ci.Clean(s.Redactor.String(line)))
}

// Own is Line for words of Slipway's own, and of the deploy file's: see secret.Redactor.Own.
func (s Sanitizer) Own(line string) string { return s.Redactor.Own(ci.Clean(line)) }

// short is Line with a bound, for what a host says.
func (s Sanitizer) short(text string) string { return Shorten(s.Line(text)) }

// remote is what is shown of a line that a host printed: what a terminal would show of it in the end.
func (s Sanitizer) remote(line string) string { return s.short(ci.Draw(s.Redactor.String(line))) }

func (s Sanitizer) own(texts []string) []string {
	texts = slices.Clone(texts)
	for i := range texts {
		texts[i] = s.Own(texts[i])
	}
	return texts
}

// tail are the last of the lines that a host printed one after the other, of which a secret may take several.
func (s Sanitizer) tail(lines []string) []string {
	safe := redactTogether(s.Redactor.Lines(), lines)
	safe = slices.Clone(safe[max(0, len(safe)-TailLines):])
	for i := range safe {
		safe[i] = s.remote(safe[i])
	}
	return safe
}
