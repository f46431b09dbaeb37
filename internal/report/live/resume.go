package live

import (
	"fmt"
	"slices"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/report/layout"
)

// resumingLines say which attempt this one goes on from; none for a first attempt.
func resumingLines(h deploy.Header) []string {
	if h.Earlier == nil {
		return nil
	}
	verb, end := "Resuming", "stopped in "+string(h.Earlier.Phase)
	if h.Earlier.Phase == "" {
		verb, end = "Repeating", "activated the release"
	}
	text := fmt.Sprintf("%s run %s: attempt %d%s %s; attempt %d%s", verb, h.RunID,
		h.Earlier.Number, actor(" (%s)", h.Earlier.Actor), end, h.Attempt, actor(" by %s", h.Actor))
	return layout.Wrap(text, 0)
}

func actor(format, name string) string {
	if name == "" {
		return ""
	}
	return fmt.Sprintf(format, name)
}

// keptLines say what earlier attempts did of a step, and what they left running: a line for each attempt.
func keptLines(e deploy.StepDone) []string {
	var lines []string
	for _, kind := range []struct {
		word    string
		attempt func(deploy.Span) int
	}{
		{"kept", func(s deploy.Span) int { return s.Kept }},
		{"joined", func(s deploy.Span) int { return s.Joined }},
	} {
		byAttempt := map[int][]string{}
		var attempts []int
		for _, span := range e.Spans {
			if n := kind.attempt(span); n > 0 {
				if byAttempt[n] == nil {
					attempts = append(attempts, n)
				}
				byAttempt[n] = append(byAttempt[n], span.Host)
			}
		}
		slices.Sort(attempts)
		for _, n := range attempts {
			lines = append(lines, keptLine(kind.word, fmt.Sprintf("%s (attempt %d)", e.Step, n), byAttempt[n])...)
		}
	}
	return lines
}

func keptLine(word, what string, hosts []string) []string {
	lead := layout.Pad(word, layout.PhaseWidth+layout.StatusWidth)
	if len(hosts) > layout.FewHosts {
		return layout.Flow(lead+layout.Pad(what, layout.NameWidth), []string{layout.Plural(len(hosts), "host")})
	}
	return layout.Flow(lead+layout.Pad(what, layout.NameWidth), []string{layout.Names(hosts, " ")})
}

// withoutKept is a verdict on what this attempt did itself.
func withoutKept(e deploy.StepDone) deploy.StepDone {
	e.Spans = slices.DeleteFunc(slices.Clone(e.Spans), func(s deploy.Span) bool { return s.Kept > 0 })
	return e
}
