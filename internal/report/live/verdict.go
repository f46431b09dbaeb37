package live

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/report/failure"
	"github.com/slipway/slipway/internal/report/layout"
)

// stepLines are the verdict of a step: who did it, how long it took, or how it failed.
func stepLines(e deploy.StepDone) []string {
	bad := deploy.FailedSpans(e.Spans)
	lead := layout.Pad(string(e.Phase), layout.PhaseWidth) + layout.Pad(statusMark(e.Spans).Word, layout.StatusWidth)
	name := e.Step
	runner := len(e.Spans) == 1 && e.Spans[0].Host == deploy.RunnerName
	alone := (e.Phase == deploy.Migrate || e.Phase == deploy.Undo) && len(e.Spans) == 1 // its host stands beside the step's name
	switch {
	case runner:
		name += " (runner)"
	case alone:
		name += " (on " + e.Spans[0].Host + ")"
	}
	var parts []string
	switch {
	case runner && e.Spans[0].Warns():
		parts = []string{spanText(e.Spans[0], false)}
	case len(bad) == 0 && (e.Step == "" || e.Note != "" || alone || runner):
		return wholeStep(lead, name, e)
	case len(e.Spans) > layout.FewHosts:
		parts = manyHosts(e.Spans, bad)
	default:
		made, brought := e.Spans, []deploy.Span(nil)
		if len(bad) == 0 {
			made, brought = apart(e.Spans)
		}
		for _, span := range made {
			text := spanText(span, len(bad) > 0)
			if !alone && !runner {
				text = span.Host + " " + text
			}
			parts = append(parts, text)
		}
		parts = append(parts, broughtParts(brought)...)
	}
	if e.Note != "" {
		parts = append(parts, e.Note)
	}
	if name == "" {
		return layout.Flow(lead, parts)
	}
	return layout.Flow(lead+layout.Pad(name, layout.NameWidth), parts)
}

// wholeStep is a verdict without the hosts: a note, and the time of the whole at the right.
func wholeStep(lead, name string, e deploy.StepDone) []string {
	note := e.Note
	if note == "" && len(e.Spans) == 1 {
		note = e.Spans[0].Note.Short // "2 applied"; which they are stands in the lines above
	}
	if note == "" && name == "" {
		note = layout.Plural(len(e.Spans), "host")
	}
	line := lead
	if name != "" {
		line += layout.Pad(name, layout.NameWidth)
	}
	line += note
	lines := layout.Wrap(strings.TrimRight(line, " "), layout.TextColumn)
	if len(e.Spans) == 0 {
		return lines
	}
	took := layout.Seconds(deploy.Elapsed(e.Spans))
	last := &lines[len(lines)-1]
	if timed := layout.Pad(*last, max(layout.TimeColumn-layout.Width(took), layout.Width(*last)+2)) + took; layout.Width(timed) <= layout.Columns {
		*last = timed
	}
	return lines
}

// apart tells those who did a step's work from those who got it from them.
func apart(spans []deploy.Span) (made, brought []deploy.Span) {
	for _, span := range spans {
		if span.From == "" {
			made = append(made, span)
		} else {
			brought = append(brought, span)
		}
	}
	return made, brought
}

// broughtParts say who got what others made: "-> web2 web3 12.3 MB 0.8s".
func broughtParts(spans []deploy.Span) []string {
	if len(spans) == 0 {
		return nil
	}
	hosts := make([]string, len(spans))
	for i, span := range spans {
		hosts[i] = span.Host
	}
	return []string{strings.TrimSpace("-> "+layout.Names(hosts, " ")+" "+spans[0].Note.String()) + " " + layout.Seconds(deploy.Elapsed(spans))}
}

// manyHosts counts, and names the exceptions.
func manyHosts(spans, bad []deploy.Span) []string {
	if made, brought := apart(spans); len(bad) == 0 && len(brought) > 0 {
		var parts []string
		for _, span := range made { // one: what many do, nobody gets
			parts = append(parts, span.Host+" "+spanText(span, false))
		}
		return append(parts, broughtParts(brought)...)
	}
	if len(bad) == 0 {
		slowest := slices.MaxFunc(spans, func(a, b deploy.Span) int { return int(a.Duration - b.Duration) })
		return []string{layout.Plural(len(spans), "host"), "slowest " + slowest.Host + " " + layout.Seconds(slowest.Duration)}
	}
	ok := 0
	for _, span := range spans {
		if span.Outcome == deploy.Succeeded {
			ok++
		}
	}
	parts := []string{fmt.Sprintf("%d of %d ok", ok, len(spans))}
	groups := failure.Alike(bad)
	for _, group := range groups[:min(len(groups), layout.FewHosts)] {
		if len(group) > namedAlike { // the last block names them
			parts = append(parts, layout.Plural(len(group), "host")+" "+failure.Status(group[0]))
			continue
		}
		for _, span := range group {
			parts = append(parts, span.Host+" "+spanText(span, true))
		}
	}
	if len(groups) > layout.FewHosts {
		more := 0
		for _, group := range groups[layout.FewHosts:] {
			more += len(group)
		}
		parts = append(parts, fmt.Sprintf("and %d more", more))
	}
	return parts
}

// namedAlike is how many hosts that failed in the same way a verdict names.
const namedAlike = 3

// spanText is what became of one host. Where some host failed, "ok" tells the others apart.
func spanText(span deploy.Span, mixed bool) string {
	took := layout.Seconds(span.Duration)
	switch {
	case span.Outcome == deploy.NotRun:
		return "skipped"
	case span.Failed(), span.Warns():
		return failure.Status(span) + " " + took
	case mixed:
		return "ok " + took
	}
	if !span.Note.IsZero() {
		return took + " (" + span.Note.String() + ")"
	}
	return took
}

// status is the verdict in one word, from what went wrong. What was only cancelled failed at nothing, and what nobody
// saw end may have gone well.
func status(bad []deploy.Span) string {
	switch {
	case len(bad) == 0:
		return okWord
	case !slices.ContainsFunc(bad, func(s deploy.Span) bool { return !s.Cancelled() }):
		return "STOP"
	case !slices.ContainsFunc(bad, func(s deploy.Span) bool { return s.Outcome != deploy.Unknown }):
		return "?"
	}
	return failWord
}

// statusMark is where a verdict of spans has that word, or that something went wrong which fails nothing.
func statusMark(spans []deploy.Span) layout.Mark {
	bad := deploy.FailedSpans(spans)
	mark := layout.Mark{At: layout.PhaseWidth, Word: status(bad), Tone: layout.Bad}
	switch {
	case len(bad) == 0 && slices.ContainsFunc(spans, deploy.Span.Warns):
		mark.Word, mark.Tone = warnWord, layout.Warn
	case len(bad) == 0:
		mark.Tone = layout.Good
	case mark.Word != failWord:
		mark.Tone = layout.Warn
	}
	return mark
}

// The words of a verdict that went well, of one that did not, and of one where that is a warning.
const (
	okWord   = "ok"
	failWord = "FAIL"
	warnWord = "warn"
)
