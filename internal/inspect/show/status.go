package show

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"slipway/internal/ci"
	"slipway/internal/deploy"
	"slipway/internal/inspect"
	"slipway/internal/release/lock"
	"slipway/internal/report/layout"
	"slipway/internal/report/markdown"
)

// mostFiles is how many drifted files of a host are shown to people; the JSON has more.
const mostFiles = 10

// mostDetails is how many hosts that are not as they should be are described one by one.
const mostDetails = 20

// word is a state as the table has it: what asks for somebody to act stands out.
func word(s inspect.State) string {
	text := strings.ReplaceAll(string(s), "_", " ")
	if s.Bad() || s == inspect.StateUnreachable {
		return strings.ToUpper(text)
	}
	return text
}

// Status is the answer for a person. The line that decides comes last.
func Status(s inspect.Status) []string {
	var rows [][]string
	for _, h := range s.Hosts {
		rows = append(rows, statusRow(s, h))
	}
	lines := table(statusHead, rows)
	lines = append(lines, "")
	lines = append(lines, locks(s)...)
	lines = append(lines, holds(s)...)
	lines = append(lines, details(s)...)
	lines = append(lines, artifactOnly(s)...)
	return append(lines, verdict(s))
}

var statusHead = []string{"HOST", "RELEASE", "REV", "SINCE", "BY", "RUN", "KEPT", "STATE"}

func statusRow(s inspect.Status, h inspect.HostStatus) []string {
	if h.State == inspect.StateUnreachable {
		return []string{h.Host, none, none, none, none, none, none, word(h.State)}
	}
	release := string(h.Release)
	if release == "" && h.State != inspect.StateBalancer {
		release = layout.Cut(h.Current, 40)
	}
	return []string{
		h.Host, orNone(release), revision(h.Revision), age(s.Head, h.Since), name(h.Actor), run(h.RunURL), strconv.Itoa(len(h.Kept)), word(h.State),
	}
}

// locks says who holds hosts, each owner once.
func locks(s inspect.Status) []string {
	var owners []string
	hosts := map[string][]string{}
	for _, h := range s.Hosts {
		if h.Lock == nil {
			continue
		}
		l := h.Lock
		who := lock.Who(deploy.LockOwner{
			Deployment: l.Deployment, Attempt: l.Attempt, Command: l.Command, Actor: l.Actor, RunURL: l.RunURL,
			Since: l.Since.Truncate(time.Second), // as Asked is: an owner of this second has an age, too
		}, s.Asked)
		if l.Dead {
			who += "; it gave no sign of life for " + lock.Age(seconds(l.Silent)) + ": the next deployment takes the lock"
		}
		if hosts[who] == nil {
			owners = append(owners, who)
		}
		hosts[who] = append(hosts[who], h.Host)
	}
	switch {
	case s.State == inspect.StateUnreachable && !slices.ContainsFunc(s.Hosts, func(h inspect.HostStatus) bool { return h.State != inspect.StateUnreachable }):
		return []string{"lock   not known"}
	case len(owners) == 0:
		return []string{"lock   none"}
	}
	var lines []string
	for _, who := range owners {
		lines = append(lines, layout.Wrap("lock   "+layout.Names(hosts[who], " ")+": "+who, 7)...)
	}
	return lines
}

// holds says which hosts are on hold, each hold once.
func holds(s inspect.Status) []string {
	var lines, order []string
	hosts := map[string][]string{}
	for _, h := range s.Hosts {
		if h.Hold == nil {
			continue
		}
		text := fmt.Sprintf("for %s, by %s: %s", age(s.Head, h.Hold.At), orNone(h.Hold.Actor), h.Hold.Reason)
		if hosts[text] == nil {
			order = append(order, text)
		}
		hosts[text] = append(hosts[text], h.Host)
	}
	for _, text := range order {
		lines = append(lines, layout.Wrap("hold   "+layout.Names(hosts[text], " ")+": "+text, 7)...)
	}
	return lines
}

// details are what is to say of single hosts, what to do, and which files drifted.
func details(s inspect.Status) []string {
	var lines []string
	shown, left := 0, 0
	for _, alike := range groups(s.Hosts, whySilent) {
		h := alike[0]
		if len(h.Why) == 0 || plainly(h.State) {
			continue
		}
		if shown == mostDetails {
			left += len(alike)
			continue
		}
		shown++
		for _, why := range h.Why {
			lines = append(lines, layout.Wrap(h.Host+": "+why+others(named(alike)), 4)...)
		}
		lines = append(lines, files(h)...)
		if h.Next != "" {
			lines = append(lines, layout.Labelled("next", h.Next)...)
		}
	}
	if left > 0 {
		lines = append(lines, fmt.Sprintf("and %s more: --json has all", layout.Plural(left, "host")))
	}
	return lines
}

func whySilent(h inspect.HostStatus) string { return h.Alike }

func named(hosts []inspect.HostStatus) []string {
	names := make([]string, len(hosts))
	for i, h := range hosts {
		names[i] = h.Host
	}
	return names
}

// Drift says which files were changed on hosts since they were deployed, a line for all hosts with the same.
func Drift(answers []inspect.Answer) []string {
	const most = 3
	var texts []string
	hosts := map[string][]string{}
	for _, a := range answers {
		if a.Drift == nil || a.Drift.Count == 0 {
			continue
		}
		var names []string
		for _, f := range a.Drift.List[:min(len(a.Drift.List), most)] {
			names = append(names, f.Path)
		}
		if a.Drift.Count > most {
			names = append(names, "..")
		}
		text := fmt.Sprintf("%s changed in place (%s)", layout.Plural(a.Drift.Count, "file"), strings.Join(names, ", "))
		if hosts[text] == nil {
			texts = append(texts, text)
		}
		hosts[text] = append(hosts[text], a.Host.Name)
	}
	for i, text := range texts {
		texts[i] = layout.Named(hosts[text], ", ") + ": " + text
	}
	return texts
}

// artifactOnly names the hosts that do not know what steps made, once.
func artifactOnly(s inspect.Status) []string {
	var hosts []string
	for _, h := range s.Hosts {
		if h.Drift != nil && h.Drift.ArtifactOnly {
			hosts = append(hosts, h.Host)
		}
	}
	if len(hosts) == 0 {
		return nil
	}
	return layout.Wrap("drift  "+layout.Names(hosts, " ")+": only files of the artifact are compared; what steps make is known from the next deployment on", 7)
}

// plainly reports whether the word of the state says it all.
func plainly(s inspect.State) bool { return s == inspect.StateNothing || s == inspect.StateForeign }

func files(h inspect.HostStatus) []string {
	if h.Drift == nil || h.Drift.Count == 0 {
		return nil
	}
	var lines []string
	for _, f := range h.Drift.Files[:min(len(h.Drift.Files), mostFiles)] {
		lines = append(lines, layout.Cut(fmt.Sprintf("    %-8s %s", f.What, f.Path), layout.Columns))
	}
	if more := h.Drift.Count - min(len(h.Drift.Files), mostFiles); more > 0 {
		lines = append(lines, fmt.Sprintf("    and %d more: --json has up to %d", more, inspect.MostFiles))
	}
	return lines
}

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
