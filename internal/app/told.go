package app

import (
	"strings"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/report/layout"
)

// told is an error as a person reads it: hosts that failed in the same way stand together, with what to do below them. Each text is
// made safe before it is broken into lines.
func told(err error, safe func(string) string) string {
	errs, all := failuresIn(err)
	if !all {
		return safe(err.Error())
	}
	bare := func(e *deploy.Error) string {
		without := *e
		without.Host, without.Hint = "", ""
		return without.Error()
	}
	var lines []string
	for _, group := range deploy.Grouped(errs, func(e *deploy.Error) string { return bare(e) + "\n" + e.Hint }) {
		var hosts []string
		for _, e := range group {
			if e.Host != "" {
				hosts = append(hosts, e.Host)
			}
		}
		text := safe(bare(group[0]))
		if len(hosts) > 0 {
			text = layout.Named(hosts, ", ") + ": " + text
		}
		lines = append(lines, text)
		if hint := safe(group[0].Hint); hint != "" {
			lines = append(lines, layout.Labelled("hint", hint)...)
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
