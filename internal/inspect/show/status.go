package show

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/inspect"
	"github.com/slipway/slipway/internal/release/lock"
	"github.com/slipway/slipway/internal/report/layout"
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
