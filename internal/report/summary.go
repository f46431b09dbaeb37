package report

import (
	"fmt"
	"slices"
	"strings"

	"slipway/internal/ci"
	"slipway/internal/deploy"
)

// maxSummary leaves room below what GitHub takes, for the rest of a line that is being written.
const maxSummary = ci.MaxSummary - 4096

// summary is the page of the job: the verdict, the facts, hosts by phases, when everything ran, what failed, and the way back.
// Its texts are safe by then; what it adds is that none of them is Markdown.
type summary struct {
	res      deploy.Result
	failures []failure
	run      ci.Run
	notes    []deploy.Noted
}

// markdown is the page. When it grows too large, the hosts' last words go first, then the table, then the chart.
func (s summary) markdown() string {
	for drop := range 4 {
		if text := s.page(drop < 1, drop < 2, drop < 3); len(text) <= maxSummary {
			return text
		}
	}
	return s.heading() + "\n\nThe rest is too long for a summary. It is in the log.\n"
}

func (s summary) page(tails, table, chart bool) string {
	parts := []string{s.heading()}
	if s.res.Next != "" {
		parts = append(parts, s.next())
	}
	parts = append(parts, s.facts())
	for _, n := range s.notes {
		alert := "NOTE"
		if n.Level == deploy.LevelWarning {
			alert = "WARNING"
		}
		parts = append(parts, "> [!"+alert+"]\n> "+words(oneLine(n.Text)))
	}
	parts = append(parts, s.failed(tails))
	if table {
		parts = append(parts, s.table())
	}
	if chart {
		if text := gantt(s.res); text != "" {
			parts = append(parts, "```mermaid\n"+text+"```")
		}
	}
	parts = append(parts, s.wayBack())
	parts = slices.DeleteFunc(parts, func(part string) bool { return part == "" })
	return strings.Join(parts, "\n\n") + "\n\n"
}

// heading is the verdict in one line.
func (s summary) heading() string {
	res := s.res
	place := where(res.Header)
	now := runs(res.Release)
	activated, all := len(res.HostsWith(deploy.HostActivated)), taking(res)
	old := place + " still runs " + runs(before(res))
	switch {
	case before(res) != "":
	case anyUnasked(res):
		old = "Nothing was changed in " + place
	default:
		old = place + " runs no release yet"
	}
	if switched := res.HostsWith(deploy.HostSwitched); len(switched) > 0 {
		old = fmt.Sprintf("%s may run %s on %s, not verified", place, now, countedHosts(len(switched), all))
	}
	var icon, text string
	switch res.Outcome {
	case deploy.OutcomeActivated:
		icon, text = "✅", fmt.Sprintf("%s runs %s: %s, %s", place, now, countedHosts(activated, all), spaced(wholeSeconds(res.Duration)))
		if res.Command == "rollback" {
			text = fmt.Sprintf("%s is back on %s: %s, %s", place, now, countedHosts(activated, all), spaced(wholeSeconds(res.Duration)))
		}
		if res.Failed != "" {
			icon, text = "⚠️", fmt.Sprintf("%s runs %s on %s, but %s", place, now, countedHosts(activated, all), s.whatFailed())
		}
		if behind := leftBehind(res); len(behind) > 0 {
			text = fmt.Sprintf("%s runs %s on %s; left behind: %s", place, now, countedHosts(activated, all), named(behind, " "))
		}
	case deploy.OutcomeUnchanged:
		icon, text = "✅", fmt.Sprintf("%s runs %s already: %s verified", place, now, plural(all, "host"))
	case deploy.OutcomeUnwound:
		icon, text = "↩️", fmt.Sprintf("Rolled back: %s. %s runs %s", s.whatFailed(), place, runs(before(res)))
		if before(res) == "" {
			text = fmt.Sprintf("Rolled back: %s. %s runs no release, as before", s.whatFailed(), place)
		}
	case deploy.OutcomePerson:
		icon, text = "🚨", "A person is needed: "+s.whatFailed()
	case deploy.OutcomeSuperseded:
		icon, text = "⏭️", "Superseded by a newer run. "+old
	case deploy.OutcomeReconciled:
		icon, text = "🧹", "Nothing to clean up. "+runNow(res.Hosts)
		if back := res.HostsWith(deploy.HostUnwound); len(back) > 0 {
			icon, text = "🧹", fmt.Sprintf("Cleaned up: %s brought back, %s. %s runs %s",
				countedHosts(len(back), all), spaced(wholeSeconds(res.Duration)), place, runs(before(res)))
		}
	case deploy.OutcomeCancelled:
		icon, text = "⏹️", fmt.Sprintf("Cancelled%s. %s", in(res), old)
	default:
		icon, text = "❌", fmt.Sprintf("Not deployed: %s. %s", s.whatFailed(), old)
		if res.ExitCode == deploy.ExitMigrate {
			text += ", but migrate began"
		}
	}
	if res.Reconcile && (res.Outcome == deploy.OutcomeFailed || res.Outcome == deploy.OutcomeCancelled) {
		icon, text = "⚠️", fmt.Sprintf("Not cleaned up: %s. Hosts of %s may be half switched", s.whatFailed(), place)
	}
	return "## " + icon + " " + words(text)
}

// whatFailed is the first failure, and how many there are more.
func (s summary) whatFailed() string {
	list := merged(s.failures)
	if len(list) == 0 {
		return strings.TrimSpace(s.res.Step + " failed" + in(s.res))
	}
	if s.res.Outcome == deploy.OutcomePerson { // what could not be brought back, not why it had to be
		slices.Reverse(list)
	}
	text := list[0].title()
	if s.res.Outcome == deploy.OutcomeUnwound && len(list[0].hosts) > 0 {
		text = named(list[0].hosts, ", ") + " failed " + strings.TrimPrefix(list[0].step, "verify ")
	}
	if more := len(list) - 1; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// spaced is 21 s for 21s, as prose has it.
func spaced(d string) string {
	if strings.ContainsAny(d, "mh") {
		return d
	}
	return strings.TrimSuffix(d, "s") + " s"
}

// next is what to do now, ready to be copied.
func (s summary) next() string {
	text := oneLine(s.res.Next)
	commands := strings.Split(text, "`")
	if s.res.Outcome != deploy.OutcomePerson || len(commands) != 3 {
		return "**Next:** " + words(text)
	}
	return "**Next:** " + words(text) + "\n\n" + strings.TrimRight(fence("sh", commands[1:2]), "\n")
}

// facts are what, where, from which run.
func (s summary) facts() string {
	res := s.res
	var rows [][2]string
	if res.Release != "" {
		rows = append(rows, [2]string{"Release", code(string(res.Release))})
	}
	switch b := before(res); {
	case b != "":
		rows = append(rows, [2]string{"Before", code(string(b))})
	case anyUnasked(res):
		rows = append(rows, [2]string{"Before", "not known"})
	default:
		rows = append(rows, [2]string{"Before", "nothing: the first deployment"})
	}
	if res.Revision != "" {
		rows = append(rows, [2]string{"Commit", code(shortRevision(res.Revision))})
	}
	if run := runText(res.Header, s.run); run != "" || res.RunURL != "" {
		text := run
		if res.RunURL != "" {
			text = link("run "+text, res.RunURL)
		}
		if res.Actor != "" {
			text += " by " + plainMarkdown(res.Actor)
		}
		rows = append(rows, [2]string{"Run", text})
	}
	if res.URL != "" {
		rows = append(rows, [2]string{"URL", link(res.URL, res.URL)})
	}
	if res.ArtifactSize > 0 {
		rows = append(rows, [2]string{"Artifact", deploy.Size(res.ArtifactSize) + ", sha256 " + code(string(res.ArtifactSHA))})
	}
	var b strings.Builder
	fmt.Fprintf(&b, "| | %s |\n| --- | --- |\n", words(strings.ReplaceAll(target(res.Header), "->", "→")))
	for _, row := range rows {
		fmt.Fprintf(&b, "| %s | %s |\n", row[0], row[1])
	}
	return strings.TrimRight(b.String(), "\n")
}

// failed is what went wrong where, with the hosts' last words.
func (s summary) failed(tails bool) string {
	var b strings.Builder
	for i, f := range s.failures {
		if i == maxFailures {
			fmt.Fprintf(&b, "\nand %d more, see the log\n", len(s.failures)-i)
			break
		}
		fmt.Fprintf(&b, "### %s\n\n", words(f.title()))
		if f.cause != "" || f.status != "" {
			fmt.Fprintf(&b, "%s\n\n", code(firstOf(f.cause, f.status)))
		}
		if tails && len(f.tail) > 0 {
			b.WriteString(fence("text", f.words()) + "\n")
		}
		if f.command != "" {
			fmt.Fprintf(&b, "- Command: %s\n", code(f.command))
		}
		for _, hint := range f.hints {
			fmt.Fprintf(&b, "- %s\n", words(hint))
		}
		if f.command != "" || len(f.hints) > 0 {
			b.WriteString("\n")
		}
	}
	return strings.TrimSpace(b.String())
}

// maxFailures is how many different failures the summary shows.
const maxFailures = 25

func firstOf(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

// wayBack is how to roll back, folded.
func (s summary) wayBack() string {
	res := s.res
	if res.Outcome != deploy.OutcomeActivated || before(res) == "" {
		return ""
	}
	environment := ""
	if res.Environment != "" {
		environment = " -e " + res.Environment
	}
	lines := []string{fmt.Sprintf("slipway rollback%s --to %s", environment, before(res))}
	text := "From a shell:\n\n" + fence("sh", lines)
	inputs := []string{"command: rollback", "to: " + string(before(res))}
	if res.Environment != "" {
		inputs = append(inputs, "environment: "+res.Environment)
	}
	text += "\nFrom a workflow, as inputs of the action:\n\n" + fence("yaml", inputs)
	return "<details><summary>How to roll back</summary>\n\n" + text + "\n</details>"
}
