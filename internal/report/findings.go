package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/report/layout"
	"github.com/slipway/slipway/internal/report/markdown"
	"github.com/slipway/slipway/internal/report/outputs"
	"github.com/slipway/slipway/internal/report/sanitize"
	"github.com/slipway/slipway/internal/report/summary"
)

// Findings are what was found on the hosts of a place before a deployment, in the order of hosts and checks.
type Findings struct {
	deploy.Header
	Found []deploy.Finding
}

// ExitCode is 1 where a deployment would be refused.
func (f Findings) ExitCode() int {
	if len(f.hosts(deploy.FindingFail)) > 0 {
		return deploy.ExitFailed
	}
	return deploy.ExitDone
}

// hosts are the hosts with a finding of a state, in order.
func (f Findings) hosts(state deploy.FindingState) (hosts []string) {
	for _, one := range f.Found {
		if one.State == state && !slices.Contains(hosts, one.Host) {
			hosts = append(hosts, one.Host)
		}
	}
	return hosts
}

// Report writes a table and the verdict into the log, an annotation for each finding, a page, and the outputs. Its error says which
// of the CI's files could not be written.
func (f Findings) Report(options Options) error {
	r := newReporter(options, time.Now, nil)
	f.Found = cleanFindings(r.clean, f.Found)
	r.log.Say(strings.TrimSpace("Slipway "+f.Version)+"  "+layout.Target(f.Header, "->"), "")
	rows := findingRows(f.Found)
	r.log.Say(findingTable(rows)...)
	var list []ci.Annotation
	for _, one := range f.Found {
		level := deploy.LevelWarning
		if one.State == deploy.FindingFail {
			level = deploy.LevelError
		}
		if one.State != deploy.FindingOK {
			list = append(list, ci.Annotation{Level: level, Title: one.Host + ": " + one.Check, Message: strings.TrimSpace(one.Text + "\n" + one.Mend)})
		}
	}
	r.options.Log.Annotate(list...)
	r.log.Say(append([]string{""}, layout.Wrap(f.verdict(), 0)...)...)
	return errors.Join(f.write(options, rows), r.Close())
}

// findingTable is the table for the log: below what was found stands what mends it.
func findingTable(rows []findingRow) (lines []string) {
	rows = append([]findingRow{findingHead}, rows...)
	widths := [3]int{}
	for _, row := range rows {
		for i, text := range row.lead() {
			widths[i] = max(widths[i], layout.Width(text))
		}
	}
	for _, row := range rows {
		lead := ""
		for i, text := range row.lead() {
			lead += layout.Pad(text, widths[i]+2)
		}
		indent := layout.Width(lead)
		lines = append(lines, layout.Wrap(lead+row.text, indent)...)
		if row.mend != "" {
			lines = append(lines, layout.Wrap(strings.Repeat(" ", indent)+row.mend, indent)...)
		}
	}
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return lines
}

// cleanFindings are findings that are safe to print.
func cleanFindings(clean sanitize.Sanitizer, found []deploy.Finding) []deploy.Finding {
	found = slices.Clone(found)
	for i, one := range found {
		found[i].Host = clean.Own(one.Host)
		found[i].Text, found[i].Mend = sanitize.Shorten(clean.Line(one.Text)), sanitize.Shorten(clean.Line(one.Mend))
	}
	return found
}

// findingRow is a row of the table.
type findingRow struct{ host, check, state, text, mend string }

func (r findingRow) lead() [3]string { return [3]string{r.host, r.check, r.state} }

var findingHead = findingRow{host: "HOST", check: "CHECK", state: "STATE", text: "MEND"}

// findingRows are a row for each finding that is not all right, and one for each host where all is; of many such hosts one together.
func findingRows(found []deploy.Finding) []findingRow {
	var rows []findingRow
	var well []string
	checks := map[string]int{}
	for _, one := range found {
		checks[one.Host]++
		if i := slices.Index(well, one.Host); i < 0 && checks[one.Host] == 1 {
			well = append(well, one.Host)
		}
	}
	for _, one := range found {
		if one.State != deploy.FindingOK {
			well = slices.DeleteFunc(well, func(host string) bool { return host == one.Host })
		}
	}
	if len(well) > layout.FewHosts {
		rows = append(rows, findingRow{host: layout.Plural(len(well), "host"), check: "all", state: "ok"})
	}
	for _, one := range found {
		switch {
		case one.State != deploy.FindingOK:
			rows = append(rows, findingRow{one.Host, one.Check, string(one.State), layout.OneLine(one.Text), layout.OneLine(one.Mend)})
		case len(well) <= layout.FewHosts && slices.Contains(well, one.Host) && checks[one.Host] > 0:
			rows = append(rows, findingRow{host: one.Host, check: fmt.Sprintf("all %d", checks[one.Host]), state: "ok"})
			checks[one.Host] = 0
		}
	}
	return rows
}

// verdict is the line that says whether the hosts are ready.
func (f Findings) verdict() string {
	failed, warned := f.hosts(deploy.FindingFail), 0
	var all []string
	for _, one := range f.Found {
		if one.State == deploy.FindingWarn {
			warned++
		}
		if !slices.Contains(all, one.Host) {
			all = append(all, one.Host)
		}
	}
	warnings := ""
	if warned > 0 {
		warnings = ", " + layout.Plural(warned, "warning")
	}
	if len(failed) == 0 {
		return "READY: " + layout.Plural(len(all), "host") + warnings
	}
	return fmt.Sprintf("NOT READY: %s of %s%s (exit %d): a deployment would be refused, and change nothing", layout.Named(failed, " "),
		layout.Plural(len(all), "host"), warnings, deploy.ExitFailed)
}

// write gives the page and the outputs to the CI.
func (f Findings) write(options Options, rows []findingRow) error {
	if options.Files == nil {
		return nil
	}
	icon := "✅"
	if f.ExitCode() != deploy.ExitDone {
		icon = "❌"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "## %s %s\n\n%s\n| --- | --- | --- | --- |\n", icon, markdown.Words(f.verdict()), markdown.Row("Host", "Check", "State", "Mend"))
	for _, row := range rows {
		b.WriteString(markdown.Row(markdown.Plain(row.host), row.check, row.state, strings.Trim(markdown.Words(row.text)+"<br>"+markdown.Words(row.mend), "<br>")) + "\n")
		if b.Len() > summary.Max {
			b.WriteString("\nand more, see the log\n")
			break
		}
	}
	return errors.Join(outputs.WriteLooked(options.Files, f.ExitCode(), f.hosts(deploy.FindingFail), f.text()), options.Files.AppendSummary(b.String()))
}

// JSON is all of it as one JSON object (docs/json.md).
func (f Findings) JSON(options Options) string {
	f.Found = cleanFindings(sanitize.Sanitizer{Redactor: options.Redactor}, f.Found)
	return f.text()
}

func (f Findings) text() string {
	text, err := json.Marshal(struct {
		Format      int              `json:"format"`
		Command     string           `json:"command"`
		App         string           `json:"app,omitempty"`
		Environment string           `json:"environment,omitempty"`
		ExitCode    int              `json:"exit_code"`
		Findings    []deploy.Finding `json:"findings"`
	}{1, "doctor", f.App, f.Environment, f.ExitCode(), f.Found})
	if err != nil {
		panic(err) // strings and numbers
	}
	return string(text)
}
