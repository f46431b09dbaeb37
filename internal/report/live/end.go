package live

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/report/failure"
	"github.com/slipway/slipway/internal/report/layout"
	"github.com/slipway/slipway/internal/report/outcome"
)

// Skipped says which phases did not start because an earlier one failed.
func (l *Log) Skipped(res deploy.Result) {
	if skipped := skippedPhases(res); len(skipped) > 0 {
		l.Say(layout.Pad("skipped", layout.TextColumn) + strings.Join(skipped, ", "))
	}
}

// Page writes the text of a page, for a CI that has no place for one. It can be folded where a log can.
func (l *Log) Page(title string, lines []string) {
	l.stream.suspend()
	l.sink.Group(title)
	for _, line := range lines {
		l.sink.Own(l.clean.Own(line), layout.Mark{})
	}
	l.sink.EndGroup()
}

// End is the block that people came to read: the verdict, what the hosts said, which command it was, and what to do.
func (l *Log) End(res deploy.Result, failures []failure.Failure) {
	if len(failures) > 0 && res.Outcome != deploy.OutcomeUnwound {
		l.Say("")
	}
	row := outcome.Of(res)
	mark := layout.Mark{Word: row.Word, Tone: layout.Bad}
	if row.Good {
		mark.Tone = layout.Good
	}
	l.say(mark, outcome.Verdict(res)...)
	l.stream.suspend()
	end := ending{shown: failures[:min(len(failures), maxBlocks)], hostWidth: l.hostWidth}
	for _, line := range end.blocks() {
		l.sink.Tail(l.clean.Own(line))
	}
	if more := len(failures) - len(end.shown); more > 0 {
		l.Say(fmt.Sprintf("    and %s more", layout.Plural(more, "failure")))
	}
	l.Say(end.help(res)...)
}

// maxBlocks is how many different failures the log's last block shows; the summary has more.
const maxBlocks = 8

// ending is what is said of the failures that are shown.
type ending struct {
	shown     []failure.Failure
	hostWidth int
}

// hints are the different hints. apart says that it must be seen which is for which failure.
func (e ending) hints() (hints []string, apart bool) {
	hints = distinct(e.shown, func(f failure.Failure) []string { return f.Hints })
	return hints, len(e.shown) > 1 && len(hints) > 1
}

// blocks are the failures, one below the other.
func (e ending) blocks() []string {
	var all []string
	_, apart := e.hints()
	last := ""
	for _, f := range e.shown {
		if head := headOf(f, len(e.shown) > 1); head != "" && head != last {
			all = append(all, "--- "+head+" ---")
			last = head
		}
		if len(f.Causes) == 0 && f.Status != "" && e.alsoOn(f) {
			f.Causes = deploy.Causes{f.Status}
		}
		all = append(all, block(f, e.hostWidth)...)
		if apart {
			for _, hint := range f.Hints {
				all = append(all, layout.Labelled("hint", hint)...)
			}
		}
	}
	return all
}

// alsoOn reports whether other failures have the same hosts: then their lines alone do not say whose they are.
func (e ending) alsoOn(f failure.Failure) bool {
	same := 0
	for _, other := range e.shown {
		if slices.Equal(other.Hosts, f.Hosts) {
			same++
		}
	}
	return same > 1
}

// help is what ran, and what to do now.
func (e ending) help(res deploy.Result) []string {
	lines := migrateLines(res)
	for _, command := range distinct(e.shown, func(f failure.Failure) []string { return []string{f.Command} }) {
		lines = append(lines, layout.Labelled("command", command)...)
	}
	if hints, apart := e.hints(); !apart {
		for _, hint := range hints {
			lines = append(lines, layout.Labelled("hint", hint)...)
		}
	}
	if !res.Next.IsZero() {
		lines = append(lines, layout.Labelled("next", res.Next.String())...)
	}
	return lines
}

// block is what the hosts printed last, and the cause.
func block(f failure.Failure, hostWidth int) []string {
	var lines []string
	host := ""
	if len(f.Hosts) > 0 {
		host = f.Hosts[0]
	}
	for _, line := range f.Words() {
		lines = append(lines, layout.Prefixed(host, hostWidth, line))
	}
	if len(f.Causes) > 0 || len(f.Tail) == 0 {
		label := "error"
		for _, cause := range causesOf(f) {
			lines = append(lines, layout.Labelled(label, cause)...)
			label = ""
		}
	}
	if len(f.Log) > 0 {
		lines = append(lines, "--- the end of the program's own log ---")
	}
	for _, line := range f.Log {
		lines = append(lines, layout.Prefixed(host, hostWidth, line))
	}
	return lines
}

// headOf is the head of a failure; nothing where the lines below say whose they are.
func headOf(f failure.Failure, several bool) string {
	switch {
	case len(f.Hosts) == 0 && several:
		return f.Step
	case len(f.Hosts) == 1 && (several || len(f.Tail) == 0):
		return f.Hosts[0]
	case len(f.Hosts) < 2:
		return ""
	case f.Varied:
		return layout.Named(f.Hosts, ", ") + " (alike)"
	}
	return layout.Named(f.Hosts, ", ") + " (identical)"
}

// distinct are the texts that failures have, each once, empty ones left out, at most four.
func distinct(failures []failure.Failure, of func(failure.Failure) []string) []string {
	var texts []string
	for _, f := range failures {
		for _, text := range of(f) {
			if text != "" && !slices.Contains(texts, text) {
				texts = append(texts, text)
			}
		}
	}
	return texts[:min(len(texts), 4)]
}

// skippedPhases are the phases that did not start because an earlier one failed.
func skippedPhases(res deploy.Result) []string {
	if res.Reconcile || res.Upkeep() || res.Failed == "" || res.Outcome == deploy.OutcomeActivated ||
		slices.Contains([]deploy.Phase{deploy.Activate, deploy.Unwind, deploy.Finish}, res.Failed) {
		return nil
	}
	var skipped []string
	for _, phase := range []deploy.Phase{deploy.Prepare, deploy.Migrate, deploy.Activate} {
		if !slices.ContainsFunc(res.Phases, func(p deploy.PhaseResult) bool { return p.Phase == phase }) {
			skipped = append(skipped, string(phase))
		}
	}
	return skipped
}

// migrateLines say plainly which migrate steps ran, when one of them failed.
func migrateLines(res deploy.Result) []string {
	if res.Failed != deploy.Migrate {
		return nil
	}
	var parts []string
	for _, s := range res.Steps {
		if s.Phase != deploy.Migrate {
			continue
		}
		bad, undone := deploy.FailedSpans(s.Spans), slices.Contains(res.Undone(), s.Step)
		switch {
		case len(bad) == 0 && undone:
			parts = append(parts, s.Step+" (undone)")
			continue
		case len(bad) == 0:
			parts = append(parts, s.Step)
			continue
		}
		failed := s.Step + " (failed"
		if !slices.ContainsFunc(bad, func(span deploy.Span) bool { return span.Outcome != deploy.Unknown }) {
			failed = s.Step + " (outcome unknown"
		}
		for _, span := range s.Spans {
			if !span.Note.IsZero() {
				failed += "; " + span.Note.String()
			}
		}
		if undone {
			failed += "; undone"
		}
		parts = append(parts, failed+")")
	}
	if len(parts) == 0 {
		return nil
	}
	return layout.Labelled("ran", strings.Join(parts, ", "))
}

// causesOf are the lines that say why, the first with the name of the step.
func causesOf(f failure.Failure) []string {
	causes := slices.Clone(f.Causes)
	if len(causes) == 0 {
		causes = deploy.Causes{cmp.Or(f.Status, "no reason given")}
	}
	if f.Step != "" {
		causes[0] = f.Name() + ": " + causes[0]
	}
	return causes
}
