package deploy

import (
	"strings"

	"github.com/slipway/slipway/internal/lazyregexp"
)

// Note is what a step says of itself in a few words: "2 applied: shop.0042, shop.0043".
type Note struct {
	Short   string   // what stands beside its result: "2 applied", "12.3 MB"
	Applied []string // what a step of migrate applied, where it says so: "shop.0042", "shop.0043"
	Nothing bool     // a step of migrate says that it applied nothing
}

// NoteOf is a note of which nothing more is known than its text.
func NoteOf(text string) Note { return Note{Short: text} }

// IsZero reports whether the step said nothing.
func (n Note) IsZero() bool { return n.Short == "" }

// String is the whole note, as the step said it.
func (n Note) String() string {
	if len(n.Applied) == 0 {
		return n.Short
	}
	return n.Short + ": " + strings.Join(n.Applied, ", ")
}

// noteMark begins a line by which a step says in a few words what it did: "slipway-note: 2 applied". It is documented in
// docs/recipes.md.
const noteMark = "slipway-note: "

// notedNothing is the note of a step of migrate that had nothing to do.
const notedNothing = "nothing to apply"

// notedApplied is the note of a step of migrate that says what it applied.
var notedApplied = lazyregexp.New(`^(.* applied): (.+)$`)

// ReadNote is the note that a line of a step's output is, if it is one.
func ReadNote(line string) (note Note, ok bool) {
	text, ok := strings.CutPrefix(line, noteMark)
	text = strings.TrimSpace(text)
	if m := notedApplied.FindStringSubmatch(text); m != nil {
		return Note{Short: m[1], Applied: strings.Split(m[2], ", ")}, ok
	}
	return Note{Short: text, Nothing: text == notedNothing}, ok
}
