package stepper

import (
	"context"

	"github.com/slipway/slipway/internal/deploy"
)

// Note is the note of a step that an earlier attempt did. It is zero when there is none or the host cannot be asked.
func (r *Stepper) Note(ctx context.Context, host string, s deploy.Step) deploy.Note {
	d := decide(s, r.Earlier(host))
	if d.verb != keepIt {
		return deploy.Note{}
	}
	s.Number = d.Number()
	var note deploy.Note
	_, _, err := r.watch(ctx, host, r.instance(host, s, d.Try, Scene{}), true, nil, func(line string) {
		if found, ok := deploy.ReadNote(line); ok {
			note = found
		}
	})
	if err != nil {
		return deploy.Note{}
	}
	return note
}
