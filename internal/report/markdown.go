package report

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// plainWord is a word that means the same in Markdown as without it: letters and digits, hyphens and full stops between
// them where they make no address, and the signs that end a word.
var plainWord = regexp.MustCompile(`^\(?(?:[\pL\pN]+(?:-[\pL\pN]+)*|[0-9]+(?:\.[0-9]+)+)?[,.;:)%]*$`)

// plainMarkdown is text within a line of Markdown or a cell of a table. What is not plain becomes a code span: inside one
// nothing is a link, a mention, HTML or emphasis. So a host, a step or a log line cannot put anything on the page but text.
func plainMarkdown(text string) string {
	for _, word := range strings.Split(text, " ") {
		if !plainWord.MatchString(word) {
			return code(text)
		}
	}
	return text
}

// words is plainMarkdown word by word, so that a line of ours with an odd name in it stays readable.
func words(text string) string {
	list := strings.Split(text, " ")
	for i, word := range list {
		if !plainWord.MatchString(word) {
			core := strings.TrimRight(word, ".,;:)")
			list[i] = code(core) + word[len(core):]
		}
	}
	return strings.Join(list, " ")
}

// code is a code span. A cell of a table ends at every |, also inside one, so that becomes a broken bar.
func code(text string) string {
	text = strings.NewReplacer("\n", " ", "\r", " ", "|", "¦").Replace(text)
	if strings.TrimSpace(text) == "" {
		return ""
	}
	ticks := strings.Repeat("`", longestRun(text, '`')+1)
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") || strings.HasPrefix(text, " ") && strings.HasSuffix(text, " ") {
		text = " " + text + " "
	}
	return ticks + text + ticks
}

// fence is a code block that no line within can end.
func fence(info string, lines []string) string {
	text := strings.Join(lines, "\n")
	ticks := strings.Repeat("`", max(3, longestRun(text, '`')+1))
	return ticks + info + "\n" + text + "\n" + ticks + "\n"
}

func longestRun(text string, of rune) int {
	longest, run := 0, 0
	for _, r := range text {
		if r == of {
			run++
			longest = max(longest, run)
		} else {
			run = 0
		}
	}
	return longest
}

// link is a link to an address that the workflow's author or the CI gave; what is no web address is shown as text.
func link(text, address string) string {
	u, err := url.Parse(address)
	if err != nil || !slices.Contains([]string{"http", "https"}, u.Scheme) || u.Host == "" || u.User != nil {
		return plainMarkdown(text)
	}
	target := strings.NewReplacer("<", "%3C", ">", "%3E", "(", "%28", ")", "%29", "|", "%7C", "\\", "%5C", "`", "%60").Replace(u.String())
	return "[" + plainMarkdown(text) + "](<" + target + ">)"
}
