// Package preview shows what a deployment would do: lines for the log, a page for the summary, and JSON for machines. It takes a
// deploy.Preview whose texts are safe to print.
package preview

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/report/back"
	"github.com/slipway/slipway/internal/report/layout"
)

// nameWidth is how wide the names of steps are, in columns.
const nameWidth = 26

// most is how many files of a kind are named; the others are counted.
const most = 20

// Lines are the log: what would run where, in order, and what stands in the way. The verdict is the last.
func Lines(p deploy.Preview) []string {
	lines := layout.Wrap(heading(p), 2)
	for _, files := range p.Files {
		lines = append(lines, labelled("files", filesText(p, files))...)
	}
	for _, c := range p.Secrets {
		text := secretsText(c)
		if len(p.Secrets) > 1 {
			text += "   on " + layout.Named(c.Hosts, " ")
		}
		lines = append(lines, labelled("secrets", text)...)
	}
	if text := back.Between(p.Back); text != "" {
		lines = append(lines, labelled("between", text)...)
	}
	if text := back.Instead(p.Back); text != "" {
		lines = append(lines, labelled("or to", text)...)
	}
	if p.From != "" {
		lines = append(lines, labelled("from", p.From)...)
	}
	if text := upload(p); text != "" {
		lines = append(lines, labelled("send", text)...)
	}
	last := deploy.Phase("")
	activated := false
	for _, step := range p.Steps {
		if step.Phase == deploy.Finish && !activated {
			lines, activated = append(lines, activation(p)...), true
		}
		label := string(step.Phase)
		if step.Phase == last {
			label = ""
		}
		last = step.Phase
		lines = append(lines, labelled(label, strings.TrimRight(layout.Pad(step.Name, nameWidth)+stepHosts(step, " ")+"   "+outlook(step), " "))...)
	}
	if !activated && len(p.Batches) > 0 {
		lines = append(lines, activation(p)...)
	}
	for _, text := range p.Told {
		lines = append(lines, labelled("tells", text)...)
	}
	for _, text := range p.Ahead {
		lines = append(lines, labelled("first", text)...)
	}
	for _, text := range p.Warnings {
		lines = append(lines, labelled("warning", text)...)
	}
	for _, r := range refusals(p) {
		lines = append(lines, labelled("REFUSED", r.text())...)
		if r.hint != "" {
			lines = append(lines, labelled("hint", r.hint)...)
		}
	}
	return append(lines, verdict(p))
}

// labelWidth is how wide the labels are, in columns, with what stands before them.
const labelWidth = 12

// labelled is a line like "  prepare   Build".
func labelled(label, text string) []string {
	return layout.Wrap(layout.Pad("  "+label, labelWidth)+text, labelWidth)
}

// heading is `broken-brackets -> production   77aa001 -> 1a2b3c4   3 hosts`.
func heading(p deploy.Preview) string {
	parts := []string{p.Command + " " + layout.Target(p.Header, "->")}
	to := "a new release"
	switch {
	case p.Command == "rollback":
		to = layout.RunsOf(p.Header)
	case p.Revision != "":
		to = layout.ShortRevision(p.Revision)
	}
	if live := liveNow(p); live != "" {
		to = live + " -> " + to
	}
	if to != "" {
		parts = append(parts, to)
	}
	return strings.Join(append(parts, layout.Plural(len(p.Hosts), "host")+layout.Limited(p.Header)), "   ")
}

// liveNow is what the hosts run: one release, or each with its hosts.
func liveNow(p deploy.Preview) string {
	var names []string
	hosts := map[string][]string{}
	for _, l := range p.Live {
		name := "nothing"
		switch {
		case l.Release != "":
			name = layout.Runs(l.Release)
		case l.Foreign != "":
			name = l.Foreign
		}
		if hosts[name] == nil {
			names = append(names, name)
		}
		hosts[name] = append(hosts[name], l.Host)
	}
	if len(names) <= 1 {
		return strings.Join(names, "")
	}
	for i, name := range names {
		names[i] = name + " (" + layout.Names(hosts[name], " ") + ")"
	}
	return strings.Join(names, ", ")
}

// filesText is `+12  ~131  -4`, and on which hosts where they run different releases.
func filesText(p deploy.Preview, files deploy.FileChanges) string {
	var text string
	switch {
	case files.Unknown != "":
		text = "not known: " + files.Unknown
	case files.Count() == 0:
		text = "none: the same content is live"
	default:
		text = fmt.Sprintf("+%d  ~%d  -%d", len(files.Added), len(files.Changed), len(files.Removed))
	}
	if len(p.Files) > 1 {
		text += "   on " + layout.Named(files.Hosts, " ")
	}
	return text
}

// secretsText is `.env changes, key.pem unchanged`.
func secretsText(c deploy.SecretChanges) string {
	var parts []string
	add := func(paths []string, what string) {
		for _, path := range paths {
			parts = append(parts, path+" "+what)
		}
	}
	add(c.Changed, "changes")
	add(c.Removed, "goes")
	add(c.Unknown, "not known: its secret is not given")
	add(c.Unchanged, "unchanged")
	return strings.Join(parts, ", ")
}

func upload(p deploy.Preview) string {
	copied := fmt.Sprintf("copied from %s's release on the same machine", p.CopyOf)
	switch {
	case len(p.Upload) > 0 && len(p.Copy) > 0:
		return fmt.Sprintf("%s; nothing to %s: %s", sent(p), layout.Named(p.Copy, " "), copied)
	case len(p.Upload) > 0:
		return sent(p)
	case len(p.Copy) > 0:
		return "nothing to send: " + copied
	case p.Command == "rollback" && p.Release != "" && !p.Offline:
		return "nothing: the hosts keep it"
	}
	return ""
}

// sent is `1.10 MB of 38.2 MB to web1 web2; 38.2 MB to web3`.
func sent(p deploy.Preview) string {
	var parts []string
	whole := slices.Clone(p.Upload)
	for _, d := range p.Deltas {
		parts = append(parts, fmt.Sprintf("%s of %s to %s", deploy.Size(d.Sent), deploy.Size(p.ArtifactSize), layout.Named(d.Hosts, " ")))
		whole = slices.DeleteFunc(whole, func(host string) bool { return slices.Contains(d.Hosts, host) })
	}
	if len(whole) > 0 {
		parts = append(parts, fmt.Sprintf("%s to %s", deploy.Size(p.ArtifactSize), layout.Named(whole, " ")))
	}
	return strings.Join(parts, "; ")
}

func stepHosts(step deploy.PreviewStep, separator string) string {
	text := layout.Named(step.Hosts, separator)
	if len(step.Receivers) > 0 {
		text += ", its files to " + layout.Named(step.Receivers, separator)
	}
	if step.Undo {
		text += ", undone on failure"
	}
	return text
}

// outlook is what is known of a step beforehand.
func outlook(step deploy.PreviewStep) string {
	if step.Unknown != "" {
		return "not known beforehand: " + step.Unknown
	}
	return step.Outlook
}

// activation is `1 jobs1 -> 2 web1 -> 3 web2 -> fleet check`.
func activation(p deploy.Preview) []string {
	var parts []string
	for i, batch := range p.Batches {
		part := fmt.Sprintf("%d %s", i+1, layout.Named(batch.Hosts, " "))
		if batch.Canary {
			part += " (canary)"
		}
		if batch.Wait > 0 {
			part += ", wait " + layout.WholeSeconds(batch.Wait)
		}
		parts = append(parts, part)
	}
	if len(p.Fleet) > 0 {
		part := "fleet " + strings.Join(p.Fleet, ", ")
		if p.Watch > 0 {
			part += ", watch " + layout.WholeSeconds(p.Watch)
		}
		parts = append(parts, part)
	}
	return labelled(string(deploy.Activate), strings.Join(parts, " -> "))
}

// refused is why hosts would be refused.
type refused struct {
	hosts       []string
	alike       []string // hosts whose reason differs in nothing but their own address
	cause, hint string
}

func (r refused) text() string {
	if len(r.hosts) == 0 {
		return r.cause
	}
	text := layout.Named(r.hosts, ", ") + ": " + r.cause
	if len(r.alike) > 0 {
		text += "; alike: " + layout.Named(r.alike, ", ")
	}
	return text
}

// refusals are the different reasons, each with its hosts.
func refusals(p deploy.Preview) (list []refused) {
	cause := func(e *deploy.Error) string { return layout.OneLine(e.Cause.Error()) }
	hint := func(e *deploy.Error) string { return layout.OneLine(e.Hint) }
	for _, group := range deploy.Grouped(p.Refusals, func(e *deploy.Error) string { return cause(e) + "\n" + hint(e) }) {
		r := refused{cause: cause(group[0]), hint: hint(group[0])}
		for _, e := range group {
			switch {
			case e.Host == "":
			case cause(e) == r.cause:
				r.hosts = append(r.hosts, e.Host)
			default:
				r.alike = append(r.alike, e.Host)
			}
		}
		list = append(list, r)
	}
	return list
}

func verdict(p deploy.Preview) string {
	switch {
	case len(p.Refusals) > 0:
		return "Refused: as things are, preflight would stop it, and nothing would change"
	case p.Offline:
		return "No host was asked: what they run, and what stands in the way, is not known"
	case p.Changes():
		return "Changes: yes"
	}
	return "Changes: no"
}

// named are the files of one kind, with its sign; those beyond a bound are counted.
func named(sign string, paths []string) []string {
	var lines []string
	for _, path := range paths[:min(len(paths), most)] {
		lines = append(lines, sign+" "+path)
	}
	if more := len(paths) - most; more > 0 {
		lines = append(lines, fmt.Sprintf("%s and %d more", sign, more))
	}
	return lines
}

// FileLines name the files that change, and show the diffs of their texts, for a section of the log.
func FileLines(files deploy.FileChanges) []string {
	lines := slices.Concat(named("+", files.Added), named("~", files.Changed), named("-", files.Removed))
	for _, diff := range files.Diffs {
		lines = append(lines, strings.Split(diff.Text, "\n")...)
	}
	return lines
}
