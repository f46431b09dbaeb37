package show

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/inspect"
	"github.com/slipway/slipway/internal/report/layout"
	"github.com/slipway/slipway/internal/report/sanitize"
)

// SafeLogs makes what steps printed safe to print: each line as a terminal would show it, without secrets that are known.
func SafeLogs(l *inspect.Logs, clean sanitize.Sanitizer) {
	for i := range l.Steps {
		l.Steps[i].Lines = clean.Lines(l.Steps[i].Lines)
	}
	clean.Value(l)
}

// Logs writes the logs of a deployment for a person: each in a section, with a line behind it that says how it ended.
func Logs(log ci.Log, l inspect.Logs) {
	d := l.Deployment
	log.Print(fmt.Sprintf("deployment %s  %s  release %s", d.ID, orNone(d.Command), orNone(string(d.Release))))
	log.Print(strings.Join([]string{age(l.Head, d.Begun) + " ago", "by " + name(d.Actor), "run " + run(d.RunURL), outcome(d, l.Unasked)}, "  "))
	width := 0
	for _, s := range l.Steps {
		width = max(width, min(layout.Width(s.Host), layout.MaxHostWidth))
	}
	for _, s := range l.Steps {
		if len(s.Lines) > 0 || s.Cut {
			log.Group(fmt.Sprintf("%s: %s on %s", s.Phase, s.Step, s.Host))
			if s.Cut {
				log.Remote(layout.Prefixed(s.Host, width, "... what it printed before lies on the host: .slipway/deployments/"+string(d.ID)+"/steps"))
			}
			for _, line := range s.Lines {
				log.Remote(layout.Prefixed(s.Host, width, line))
			}
			log.EndGroup()
		}
		log.Print(stepLine(s, width))
	}
	for _, line := range silent(l.Unasked) {
		log.Print(line)
	}
}

// stepLine says how a try of a step ended.
func stepLine(s inspect.StepLog, width int) string {
	status := map[string]string{"exit 0": "ok", "running": "runs"}[s.Status]
	lead := layout.Pad(string(s.Phase), layout.PhaseWidth) + layout.Pad(cmp.Or(status, "FAIL"), layout.StatusWidth)
	text := lead + layout.Pad(s.Step, layout.NameWidth) + layout.Pad(s.Host, width+2)
	if status == "" {
		text += s.Status + "  "
	}
	if s.Seconds > 0 {
		text += layout.WholeSeconds(time.Duration(s.Seconds * float64(time.Second)))
	}
	var notes []string
	if s.Undo {
		notes = append(notes, "taken back")
	}
	if s.Try > 1 {
		notes = append(notes, fmt.Sprintf("try %d", s.Try))
	}
	if s.Void {
		notes = append(notes, "void")
	}
	if len(s.Lines) == 0 && !s.Cut {
		notes = append(notes, "printed nothing")
	}
	if len(notes) > 0 {
		text += "  (" + strings.Join(notes, ", ") + ")"
	}
	return strings.TrimRight(text, " ")
}
