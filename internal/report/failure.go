package report

import (
	"fmt"
	"slices"
	"strings"

	"slipway/internal/deploy"
)

// failure is what went wrong in the same way on one or several hosts.
type failure struct {
	phase   deploy.Phase
	step    string
	hosts   []string
	status  string   // exit 1
	cause   string   // for people, "" where status says it all
	tail    []string // what the hosts printed last
	hints   []string
	command string
	at      deploy.Position
	like    string // equal for failures that differ in nothing but the host, its address and the moment
	of      int    // hosts that took part in the step, or in the phase where each goes its own way; 0 is unknown
	times   int    // how often it was tried in vain, at most; 0 is not told
	varied  bool   // the hosts' words differ, in a port or a moment
}

// failures gathers the errors of a result, in the plan's order; hosts with the same last words stand together.
func (r *Reporter) failures(res deploy.Result) []failure {
	var list []failure
	places := map[string]int{}
	spans := allSpans(res)
	for _, e := range errorsOf(res) {
		f := r.failureOf(e, res, spans)
		i, known := places[f.like]
		if !known {
			places[f.like] = len(list)
			list = append(list, f)
			continue
		}
		list[i].times = max(list[i].times, f.times)
		list[i].varied = list[i].varied || !slices.Equal(list[i].tail, f.tail) || list[i].cause != f.cause || list[i].status != f.status
		for _, host := range f.hosts {
			if !slices.Contains(list[i].hosts, host) {
				list[i].hosts = append(list[i].hosts, host)
			}
		}
		for _, hint := range f.hints {
			// Of hints that are the same but for the host one is enough, but not of those that bring a host back.
			same := hint
			if f.phase != deploy.Unwind && len(f.hosts) > 0 && len(list[i].hosts) > 0 {
				same = strings.ReplaceAll(hint, f.hosts[0], list[i].hosts[0])
			}
			if !slices.Contains(list[i].hints, same) {
				list[i].hints = append(list[i].hints, hint)
			}
		}
	}
	return list
}

// words are what the hosts said last, and how often.
func (f failure) words() []string {
	if f.times < 2 || len(f.tail) == 0 {
		return f.tail
	}
	lines := slices.Clone(f.tail)
	lines[len(lines)-1] += fmt.Sprintf("   (x%d)", f.times)
	return lines
}

// errorsOf are the result's errors; where it has none, those of its failed spans.
func errorsOf(res deploy.Result) []*deploy.Error {
	if len(res.Errors) > 0 || res.Outcome == deploy.OutcomeCancelled { // what was only cancelled is no failure
		return res.Errors
	}
	var list []*deploy.Error
	for _, span := range allSpans(res) {
		if !span.Failed() {
			continue
		}
		if span.Err != nil {
			list = append(list, span.Err)
		} else {
			list = append(list, &deploy.Error{Host: span.Host, Phase: span.Phase, Step: span.Step})
		}
	}
	return list
}

func allSpans(res deploy.Result) []deploy.Span {
	var spans []deploy.Span
	for _, s := range res.Steps {
		spans = append(spans, s.Spans...)
	}
	for _, p := range res.Parts {
		spans = append(spans, p.Spans...)
	}
	return spans
}

func (r *Reporter) failureOf(e *deploy.Error, res deploy.Result, spans []deploy.Span) failure {
	f := failure{phase: e.Phase, step: e.Step, at: e.At, tail: r.tailOf(e), times: e.Times}
	if f.step == "" {
		f.step = e.Op
	}
	if e.Host != "" {
		f.hosts = []string{e.Host}
	}
	if e.Hint != "" {
		f.hints = []string{oneLine(e.Hint)}
	}
	if e.Cause != nil {
		f.cause = oneLine(e.Cause.Error())
		if e.Step != "" && e.Op != "" && !strings.EqualFold(e.Op, e.Step) && e.Op != "run" {
			f.cause = e.Op + ": " + f.cause
		}
	}
	for _, s := range res.Steps {
		if s.Phase != e.Phase || s.Step != e.Step {
			continue
		}
		f.command, f.of = s.Command, len(s.Spans)
		if f.at.IsZero() {
			f.at = s.At
		}
	}
	for _, span := range spans { // a part is called restart, its step may have another name
		if span.Phase == e.Phase && span.Host == e.Host && span.Failed() && (f.status == "" || span.Step == e.Step) {
			f.status = spanStatus(span)
		}
	}
	if perHost(e.Phase) {
		f.of = 0
		for _, p := range res.Parts {
			if p.Phase == e.Phase && p.Host != deploy.FleetName {
				f.of++
			}
		}
	}
	if f.cause == f.status || len(f.tail) > 0 && e.Printed {
		f.cause = "" // the verdict said it, and the host's own words follow
	}
	status := f.status
	if f.phase == deploy.Preflight {
		status = "" // where there is one, it is the beginning of the cause
	}
	f.like = e.Alike(strings.Join(append([]string{string(f.phase), f.step, status, f.cause}, f.tail...), "\n"))
	return f
}

func firstLine(text string) string {
	line, _, more := strings.Cut(strings.TrimSpace(text), "\n")
	if more {
		line += " ..."
	}
	return line
}

func appendNew(texts []string, text string) []string {
	if slices.Contains(texts, text) {
		return texts
	}
	return append(texts, text)
}

// name is the step. What fails on the way back may be called as what failed on the way there.
func (f failure) name() string {
	switch {
	case f.step == "":
		return string(f.phase)
	case f.phase == deploy.Unwind:
		return "unwind: " + f.step
	}
	return f.step
}

// title names a failure: "Collect static files failed on web2, web3 (2 of 3)".
func (f failure) title() string {
	text := f.name() + " failed"
	if len(f.hosts) > 0 {
		text += " on " + named(f.hosts, ", ")
	}
	if f.of > 1 {
		text += " (" + counted(len(f.hosts), f.of) + ")"
	}
	return text
}

// block is a failure in the log: its head, where the lines below do not say whose they are, and what the hosts printed last.
func (f failure) block(several bool, hostWidth int) []string {
	var lines []string
	if len(f.hosts) > 1 || several || len(f.hosts) == 1 && len(f.tail) == 0 {
		head := named(f.hosts, ", ")
		if head == "" {
			head = f.step
		}
		if len(f.hosts) > 1 {
			head += f.sameness()
		}
		lines = append(lines, "--- "+head+" ---")
	}
	for _, line := range f.words() {
		host := ""
		if len(f.hosts) > 0 {
			host = f.hosts[0]
		}
		lines = append(lines, prefixed(host, hostWidth, line))
	}
	if f.cause != "" || len(f.tail) == 0 {
		cause := f.cause
		if cause == "" {
			cause = f.status
		}
		if cause == "" {
			cause = "no reason given"
		}
		if f.step != "" {
			cause = f.name() + ": " + cause
		}
		label := "error"
		for part := range strings.SplitSeq(cause, lineBreak) {
			lines = append(lines, labelled(label, part)...)
			label = ""
		}
	}
	return lines
}

// lineBreak is what ci.Clean makes of one.
const lineBreak = " / "

func (f failure) sameness() string {
	if f.varied {
		return " (alike)"
	}
	return " (identical)"
}

// labelled is a line of the last block, like "    hint     lower keep_releases".
func labelled(label, text string) []string {
	const indent = 4
	return wrap("    "+pad(label, labelWidth)+text, indent+labelWidth)
}
