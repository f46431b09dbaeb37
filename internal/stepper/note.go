package stepper

import (
	"context"
	"regexp"
	"strings"

	"slipway/internal/deploy"
)

// noteMark begins a line by which a step says in a few words what it did: "slipway-note: 2 applied". It is documented in
// docs/recipes.md.
const noteMark = "slipway-note: "

// Notes of a step of migrate that have a meaning.
const notedNothing = "nothing to apply"

var notedApplied = regexp.MustCompile(`^(.* applied): (.+)$`)

// noted returns the note that a line of output is, if it is one.
func noted(line string) (deploy.Note, bool) {
	text, ok := strings.CutPrefix(line, noteMark)
	text = strings.TrimSpace(text)
	if m := notedApplied.FindStringSubmatch(text); m != nil {
		return deploy.Note{Short: m[1], Applied: strings.Split(m[2], ", ")}, ok
	}
	return deploy.Note{Short: text, Nothing: text == notedNothing}, ok
}

// Note is the note of a step that an earlier attempt did. It is zero when there is none or the host cannot be asked.
func (r *Stepper) Note(ctx context.Context, host string, s deploy.Step) deploy.Note {
	d := decide(s, r.Earlier(host))
	if d.verb != keepIt {
		return deploy.Note{}
	}
	s.Number = d.Number()
	var note deploy.Note
	_, _, err := r.watch(ctx, host, r.instance(host, s, d.Try, Scene{}), true, func(line string) {
		if found, ok := noted(line); ok {
			note = found
		}
	})
	if err != nil {
		return deploy.Note{}
	}
	return note
}
