package recorder

import (
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
)

// Applied is what the migrate steps left behind, with its verb: "shop.0042, shop.0043 stay". It has what the
// steps noted. A step that noted nothing of the kind stands there by its name, since it may have changed anything. It is empty when
// nothing was applied. recall gives the note of a step that an earlier attempt ran.
func (rec *Recorder) Applied(recall func(deploy.Span) deploy.Note) string {
	var changes, unknown []string
	for _, step := range rec.Result().Migrated() {
		for _, span := range step.Spans {
			note := span.Note
			if span.Kept > 0 && note.IsZero() {
				note = recall(span)
			}
			switch {
			case len(note.Applied) > 0:
				changes = appendNew(changes, note.Applied...)
			case !note.Nothing:
				unknown = appendNew(unknown, step.Step)
			}
		}
	}
	if len(changes) == 0 {
		changes = unknown
	}
	switch len(changes) {
	case 0:
		return ""
	case 1:
		return changes[0] + " stays"
	}
	return strings.Join(changes, ", ") + " stay"
}

// appendNew appends what is not there yet: a step that runs on several hosts does the same on each.
func appendNew(list []string, more ...string) []string {
	for _, text := range more {
		if !slices.Contains(list, text) {
			list = append(list, text)
		}
	}
	return list
}
