package recorder

import (
	"slices"
	"strings"

	"slipway/internal/deploy"
)

// What a migrate step notes of itself is read where it is one of these; docs/recipes.md tells who writes recipes.
const (
	noteNothing = "nothing to apply"
	noteApplied = " applied: " // "2 applied: shop.0042, shop.0043"
)

// Applied is what the migrate steps left behind, with its verb: "shop.0042, shop.0043 stay". It is what the steps noted;
// of steps that noted nothing of the kind their names, since they may have changed anything. Empty when nothing was applied. recall
// gives what a step noted that an earlier attempt ran.
func (rec *Recorder) Applied(recall func(deploy.Span) string) string {
	var changes, unknown []string
	for _, step := range rec.Result().Steps {
		if step.Phase != deploy.Migrate {
			continue
		}
		for _, span := range step.Spans {
			if span.Kept > 0 && span.Note == "" {
				span.Note = recall(span)
			}
			if _, list, ok := strings.Cut(span.Note, noteApplied); ok {
				changes = appendNew(changes, list)
			} else if span.Note != noteNothing {
				unknown = appendNew(unknown, step.Step)
			}
		}
	}
	if len(changes) == 0 {
		changes = unknown
	}
	text := strings.Join(changes, ", ")
	switch {
	case text == "":
		return ""
	case len(changes) == 1 && !strings.Contains(text, ", "):
		return text + " stays"
	}
	return text + " stay"
}

// appendNew appends what is not there yet: a step that runs on several hosts does the same on each.
func appendNew(list []string, text string) []string {
	if slices.Contains(list, text) {
		return list
	}
	return append(list, text)
}
