package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"slipway/internal/deploy"
)

// stepDone gives the verdict of a step.
func (r *Reporter) stepDone(e deploy.StepDone) {
	r.work.stepDone(e.Phase, e.Step)
	if !perHost(e.Phase) {
		r.stream.verdict(streamKey{e.Phase, e.Step}, r.journal())
	}
	r.forget(e.Spans)
	r.say(keptLines(e)...)
	if own := withoutKept(e); len(own.Spans) > 0 || len(e.Spans) == 0 {
		r.say(stepLines(own)...)
	}
	r.stream.next()
}

// journal is where the whole log of a step is.
func (r *Reporter) journal() string {
	if r.header.Deployment == "" {
		return ""
	}
	return fmt.Sprintf(": .slipway/deployments/%s/steps", r.header.Deployment)
}

// stepLines are the verdict of a step: who did it, how long it took, or how it failed.
func stepLines(e deploy.StepDone) []string {
	bad := failing(e.Spans)
	lead := pad(string(e.Phase), phaseWidth) + pad(status(bad), statusWidth)
	name := e.Step
	if e.Phase == deploy.Migrate && len(e.Spans) == 1 {
		name += " (on " + e.Spans[0].Host + ")"
	}
	var parts []string
	switch {
	case len(bad) == 0 && (e.Step == "" || e.Note != "" || e.Phase == deploy.Migrate && len(e.Spans) == 1):
		return wholeStep(lead, name, e)
	case len(e.Spans) > fewHosts:
		parts = manyHosts(e.Spans, bad)
	default:
		made, brought := e.Spans, []deploy.Span(nil)
		if len(bad) == 0 {
			made, brought = apart(e.Spans)
		}
		for _, span := range made {
			text := spanText(span, len(bad) > 0)
			if name == e.Step || name == "" { // else the name says which host
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
		return flow(lead, parts)
	}
	return flow(lead+pad(name, nameWidth), parts)
}

// wholeStep is a verdict without the hosts: a note, and the time of the whole at the right.
func wholeStep(lead, name string, e deploy.StepDone) []string {
	note := e.Note
	if note == "" && len(e.Spans) == 1 {
		note, _, _ = strings.Cut(e.Spans[0].Note, ": ") // "2 applied"; which they are stands in the lines above
	}
	if note == "" && name == "" {
		note = plural(len(e.Spans), "host")
	}
	line := lead
	if name != "" {
		line += pad(name, nameWidth)
	}
	line += note
	took := ""
	if len(e.Spans) > 0 {
		took = seconds(elapsed(e.Spans))
	}
	if took == "" {
		return wrap(strings.TrimRight(line, " "), textColumn)
	}
	lines := wrap(line, textColumn)
	last := &lines[len(lines)-1]
	*last = pad(*last, max(timeColumn-width(took), width(*last)+2)) + took
	if width(*last) > columns {
		*last = strings.TrimSpace(strings.TrimSuffix(*last, took))
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
	return []string{strings.TrimSpace("-> "+names(hosts, " ")+" "+spans[0].Note) + " " + seconds(elapsed(spans))}
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
		return []string{plural(len(spans), "host"), "slowest " + slowest.Host + " " + seconds(slowest.Duration)}
	}
	ok := 0
	for _, span := range spans {
		if span.Outcome == deploy.Succeeded {
			ok++
		}
	}
	parts := []string{fmt.Sprintf("%d of %d ok", ok, len(spans))}
	groups := alike(bad)
	for _, group := range groups[:min(len(groups), fewHosts)] {
		if len(group) > namedAlike { // the last block names them
			parts = append(parts, plural(len(group), "host")+" "+spanStatus(group[0]))
			continue
		}
		for _, span := range group {
			parts = append(parts, span.Host+" "+spanText(span, true))
		}
	}
	if len(groups) > fewHosts {
		more := 0
		for _, group := range groups[fewHosts:] {
			more += len(group)
		}
		parts = append(parts, fmt.Sprintf("and %d more", more))
	}
	return parts
}

// namedAlike is how many hosts that failed in the same way a verdict names.
const namedAlike = 3

// alike puts spans together that failed in the same way.
func alike(bad []deploy.Span) [][]deploy.Span {
	var groups [][]deploy.Span
	places := map[string]int{}
	for _, span := range bad {
		way := spanStatus(span)
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

// spanText is what became of one host. Where some host failed, "ok" tells the others apart.
func spanText(span deploy.Span, mixed bool) string {
	took := seconds(span.Duration)
	switch {
	case span.Outcome == deploy.NotRun:
		return "skipped"
	case span.Failed():
		return spanStatus(span) + " " + took
	case mixed:
		return "ok " + took
	}
	if span.Note != "" {
		return took + " (" + span.Note + ")"
	}
	return took
}

// spanStatus is how a span failed, in a few words.
func spanStatus(span deploy.Span) string {
	if span.Status != "" {
		return span.Status
	}
	if span.Outcome == deploy.Unknown {
		return "outcome unknown"
	}
	if span.Err != nil && span.Err.Cause != nil {
		return cut(strings.TrimPrefix(oneLine(span.Err.Cause.Error()), span.Host+" "), 60)
	}
	return "failed"
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// status is the verdict in one word, from what went wrong. What was only cancelled failed at nothing.
func status(bad []deploy.Span) string {
	switch {
	case len(bad) == 0:
		return "ok"
	case !slices.ContainsFunc(bad, func(s deploy.Span) bool { return !s.Cancelled() }):
		return "STOP"
	}
	return "FAIL"
}

func failing(spans []deploy.Span) []deploy.Span {
	var bad []deploy.Span
	for _, span := range spans {
		if span.Failed() {
			bad = append(bad, span)
		}
	}
	return bad
}

// elapsed is from the first start to the last end.
func elapsed(spans []deploy.Span) time.Duration {
	first, last := spans[0].Start, spans[0].Start.Add(spans[0].Duration)
	for _, span := range spans {
		if span.Start.Before(first) {
			first = span.Start
		}
		if end := span.Start.Add(span.Duration); end.After(last) {
			last = end
		}
	}
	return last.Sub(first)
}

// hostDone gives the verdict of one host's activation or unwinding. Of a large fleet only failures are shown at once; the
// rest is counted when the phase is over.
func (r *Reporter) hostDone(e deploy.HostDone) {
	r.work.hostVerdict(e.Phase, e.Host)
	r.stream.verdict(streamKey{name: e.Host}, r.journal())
	if e.Kept {
		r.say(keptLine("kept", "Activation, verified now", []string{e.Host})...)
		return
	}
	bad := failing(e.Spans)
	if len(bad) == 0 {
		r.forgetHost(e.Host)
	}
	if len(r.header.Hosts) > fewHosts && e.Host != deploy.FleetName {
		r.fleet.add(e, len(bad) == 0)
		if len(bad) == 0 {
			return
		}
	}
	lead := pad(string(e.Phase), phaseWidth) + pad(status(bad), statusWidth) + pad(e.Host, r.hostWidth+2)
	var parts []string
	spans := e.Spans
	if e.Phase == deploy.Unwind && len(bad) == 0 { // the arrow says that it was switched
		spans = slices.DeleteFunc(slices.Clone(spans), func(s deploy.Span) bool { return s.Part == deploy.PartSwitch })
	}
	if e.Phase == deploy.Unwind && e.Release != "" {
		to := "-> " + string(e.Release)
		if e.Release == r.unwound {
			to = "-> same"
		}
		r.unwound = e.Release
		parts = append(parts, to)
	} else if e.Phase == deploy.Unwind && len(bad) == 0 {
		parts = append(parts, "-> no release, as before")
	}
	if len(bad) > 0 {
		for _, span := range bad {
			parts = append(parts, span.Step+": "+spanStatus(span))
		}
	} else {
		parts = append(parts, partTexts(spans)...)
	}
	if len(bad) > 0 {
		r.say(wrap(lead+strings.Join(parts, "  "), textColumn+r.hostWidth+2)...)
	} else {
		r.say(flow(lead, parts)...)
	}
	r.stream.next()
}

// partTexts are the parts of an activation with their times; several verifications become one count.
func partTexts(spans []deploy.Span) []string {
	var parts []string
	verified, tookVerify, at := 0, time.Duration(0), -1
	for _, span := range spans {
		if span.Outcome == deploy.NotRun {
			continue
		}
		if span.Part == deploy.PartVerify {
			if verified++; verified == 1 {
				at = len(parts)
				parts = append(parts, "")
			}
			tookVerify += span.Duration
			parts[at] = span.Step + " " + seconds(span.Duration)
			continue
		}
		text := span.Step + " " + seconds(span.Duration)
		if span.Note != "" {
			text += " (" + span.Note + ")"
		}
		parts = append(parts, text)
	}
	if verified > 1 {
		parts[at] = fmt.Sprintf("verify %d/%d %s", verified, verified, seconds(tookVerify))
	}
	return parts
}

// fleet counts the hosts of one phase of a large fleet.
type fleet struct {
	phase   deploy.Phase
	ok, all int
	slowest string
	took    time.Duration
}

func (f *fleet) add(e deploy.HostDone, ok bool) {
	f.phase = e.Phase
	f.all++
	if !ok {
		return
	}
	f.ok++
	if len(e.Spans) > 0 {
		if took := elapsed(e.Spans); took >= f.took {
			f.took, f.slowest = took, e.Host
		}
	}
}

// flushFleet shows the count of a phase that is over.
func (r *Reporter) flushFleet() {
	f := r.fleet
	r.fleet = fleet{}
	if f.all == 0 {
		return
	}
	r.stream.verdict(streamKey{}, r.journal())
	parts := []string{fmt.Sprintf("%d of %s", f.ok, plural(f.all, "host"))}
	if f.slowest != "" {
		parts = append(parts, "slowest "+f.slowest+" "+seconds(f.took))
	}
	word := "ok"
	if f.ok < f.all {
		word = "FAIL"
	}
	r.say(flow(pad(string(f.phase), phaseWidth)+pad(word, statusWidth), parts)...)
}
