package summary

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/report/layout"
	"github.com/slipway/slipway/internal/report/shipped"
)

// Lines are the page for a log, where the CI has no place for a page: the facts, hosts by phases, and the way back. What failed, and what
// to do, stands in the log's last block.
func (p Page) Lines() []string {
	var lines []string
	for _, fact := range p.facts(inLog) {
		lines = append(lines, layout.Wrap("    "+layout.Pad(strings.ToLower(fact[0]), factWidth)+fact[1], 4+factWidth)...)
	}
	for _, line := range shipped.Lines(p.Result.Shipped) {
		lines = append(lines, layout.Wrap("    "+line, 8)...)
	}
	lines = append(lines, p.rows()...)
	if command := p.rollback(); command != "" {
		lines = append(lines, "    "+layout.Pad("way back", factWidth)+command)
	}
	return lines
}

// factWidth is the column of the facts' names, in the log.
const factWidth = 12

// maxRows is how many hosts are shown in the log.
const maxRows = 20

// rows are hosts by phases in columns. Of a large fleet, those that are not like the others.
func (p Page) rows() []string {
	phases := p.phases()
	if len(p.Result.Hosts) == 0 || len(phases) == 0 {
		return nil
	}
	cells := p.cells()
	hosts, usual := p.Result.Hosts, 0
	if len(hosts) > maxRows {
		hosts = slices.DeleteFunc(slices.Clone(hosts), func(h deploy.HostResult) bool { return !isOdd(h, phases, cells) })
		usual = len(p.Result.Hosts) - len(hosts)
	}
	untold := max(0, len(hosts)-maxRows)
	hosts = hosts[:len(hosts)-untold]
	head := []string{"host"}
	for _, phase := range phases {
		head = append(head, string(phase))
	}
	table := [][]string{append(head, "runs now")}
	for _, h := range hosts {
		table = append(table, p.columns(h, phases, cells, inLog))
	}
	lines := inColumns(table)
	if untold > 0 {
		lines = append(lines, fmt.Sprintf("    and %s more that are unlike the rest", layout.Plural(untold, "host")))
	}
	if usual > 0 {
		lines = append(lines, fmt.Sprintf("    and %s like each other", layout.Plural(usual, "host")))
	}
	return lines
}

// inColumns sets a table. A line that is too long goes on below itself.
func inColumns(table [][]string) []string {
	widths := make([]int, len(table[0]))
	for _, row := range table {
		for i, cell := range row {
			widths[i] = max(widths[i], layout.Width(cell))
		}
	}
	var lines []string
	for _, row := range table {
		line, column := "", 4
		for i, cell := range row {
			line = layout.Pad(line, column) + cell
			column += widths[i] + 2
		}
		lines = append(lines, layout.Wrap(strings.TrimRight(line, " "), 8)...)
	}
	return lines
}

// rollback is the command that goes back; "" where there is nowhere to go.
func (p Page) rollback() string {
	res := p.Result
	if res.Outcome != deploy.OutcomeActivated || res.Previous() == "" {
		return ""
	}
	return deploy.Joined(" -e ", "slipway rollback", res.Environment) + " --to " + string(res.Previous())
}
