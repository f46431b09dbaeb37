package failure

import (
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/report/layout"
)

// maxStatus is how much of a cause stands for a status, in columns.
const maxStatus = 60

// Status is how a span failed, in a few words: the block of its failure has all of them.
func Status(span deploy.Span) string {
	switch {
	case span.Status != "":
		return span.Status
	case span.Outcome == deploy.Unknown:
		return "outcome unknown"
	case span.Err != nil && len(deploy.CausesOf(span.Err.Cause)) > 0:
		return layout.CutWords(layout.OneLine(deploy.CausesOf(span.Err.Cause)[0]), maxStatus)
	}
	return "failed"
}

// Alike puts spans together that failed in the same way.
func Alike(bad []deploy.Span) [][]deploy.Span {
	var groups [][]deploy.Span
	places := map[string]int{}
	for _, span := range bad {
		way := Status(span)
		if span.Err != nil {
			way = span.Err.Alike(way)
		}
		at, known := places[way]
		if !known {
			at = len(groups)
			places[way] = at
			groups = append(groups, nil)
		}
		groups[at] = append(groups[at], span)
	}
	return groups
}
