package show

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/inspect"
	"github.com/slipway/slipway/internal/plan"
	"github.com/slipway/slipway/internal/report/layout"
	"github.com/slipway/slipway/internal/report/markdown"
)

// mostDeployments is how many deployments people are shown; the JSON has all.
const mostDeployments = 25

func seconds(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }

// History is the answer for a person.
func History(h inspect.History) []string {
	if len(h.Deployments) == 0 {
		return append(silent(h.Unasked), "no deployment is on record")
	}
	var rows [][]string
	head := []string{"WHEN", "RELEASE", "REV", "BY", "RUN", "TOOK", "OUTCOME"}
	shown, back := h.Deployments[:min(len(h.Deployments), mostDeployments)], backAt(h)
	built := slices.ContainsFunc(shown, func(d inspect.Deployment) bool { return !d.Provenance.IsZero() })
	if built {
		head = slices.Insert(head, builtColumn, "BUILT BY")
	}
	for i, d := range shown {
		row := historyRow(h, d)
		if i == back {
			row[len(row)-1] += "   <- rollback goes here"
		}
		if built {
			row = slices.Insert(row, builtColumn, builtBy(d))
		}
		rows = append(rows, row)
	}
	lines := table(head, rows)
	if more := len(h.Deployments) - len(rows); more > 0 {
		lines = append(lines, fmt.Sprintf("and %d older: --json has them", more))
	}
	lines = append(lines, "")
	lines = append(lines, silent(h.Unasked)...)
	for _, d := range shown {
		if over := d.Override; !over.IsZero() {
			lines = append(lines, layout.Wrap(fmt.Sprintf("%s: %s overrode not_on %s: %s", d.Release, layout.Cut(d.Actor, mostName), over.Against, over.Reason), 4)...)
		}
	}
	for _, d := range h.Damaged {
		lines = append(lines, fmt.Sprintf("%s: %s of its record could not be read", d.Host, layout.Plural(d.Records, "line")))
	}
	return append(lines, layout.Wrap(wayBack(h), 4)...)
}

// builtColumn is where the run that built a release stands, where CI recorded it of any.
const builtColumn = 5

func builtBy(d inspect.Deployment) string {
	if d.Provenance.IsZero() {
		return none
	}
	return fmt.Sprintf("%d %s", d.Provenance.RunID, layout.Cut(path.Base(d.Provenance.Workflow), mostName))
}

// backAt is the place of the deployment by which the release went live that a rollback goes to; below zero where there is none.
func backAt(h inspect.History) int {
	return slices.IndexFunc(h.Deployments, func(d inspect.Deployment) bool {
		return h.Rollback.Release != "" && d.Release == h.Rollback.Release && !d.LiveAt.IsZero()
	})
}

// wayBack says where a rollback goes.
func wayBack(h inspect.History) string {
	if h.Rollback.Release == "" {
		return "a rollback would be refused: " + h.Rollback.Refused
	}
	return deploy.Joined("; ", fmt.Sprintf("rollback goes to %s: `slipway rollback%s`", h.Rollback.Release, h.Flag()), h.Rollback.Brought)
}

func historyRow(h inspect.History, d inspect.Deployment) []string {
	took := none
	if d.Seconds > 0 {
		took = layout.WholeSeconds(seconds(d.Seconds))
	}
	return []string{age(h.Head, d.Begun), orNone(string(d.Release)), revision(d.Revision), name(d.Actor), run(d.RunURL), took, outcome(d, h.Unasked)}
}

// outcome is how a deployment ended, and what became of its release. What hosts that did not answer know of it is missing.
func outcome(d inspect.Deployment, unasked []inspect.Unasked) string {
	text := string(d.Outcome)
	if d.Command != "" && d.Command != "deploy" {
		text = d.Command + " " + text
	}
	switch {
	case d.Outcome == deploy.OutcomeActivated && d.Hosts > 0:
		text += " on " + layout.Counted(len(d.Activated), d.Hosts+len(d.LeftOut))
		if len(d.LeftOut) > 0 {
			text += " (limit)"
		}
		if missing := min(d.Hosts-len(d.Activated), len(unasked)); missing > 0 {
			text += fmt.Sprintf(" (%d did not answer)", missing)
		}
	case len(d.Failures) > 0:
		text += ": " + failures(d.Failures)
	}
	if d.Live {
		text += ", live"
	}
	switch {
	case d.WayBack == plan.Bad:
		text += " (bad: no way back to it)"
	case d.WayBack == plan.Refused && !d.Live:
		text += " (`provenance`: no way back to it)"
	case d.WayBack == plan.Refused:
	case d.WayBackWhy != "" && !d.LiveAt.IsZero():
		text += " (" + d.WayBackWhy + ")"
	}
	return text
}

// failures says what went wrong first, and where.
func failures(list []inspect.Failure) string {
	first := list[0]
	var hosts []string
	for _, f := range list {
		if f.Step == first.Step && f.Phase == first.Phase {
			hosts = append(hosts, f.Host)
		}
	}
	text := layout.Names(slices.Compact(hosts), ", ") + " failed " + first.Step
	if first.Status != "failed" {
		text += " (" + first.Status + ")"
	}
	return text
}

// HistorySummary is the job's page of a history.
func HistorySummary(h inspect.History) string {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n\n", markdown.Words("Deployments to "+where(h.Head)))
	b.WriteString("| When | Release | Commit | By | Run | Took | Outcome |\n| --- | --- | --- | --- | --- | --- | --- |\n")
	for _, d := range h.Deployments[:min(len(h.Deployments), mostDeployments)] {
		row := historyRow(h, d)
		cells := []string{row[0], markdown.Code(row[1]), markdown.Plain(row[2]), markdown.Plain(row[3]), markdown.Plain(row[4]), row[5], markdown.Words(row[6])}
		if d.RunURL != "" {
			cells[4] = markdown.Link(row[4], d.RunURL)
		}
		b.WriteString(markdown.Row(cells...) + "\n")
		if b.Len() > ci.MaxSummary/2 {
			break
		}
	}
	b.WriteString("\n" + markdown.Words(wayBack(h)) + "\n")
	return b.String()
}
