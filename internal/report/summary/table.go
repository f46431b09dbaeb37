package summary

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/report/failure"
	"github.com/slipway/slipway/internal/report/layout"
	"github.com/slipway/slipway/internal/report/markdown"
)

// table is hosts by phases. Of a large fleet, the hosts that are not like the others stand outside the fold.
func (p Page) table() string {
	phases := p.phases()
	if len(p.Result.Hosts) == 0 || len(phases) == 0 {
		return ""
	}
	cells := p.cells()
	var rows, odd []string
	for _, h := range p.Result.Hosts {
		row := p.row(h, phases, cells)
		rows = append(rows, row)
		if isOdd(h, phases, cells) {
			odd = append(odd, row)
		}
	}
	if cell, known := p.ofRunner(phases, cells); known {
		rows = append(rows, cell)
	}
	head := "| Host |"
	rule := "| --- |"
	for _, phase := range phases {
		head += " " + string(phase) + " |"
		rule += " --- |"
	}
	head += " Runs now |\n" + rule + " --- |\n"
	if len(p.Result.Hosts) <= maxOpenRows {
		return head + strings.Join(rows, "\n")
	}
	text := ""
	if len(odd) > 0 {
		text = head + strings.Join(odd[:min(len(odd), maxOpenRows)], "\n") + "\n\n"
	}
	return text + fmt.Sprintf("<details><summary>All %d hosts</summary>\n\n", len(p.Result.Hosts)) + head + strings.Join(rows, "\n") + "\n\n</details>"
}

// ofRunner is the row of what was done from the runner, if anything was.
func (p Page) ofRunner(phases []deploy.Phase, cells map[cellKey]*cell) (row string, known bool) {
	texts := []string{"_from the runner_"}
	for _, phase := range phases {
		c := cells[cellKey{deploy.RunnerName, phase}]
		known = known || c != nil
		texts = append(texts, c.text(onPage))
	}
	return markdown.Row(append(texts, "")...), known
}

// isOdd reports whether a host is not like the others.
func isOdd(h deploy.HostResult, phases []deploy.Phase, cells map[cellKey]*cell) bool {
	return slices.Contains(oddOutcomes, h.Outcome) || slices.ContainsFunc(phases, func(phase deploy.Phase) bool { return cells[cellKey{h.Host, phase}].bad() })
}

// oddOutcomes are those that a person looks for.
var oddOutcomes = []deploy.HostOutcome{deploy.HostFailed, deploy.HostSwitched, deploy.HostSkipped}

// maxCell is how much of a failure a cell shows; the section of the failure has it whole.
const maxCell = 60

// maxOpenRows is how many hosts the table shows without a fold.
const maxOpenRows = 20

// phases are the table's layout.Columns: what started, in the order of the design.
func (p Page) phases() []deploy.Phase {
	var phases []deploy.Phase
	for _, phase := range chartOrder {
		if slices.ContainsFunc(p.Result.Spans(), func(span deploy.Span) bool { return span.Phase == phase }) {
			phases = append(phases, phase)
		}
	}
	return phases
}

type cellKey struct {
	host  string
	phase deploy.Phase
}

// cell is one host in one phase.
type cell struct {
	took   time.Duration
	failed []string // what failed, and how
	warned []string // what went wrong and fails nothing, and how
	cut    bool     // nothing failed: it was cancelled
	seen   bool     // somebody saw a failure
}

func (p Page) cells() map[cellKey]*cell {
	cells := map[cellKey]*cell{}
	for _, span := range p.Result.Spans() {
		if span.Outcome == deploy.NotRun {
			continue
		}
		key := cellKey{span.Host, span.Phase}
		c := cells[key]
		if c == nil {
			c = &cell{}
			cells[key] = c
		}
		c.took += span.Duration
		if span.Warns() {
			c.warned = append(c.warned, deploy.Joined(": ", span.Step, failure.Status(span)))
		}
		if span.Failed() {
			c.failed = append(c.failed, deploy.Joined(": ", span.Step, failure.Status(span)))
			c.seen = c.seen || span.Outcome != deploy.Unknown
			c.cut = (c.cut || len(c.failed) == 1) && span.Cancelled()
		}
	}
	return cells
}

func (p Page) row(h deploy.HostResult, phases []deploy.Phase, cells map[cellKey]*cell) string {
	return markdown.Row(p.columns(h, phases, cells, onPage)...)
}

// columns are a host, what became of it in each phase, and what it runs now.
func (p Page) columns(h deploy.HostResult, phases []deploy.Phase, cells map[cellKey]*cell, as style) []string {
	row := []string{as.plain(h.Host)}
	for _, phase := range phases {
		row = append(row, cells[cellKey{h.Host, phase}].text(as))
	}
	return append(row, p.runsNow(h, as))
}

// bad reports whether something failed, or may have.
func (c *cell) bad() bool { return c != nil && len(c.failed) > 0 && !c.cut }

// text is what the table says of a host in a phase; nothing where it took no part.
func (c *cell) text(as style) string {
	switch {
	case c == nil:
		return ""
	case len(c.failed) == 0 && len(c.warned) > 0:
		return as.warned + as.plain(layout.CutWords(strings.Join(c.warned, "; "), maxCell))
	case len(c.failed) == 0:
		return as.good + layout.ProseSeconds(c.took)
	case c.cut:
		return as.cut + c.how(as)
	case !c.seen:
		return as.unseen + c.how(as)
	}
	return as.failed + c.how(as)
}

func (c *cell) how(as style) string {
	return as.plain(layout.CutWords(strings.Join(c.failed, "; "), maxCell))
}

func (p Page) runsNow(h deploy.HostResult, as style) string {
	now := "nothing"
	switch {
	case h.Unreachable, h.Outcome == deploy.HostFailed && h.Now == "":
		now = "not known"
	case h.Now == "" && h.Foreign != "":
		now = "another tool's " + as.code(h.Foreign)
	case h.Now != "":
		now = as.plain(layout.Runs(h.Now))
	}
	switch h.Outcome {
	case deploy.HostUnwound:
		return now + ", brought back"
	case deploy.HostFailed:
		return as.person + now + ", needs a person"
	case deploy.HostSwitched:
		return as.warned + "maybe " + now + ", not verified"
	case deploy.HostSkipped:
		if h.Now == "" {
			return as.warned + "not known, left behind"
		}
		return as.warned + now + ", left behind"
	case deploy.HostActivated, deploy.HostUnchanged:
	}
	return now
}
