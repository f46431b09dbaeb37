package stepper

import (
	"context"
	"regexp"
	"strings"

	"slipway/internal/deploy"
)

// noteMark begins a line by which a step says in a few words what it did: "slipway-note: 2 applied". docs/recipes.md tells who
// writes recipes.
const noteMark = "slipway-note: "

// What a step of migrate notes means more where it is one of these.
const notedNothing = "nothing to apply"

var notedApplied = regexp.MustCompile(`^(.* applied): (.+)$`)

// noted is the note in a line that a step printed, where it is one.
func noted(line string) (deploy.Note, bool) {
	text, ok := strings.CutPrefix(line, noteMark)
	text = strings.TrimSpace(text)
	if m := notedApplied.FindStringSubmatch(text); m != nil {
		return deploy.Note{Short: m[1], Applied: strings.Split(m[2], ", ")}, ok
	}
	return deploy.Note{Short: text, Nothing: text == notedNothing}, ok
}

// Note is what a step noted of itself in an earlier attempt that it is kept from; zero where it noted nothing, or the host cannot say.
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
