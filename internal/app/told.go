package app

import (
	"strings"

	"slipway/internal/deploy"
	"slipway/internal/report/layout"
)

// told is an error as a person reads it: hosts that failed in the same way stand together, with what to do below them. Each text is
// made safe before it is broken into lines.
func told(err error, safe func(string) string) string {
	errs, all := failuresIn(err)
	if !all {
		return safe(err.Error())
	}
	type group struct {
		hosts      []string
		text, hint string
	}
	groups, places := []group{}, map[string]int{}
	for _, e := range errs {
		bare := *e
		bare.Host, bare.Hint = "", ""
		like := e.Alike(bare.Error() + "\n" + e.Hint)
		at, known := places[like]
		if !known {
			at = len(groups)
			groups, places[like] = append(groups, group{text: safe(bare.Error()), hint: safe(e.Hint)}), at
		}
		if e.Host != "" {
			groups[at].hosts = append(groups[at].hosts, e.Host)
		}
	}
	var lines []string
	for _, g := range groups {
		text := g.text
		if len(g.hosts) > 0 {
			text = layout.Named(g.hosts, ", ") + ": " + text
		}
		lines = append(lines, text)
		if g.hint != "" {
			lines = append(lines, layout.Labelled("hint", g.hint)...)
		}
	}
	return strings.Join(lines, "\n")
}

// failuresIn are the failures that an error is made of; false where it holds anything else.
func failuresIn(err error) (list []*deploy.Error, all bool) {
	switch e := err.(type) { //nolint:errorlint // what is wrapped by a text of its own is told by that text
	case *deploy.Error:
		return []*deploy.Error{e}, true
	case interface{ Unwrap() []error }:
		for _, part := range e.Unwrap() {
			found, ok := failuresIn(part)
			if !ok {
				return nil, false
			}
			list = append(list, found...)
		}
		return list, len(list) > 0
	}
	return nil, false
}
