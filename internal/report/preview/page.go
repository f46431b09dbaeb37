package preview

import (
	"fmt"
	"html"
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/report/back"
	"github.com/slipway/slipway/internal/report/layout"
	"github.com/slipway/slipway/internal/report/markdown"
)

// maxPage is how large a page may be, in bytes: what GitHub takes, less what the last line may be over.
const maxPage = ci.MaxSummary - 4096

// Markdown is the page of the summary.
func Markdown(p deploy.Preview) string { return Page(p, maxPage) }

// Page is a page of at most so many bytes. When it grows too large the diffs go first, the last ones before the others, then the
// names of files.
func Page(p deploy.Preview, most int) string {
	diffs := 0
	for _, files := range p.Files {
		diffs = max(diffs, len(files.Diffs))
	}
	for ; ; diffs /= 2 {
		if page := render(p, diffs, true); len(page) <= most {
			return page
		}
		if diffs == 0 {
			break
		}
	}
	if page := render(p, 0, false); len(page) <= most {
		return page
	}
	return "## " + title(p) + "\n\nThe rest is too long for this page. It is in the log.\n"
}

// render writes the page, with so many diffs of each content that is live, and with or without the names of files.
func render(p deploy.Preview, diffs int, files bool) string {
	parts := []string{"## " + title(p)}
	for _, r := range refusals(p) {
		parts = append(parts, "> [!CAUTION]\n> "+markdown.Words(r.text())+"  \n> "+markdown.Words(r.hint))
	}
	for _, text := range slices.Concat(p.Ahead, p.Warnings) {
		parts = append(parts, "> [!WARNING]\n> "+markdown.Words(layout.OneLine(text)))
	}
	table := []string{markdown.Row("", "", "where"), "| --- | --- | --- |"}
	if text := back.Between(p.Back); text != "" {
		table = append(table, markdown.Row("between", markdown.Words(text), ""))
	}
	if text := back.Instead(p.Back); text != "" {
		table = append(table, markdown.Row("or to", markdown.Words(text), ""))
	}
	if p.From != "" {
		table = append(table, markdown.Row("from", markdown.Words(p.From), ""))
	}
	if text := upload(p); text != "" {
		table = append(table, markdown.Row("send", markdown.Words(text), ""))
	}
	for _, c := range p.Secrets {
		table = append(table, markdown.Row("secrets", markdown.Words(secretsText(c)), markdown.Words(layout.Named(c.Hosts, ", "))))
	}
	for _, step := range p.Steps {
		if step.Phase != deploy.Finish {
			table = append(table, row(step))
		}
	}
	for i, batch := range p.Batches {
		what := fmt.Sprintf("batch %d", i+1)
		if batch.Canary {
			what += ", the canary"
		}
		if batch.Wait > 0 {
			what += ", then wait " + layout.WholeSeconds(batch.Wait)
		}
		table = append(table, markdown.Row("activate", what, markdown.Words(layout.Named(batch.Hosts, ", "))))
	}
	for _, check := range p.Fleet {
		table = append(table, markdown.Row("activate", markdown.Words(check), "the fleet"))
	}
	if p.Watch > 0 {
		table = append(table, markdown.Row("activate", "watch for "+layout.WholeSeconds(p.Watch), "the fleet"))
	}
	for _, step := range p.Steps {
		if step.Phase == deploy.Finish {
			table = append(table, row(step))
		}
	}
	for _, text := range p.Told {
		table = append(table, markdown.Row("tells", markdown.Words(text), ""))
	}
	parts = append(parts, strings.Join(table, "\n"))
	for _, changed := range p.Files {
		head := "Files " + strings.Join(strings.Fields(filesText(p, changed)), " ")
		if changed.Unknown != "" || changed.Count() == 0 || !files {
			parts = append(parts, markdown.Words(head))
			continue
		}
		left := len(changed.Diffs) - diffs
		changed.Diffs = changed.Diffs[:min(diffs, len(changed.Diffs))]
		lines := FileLines(changed)
		if left > 0 {
			lines = append(lines, "(the log has "+layout.Plural(left, "diff")+" more)")
		}
		parts = append(parts, "<details><summary>"+html.EscapeString(head)+"</summary>\n\n"+markdown.Fence("diff", lines)+"\n</details>")
	}
	return strings.Join(parts, "\n\n") + "\n\n"
}

func row(step deploy.PreviewStep) string {
	what := markdown.Words(step.Name)
	if text := outlook(step); text != "" {
		what += ": " + markdown.Words(layout.OneLine(text))
	}
	return markdown.Row(string(step.Phase), what, markdown.Words(stepHosts(step, ", ")))
}

func title(p deploy.Preview) string {
	text := markdown.Words("Plan: " + strings.NewReplacer("   ", ", ", " -> ", " → ").Replace(heading(p)))
	switch {
	case len(p.Refusals) > 0:
		return "❌ " + text
	case p.Offline:
		return "📋 " + text + " (no host was asked)"
	case p.Changes():
		return "📋 " + text
	}
	return "✅ " + text + ": nothing to do"
}
