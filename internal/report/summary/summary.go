// Package summary writes the page of a job: the verdict, the facts, hosts by phases, when everything ran, what failed, and the way
// back. It takes texts that are safe to print; what it adds is that none of them is Markdown.
package summary

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/report/back"
	"github.com/slipway/slipway/internal/report/failure"
	"github.com/slipway/slipway/internal/report/layout"
	"github.com/slipway/slipway/internal/report/markdown"
	"github.com/slipway/slipway/internal/report/outcome"
	"github.com/slipway/slipway/internal/report/shipped"
)

// Max is how large a page may be, in bytes. It leaves room below what GitHub takes, for the rest of a line that is being written.
const Max = ci.MaxSummary - 4096

// Page is the page of the job: the verdict, the facts, hosts by phases, when everything ran, what failed, and the way back.
// Its texts are safe by then; what it adds is that none of them is Markdown.
type Page struct {
	Result   deploy.Result
	Failures []failure.Failure
	Run      ci.Run
	Notes    []deploy.Noted
}

// Markdown is the page. When it grows too large, the hosts' last words go first, then the table, then the chart.
func (p Page) Markdown() string {
	for drop := range 4 {
		if text := p.render(drop < 1, drop < 2, drop < 3); len(text) <= Max {
			return text
		}
	}
	return p.heading() + "\n\nThe rest is too long for a summary. It is in the log.\n"
}

func (p Page) render(tails, table, chart bool) string {
	parts := []string{p.heading()}
	if !p.Result.Next.IsZero() {
		parts = append(parts, p.next())
	}
	parts = append(parts, p.factsTable(), shipped.List(p.Result.Shipped))
	for _, n := range p.Notes {
		alert := "NOTE"
		if n.Level == deploy.LevelWarning {
			alert = "WARNING"
		}
		parts = append(parts, "> [!"+alert+"]\n> "+markdown.Words(layout.OneLine(n.Text)))
	}
	parts = append(parts, p.failed(tails))
	if table {
		parts = append(parts, p.table())
	}
	if chart {
		if text := Gantt(p.Result); text != "" {
			parts = append(parts, "```mermaid\n"+text+"```")
		}
	}
	parts = append(parts, p.wayBack())
	parts = slices.DeleteFunc(parts, func(part string) bool { return part == "" })
	return strings.Join(parts, "\n\n") + "\n\n"
}

// next is what to do now, ready to be copied.
func (p Page) next() string {
	text := "**Next:** " + markdown.Words(layout.OneLine(p.Result.Next.String()))
	if p.Result.Next.Command == "" {
		return text
	}
	return text + "\n\n" + strings.TrimRight(markdown.Fence("sh", []string{p.Result.Next.Command}), "\n")
}

// facts are what, where, from which run.
func (p Page) facts(as style) [][2]string {
	res := p.Result
	var rows [][2]string
	if res.Release != "" {
		release := as.code(string(res.Release))
		if res.Folder != "" {
			release += ", another tool's " + as.code(res.Folder)
		}
		rows = append(rows, [2]string{"Release", release})
	}
	switch b := res.Previous(); {
	case b != "":
		rows = append(rows, [2]string{"Before", as.code(string(b))})
	case res.Unasked():
		rows = append(rows, [2]string{"Before", "not known"})
	case res.AnotherTools() != "":
		rows = append(rows, [2]string{"Before", as.code(res.AnotherTools()) + ", another tool's"})
	default:
		rows = append(rows, [2]string{"Before", "nothing was live"})
	}
	if text := back.Between(res.Back); text != "" {
		rows = append(rows, [2]string{"Between", as.words(text)})
	}
	if text := shipped.Line(res.Shipped); text != "" {
		rows = append(rows, [2]string{"Shipped", as.words(text)})
	}
	if text := back.Instead(res.Back); text != "" {
		rows = append(rows, [2]string{"Or to", as.words(text)})
	}
	if res.Revision != "" {
		text := as.code(layout.ShortRevision(res.Revision))
		if res.WorkflowRevision != "" {
			text += ", by a workflow of " + as.code(layout.ShortRevision(res.WorkflowRevision))
		}
		if by := res.Provenance; !by.IsZero() {
			text += ", built by " + as.link(by.String(), by.URL)
		}
		rows = append(rows, [2]string{"Commit", text})
	}
	if run := layout.RunText(res.Header, p.Run); run != "" || res.RunURL != "" {
		text := run
		if res.RunURL != "" {
			text = as.link(cmp.Or(run, "its page"), res.RunURL)
		}
		if res.Actor != "" {
			text += " by " + as.plain(res.Actor)
		}
		rows = append(rows, [2]string{"Run", text})
	}
	if over := res.Override; !over.IsZero() {
		rows = append(rows, [2]string{"Overridden", as.code("not_on "+over.Against) + ", because: " + as.plain(over.Reason)})
	}
	if res.URL != "" {
		rows = append(rows, [2]string{"URL", as.link(res.URL, res.URL)})
	}
	if text := watched(res.Parts); text != "" {
		rows = append(rows, [2]string{"Watched", text})
	}
	if res.ArtifactSize > 0 {
		rows = append(rows, [2]string{"Artifact", deploy.Size(res.ArtifactSize) + ", sha256 " + as.code(string(res.ArtifactSHA))})
	}
	if text := upload(res.Traffic()); text != "" {
		rows = append(rows, [2]string{"Upload", text})
	}
	return rows
}

// factsTable is the facts on the page.
func (p Page) factsTable() string {
	var b strings.Builder
	b.WriteString(markdown.Row("", markdown.Words(layout.Target(p.Result.Header, "→"))) + "\n| --- | --- |\n")
	for _, row := range p.facts(onPage) {
		b.WriteString(markdown.Row(row[0], row[1]) + "\n")
	}
	return strings.TrimRight(b.String(), "\n")
}

// watched is what metrics of the fleet showed in the end, and for how long they held; "" where none was watched.
func watched(parts []deploy.HostDone) string {
	for _, part := range parts {
		for _, span := range part.Spans {
			if span.Part == deploy.PartWatch && !span.Failed() && !span.Note.IsZero() {
				return markdown.Words(span.Note.String()) + ", for " + layout.ProseSeconds(span.Duration)
			}
		}
	}
	return ""
}

// upload is what it took to bring the release to the hosts; "" where it was there.
func upload(all deploy.Traffic) string {
	if all.Sent == 0 {
		return ""
	}
	text := "sent " + deploy.Size(all.Sent)
	if all.Reused > 0 {
		text += ", reused " + deploy.Size(all.Reused)
	}
	if all.Patched > 0 {
		text += ", patched " + layout.Plural(all.Patched, "file")
	}
	if all.Pulled > 0 {
		text += ", hosts pulled " + deploy.Size(all.Pulled)
	}
	return text
}

// failed is what went wrong where, with the hosts' last words.
func (p Page) failed(tails bool) string {
	var b strings.Builder
	for i, f := range p.Failures {
		if i == maxFailures {
			fmt.Fprintf(&b, "\nand %d more, see the log\n", len(p.Failures)-i)
			break
		}
		fmt.Fprintf(&b, "### %s\n\n", markdown.Words(f.Title()))
		if cause := cmp.Or(f.Causes.Error(), f.Status); cause != "" {
			fmt.Fprintf(&b, "%s\n\n", markdown.Code(cause))
		}
		if tails && len(f.Tail) > 0 {
			b.WriteString(markdown.Fence("text", f.Words()) + "\n")
		}
		if tails && len(f.Log) > 0 {
			b.WriteString("The end of its log on " + markdown.Words(f.Hosts[0]) + ":\n\n" + markdown.Fence("text", f.Log) + "\n")
		}
		if f.Command != "" {
			fmt.Fprintf(&b, "- Command: %s\n", markdown.Code(f.Command))
		}
		for _, hint := range f.Hints {
			fmt.Fprintf(&b, "- %s\n", markdown.Words(hint))
		}
		if f.Command != "" || len(f.Hints) > 0 {
			b.WriteString("\n")
		}
	}
	return strings.TrimSpace(b.String())
}

// maxFailures is how many different failures the summary shows.
const maxFailures = 25

// wayBack is how to roll back, folded.
func (p Page) wayBack() string {
	command := p.rollback()
	if command == "" {
		return ""
	}
	inputs := []string{"command: rollback", "to: " + string(p.Result.Previous())}
	if p.Result.Environment != "" {
		inputs = append(inputs, "environment: "+p.Result.Environment)
	}
	text := "From a shell:\n\n" + markdown.Fence("sh", []string{command}) + "\nFrom a workflow, as inputs of the action:\n\n" + markdown.Fence("yaml", inputs)
	return "<details><summary>How to roll back</summary>\n\n" + text + "\n</details>"
}

// heading is the verdict in one line.
func (p Page) heading() string {
	icon, text := outcome.Heading(p.Result, p.Failures)
	return "## " + icon + " " + markdown.Words(text)
}
