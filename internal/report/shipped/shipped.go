// Package shipped says which merges a deployment brought, or took back: for the job's page and for comments on pull requests.
package shipped

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/report/layout"
	"github.com/slipway/slipway/internal/report/markdown"
)

// Line is `3 pull requests, 7 commits`, and what was taken back; "" where nobody looked.
func Line(of deploy.Shipped) string {
	switch {
	case of.IsZero():
		return ""
	case of.Unknown != "":
		return "not known: " + of.Unknown
	case of.First:
		return "all up to " + layout.ShortRevision(of.To) + ": the first release here"
	case of.In.Commits == 0 && of.Out.Commits == 0:
		return "no commits: " + layout.ShortRevision(of.From) + " was live before"
	}
	var parts []string
	for _, part := range []struct {
		lead   string
		merges deploy.Merges
	}{{"", of.In}, {"taken back: ", of.Out}} {
		if part.merges.Commits > 0 {
			parts = append(parts, part.lead+count(part.merges))
		}
	}
	return strings.Join(parts, "; ")
}

func count(m deploy.Merges) string {
	commits := layout.Plural(m.Commits, "commit")
	if m.Unknown != "" {
		return commits + "; of which pull requests is not known: " + m.Unknown
	}
	text := layout.Plural(len(m.Pulls), "pull request") + ", " + commits
	if m.Unread > 0 {
		text += fmt.Sprintf(", of which %d were not looked up", m.Unread)
	}
	return text
}

// List is the pull requests as a part of a page; "" where there are none.
func List(of deploy.Shipped) string {
	return strings.TrimSpace(section("Shipped", of.In, linked) + "\n\n" + section("Taken back", of.Out, linked))
}

// Lines are the pull requests for a log, a line for each; of many the first ones.
func Lines(of deploy.Shipped) (lines []string) {
	for _, list := range []struct {
		title  string
		merges deploy.Merges
	}{{"shipped", of.In}, {"taken back", of.Out}} {
		for i, pull := range list.merges.Pulls {
			if i == few {
				lines = append(lines, fmt.Sprintf("%s and %d more", list.title, len(list.merges.Pulls)-few))
				break
			}
			lines = append(lines, fmt.Sprintf("%s #%d %s", list.title, pull.Number, layout.Cut(layout.OneLine(pull.Title), maxTitle)))
		}
	}
	return lines
}

// few is how many pull requests are shown at once; more are folded.
const few = 10

func section(title string, m deploy.Merges, line func(deploy.Pull) string) string {
	if len(m.Pulls) == 0 {
		return ""
	}
	var lines []string
	for _, pull := range m.Pulls {
		lines = append(lines, "- "+line(pull))
	}
	if m.Alone > 0 {
		lines = append(lines, "- "+layout.Plural(m.Alone, "commit")+" of no pull request")
	}
	if m.Unread > 0 {
		lines = append(lines, "- "+layout.Plural(m.Unread, "older commit")+" not looked up")
	}
	text := strings.Join(lines, "\n")
	if len(m.Pulls) <= few {
		return title + ":\n\n" + text
	}
	return fmt.Sprintf("<details><summary>%s: %s</summary>\n\n%s\n\n</details>", title, layout.Plural(len(m.Pulls), "pull request"), text)
}

// linked is a pull request with its address.
func linked(pull deploy.Pull) string {
	text := markdown.Link(fmt.Sprintf("#%d", pull.Number), pull.URL) + " " + markdown.Words(layout.Cut(layout.OneLine(pull.Title), maxTitle))
	if pull.Author != "" {
		text += " by " + markdown.Plain("@"+pull.Author)
	}
	return text
}

// maxTitle is how much of a title is shown, in columns.
const maxTitle = 120

// Comment is what a pull request is told of a deployment that brought it, or took it back: where, by which run, and with what else. Nothing
// in it calls anybody, nor refers to another pull request, whose page would show that.
func Comment(res deploy.Result, number int) string {
	lead, title, merges := "Live in ", "With it", res.Shipped.In
	if !has(merges, number) {
		lead, title, merges = "No longer live in ", "Taken back with it", res.Shipped.Out
	}
	where := layout.Where(res.Header)
	place := markdown.Plain(where)
	if res.URL != "" {
		place = markdown.Link(where, res.URL)
	}
	run := markdown.Link(res.Command, res.RunURL)
	if res.Actor != "" {
		run += " by " + markdown.Code(res.Actor)
	}
	rows := [][2]string{
		{"", markdown.Words(layout.Target(res.Header, "→"))},
		{"---", "---"},
		{"Release", markdown.Code(string(res.Release))},
		{"Commit", markdown.Code(layout.ShortRevision(res.Revision))},
		{"Run", run},
		{"Shipped", markdown.Words(Line(res.Shipped))},
	}
	text := "### " + lead + place + "\n\n"
	for _, row := range rows {
		text += markdown.Row(row[0], row[1]) + "\n"
	}
	merges.Pulls = slices.DeleteFunc(slices.Clone(merges.Pulls), func(pull deploy.Pull) bool { return pull.Number == number })
	return strings.TrimSpace(text+"\n"+section(title, merges, unlinked)) + "\n"
}

func has(m deploy.Merges, number int) bool {
	return slices.ContainsFunc(m.Pulls, func(pull deploy.Pull) bool { return pull.Number == number })
}

// unlinked is a pull request as code, in which GitHub sees neither a reference nor a mention.
func unlinked(pull deploy.Pull) string {
	text := fmt.Sprintf("#%d %s", pull.Number, layout.Cut(layout.OneLine(pull.Title), maxTitle))
	if pull.Author != "" {
		text += " by " + pull.Author
	}
	return markdown.Code(text)
}
