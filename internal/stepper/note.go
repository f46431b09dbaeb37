package stepper

import (
	"context"
	"strings"

	"slipway/internal/deploy"
)

// Note is what a step noted of itself in an earlier attempt that it is kept from; "" where it noted nothing, or the host cannot say.
func (r *Stepper) Note(ctx context.Context, host string, s deploy.Step) string {
	d := decide(s, r.Earlier(host))
	if d.verb != keepIt {
		return ""
	}
	s.Number = d.Number()
	note := ""
	_, _, err := r.watch(ctx, host, r.instance(host, s, d.Try, Scene{}), true, func(line string) {
		if text, ok := strings.CutPrefix(line, noteMark); ok {
			note = strings.TrimSpace(text)
		}
	})
	if err != nil {
		return ""
	}
	return note
}
