// Package markdown writes foreign text into a page of GitHub's Markdown so that it stays text: no link, mention, HTML, emphasis
// or cell of a table can come of it.
package markdown

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// plainWord is a word that means the same in Markdown as without it. GitHub makes links of words with ://, www. and @, and
// pictures of :words:; it does not of the rest.
var plainWord = regexp.MustCompile(`^["'(]*(?:(?:[\pL\pN'/.=%+→-]|[\pL\pN]_[\pL\pN])*)[,.;:?)"'%]*$`)

func isPlainWord(word string) bool {
	return plainWord.MatchString(word) && !strings.Contains(strings.ToLower(word), "www.")
}

// Plain is text within a line of Markdown or a cell of a table. What is not plain becomes a code span: inside one
// nothing is a link, a mention, HTML or emphasis. So a host, a step or a log line cannot put anything on the page but text.
func Plain(text string) string {
	for word := range strings.SplitSeq(text, " ") {
		if !isPlainWord(word) {
			return Code(text)
		}
	}
	return text
}

// Words is plainMarkdown word by word, so that a line of ours with an odd name in it stays readable. What stands between
// two backticks is a code span already.
func Words(text string) string {
	pieces := strings.Split(text, "`")
	if len(pieces)%2 == 0 { // one without its partner
		return Code(text)
	}
	for i, piece := range pieces {
		if i%2 == 1 {
			pieces[i] = Code(piece)
			continue
		}
		list := strings.Split(piece, " ")
		for j, word := range list {
			if !isPlainWord(word) {
				core := strings.TrimRight(word, ".,;:?")
				if !strings.Contains(core, "(") {
					core = strings.TrimRight(core, ".,;:?)")
				}
				list[j] = Code(core) + word[len(core):]
			}
		}
		pieces[i] = strings.Join(list, " ")
	}
	return strings.Join(pieces, "")
}

// Code is a code span. A cell of a table ends at every |, also inside one, so that becomes a broken bar.
func Code(text string) string {
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

// Fence is a code block that no line within can end.
func Fence(info string, lines []string) string {
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

// Link is a link to an address that the workflow's author or the CI gave; what is no web address is shown as text.
func Link(text, address string) string {
	u, err := url.Parse(address)
	if err != nil || !slices.Contains([]string{"http", "https"}, u.Scheme) || u.Host == "" || u.User != nil {
		return Plain(text)
	}
	target := strings.NewReplacer("<", "%3C", ">", "%3E", "(", "%28", ")", "%29", "|", "%7C", "\\", "%5C", "`", "%60").Replace(u.String())
	return "[" + Plain(text) + "](<" + target + ">)"
}
