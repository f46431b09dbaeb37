package show

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/inspect"
	"github.com/slipway/slipway/internal/report/layout"
	"github.com/slipway/slipway/internal/report/markdown"
)

// verdict is what it comes to, in one line.
func verdict(s inspect.Status) string {
	text := strings.ToUpper(word(s.State)) + ": " + Verdict(s)
	if s.State.Bad() {
		text += fmt.Sprintf(" (exit %d)", deploy.ExitChanges)
	}
	return text
}

// Verdict is what a status comes to, in a few words.
func Verdict(s inspect.Status) string {
	count := func(state inspect.State) int {
		n := 0
		for _, h := range s.Hosts {
			if h.State == state {
				n++
			}
		}
		return n
	}
	serving := len(s.Hosts) - count(inspect.StateBalancer)
	of := func(text string) string { return layout.CountedHosts(count(s.State), serving) + text }
	runs := ""
	if s.Release != "" {
		runs = layout.Runs(s.Release)
	}
	switch s.State {
	case inspect.StateOK:
		return fmt.Sprintf("%s, %s", layout.Plural(serving, "host"), "all on "+runs)
	case inspect.StateSplit:
		return of(" without the fleet's " + runs)
	case inspect.StateDrifted:
		return of(" not as deployed")
	case inspect.StateHalfDone:
		return of(" half done")
	case inspect.StateDeploying:
		return "a deployment is under way"
	case inspect.StateUnreachable:
		return of(" did not answer")
	case inspect.StateForeign:
		return of(" with another tool's release")
	default:
		return "no release of Slipway's is live"
	}
}

// Annotations are a warning for each host that is not as it should be, and an error for each that did not answer, or for many that are
// silent for one reason.
func Annotations(s inspect.Status) []ci.Annotation {
	var list []ci.Annotation
	for _, alike := range groups(s.Hosts, whySilent) {
		h, who := alike[0], alike[0].Host+" is"
		if len(alike) > 1 {
			who = layout.Named(named(alike), ", ") + " are"
		}
		if !h.State.Bad() && h.State != inspect.StateUnreachable {
			continue
		}
		lines := slices.Clone(h.Why)
		for _, f := range files(h) {
			lines = append(lines, strings.TrimSpace(f))
		}
		if h.Next != "" {
			lines = append(lines, "Next: "+h.Next)
		}
		level := deploy.LevelWarning
		if h.State == inspect.StateUnreachable { // the command fails
			level = deploy.LevelError
		}
		list = append(list, ci.Annotation{
			Level: level, Title: fmt.Sprintf("%s %s (%s)", who, strings.ToLower(word(h.State)), where(s.Head)), Message: strings.Join(lines, "\n"),
		})
	}
	return list
}

// Summary is the job's page of a status.
func Summary(s inspect.Status) string {
	icon := "✅"
	if s.State.Bad() || s.State == inspect.StateUnreachable {
		icon = "⚠️"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "## %s %s\n\n", icon, markdown.Words(where(s.Head)+": "+strings.ToLower(word(s.State))+", "+Verdict(s)))
	b.WriteString("| Host | Release | Commit | Since | By | Run | Kept | State |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n")
	for _, h := range s.Hosts {
		row := statusRow(s, h)
		cells := []string{markdown.Plain(row[0]), markdown.Code(row[1]), markdown.Plain(row[2]), row[3], markdown.Plain(row[4]), markdown.Plain(row[5]), row[6], row[7]}
		if h.RunURL != "" {
			cells[5] = markdown.Link(row[5], h.RunURL)
		}
		if h.State.Bad() {
			cells[7] = "**" + row[7] + "**"
		}
		b.WriteString(markdown.Row(cells...) + "\n")
		if b.Len() > ci.MaxSummary/2 {
			b.WriteString("\nand more, see the log\n")
			break
		}
	}
	if lines := slices.Concat(locks(s), holds(s), details(s), artifactOnly(s)); len(lines) > 0 {
		b.WriteString("\n" + markdown.Fence("text", lines) + "\n")
	}
	return b.String()
}

// ExitCode is how the command ends: by what the fleet is, else by whether all of it was asked.
func ExitCode(s inspect.Status) int {
	switch {
	case s.State.Bad():
		return deploy.ExitChanges
	case slices.ContainsFunc(s.Hosts, func(h inspect.HostStatus) bool { return h.State == inspect.StateUnreachable }):
		return deploy.ExitFailed
	}
	return deploy.ExitDone
}
