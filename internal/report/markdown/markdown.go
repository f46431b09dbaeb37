// Package markdown writes foreign text into a page of GitHub's Markdown so that it stays text: no link, mention, HTML, emphasis
// or cell of a table can come of it.
package markdown

import (
	"net/url"
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/lazyregexp"
)

// plainWord is a word that means the same in Markdown as without it. GitHub makes links of words with ://, www. and @, and
// pictures of :words:; it does not of the rest.
var plainWord = lazyregexp.New(`^["'(]*(?:(?:[\pL\pN'/.=%+→-]|[\pL\pN]_[\pL\pN])*)[,.;:?)"'%]*$`)

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

// Row is a row of a table. A cell ends at every bar that is not escaped, also inside a code span.
func Row(cells ...string) string {
	var b strings.Builder
	b.WriteString("|")
	for _, cell := range cells {
		cell = strings.ReplaceAll(cell, `\|`, `\¦`) // escaped again, it would be a backslash and the end of the cell
		if cell = strings.ReplaceAll(cell, "|", `\|`); cell != "" {
			b.WriteString(" " + cell)
		}
		b.WriteString(" |")
	}
	return b.String()
}

// Words is Plain word by word, so that a line of ours with an odd name in it stays readable. What stands between two backticks
// is a code span already. Two code spans never touch: their backticks would make up others.
func Words(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	pieces := strings.Split(text, "`")
	if len(pieces)%2 == 0 { // one without its partner
		return Code(text)
	}
	var list []piece
	for i, p := range pieces {
		if i%2 == 1 {
			list = append(list, piece{p, quoted})
			continue
		}
		list = append(list, split(p)...)
	}
	var b strings.Builder
	for _, p := range joined(list) {
		if p.code() {
			b.WriteString(Code(p.text))
		} else {
			b.WriteString(p.text)
		}
	}
	return b.String()
}

// piece is a part of a text.
type piece struct {
	text string
	kind kind
}

type kind int

const (
	plain  kind = iota // shown as it is
	quoted             // stood between backticks
	odd                // a word that would mean something
)

func (p piece) code() bool { return p.kind != plain }

// split finds the words that mean something in Markdown, less the punctuation behind them. One that opens a bracket goes on to
// the word that closes it.
func split(text string) []piece {
	var list []piece
	words := strings.Split(text, " ")
	for i := 0; i < len(words); i++ {
		if i > 0 {
			list = append(list, piece{" ", plain})
		}
		word := words[i]
		if isPlainWord(word) {
			list = append(list, piece{word, plain})
			continue
		}
		for end := i + 1; open(word) > 0 && end <= len(words); end++ {
			if whole := strings.Join(words[i:end], " "); open(whole) == 0 {
				word, i = whole, end-1
			}
		}
		core := strings.TrimRight(word, ".,;:?")
		if !strings.Contains(core, "(") {
			core = strings.TrimRight(core, ".,;:?)")
		}
		list = append(list, piece{core, odd}, piece{word[len(core):], plain})
	}
	return list
}

// open is how many brackets of a text are not closed.
func open(text string) int {
	return strings.Count(text, "[") + strings.Count(text, "{") - strings.Count(text, "]") - strings.Count(text, "}")
}

// joined makes one piece of code of those that touch, and of odd words that follow each other.
func joined(list []piece) []piece {
	var out []piece
	for _, p := range list {
		last := len(out) - 1
		switch {
		case p.text == "":
		case last >= 0 && p.code() && out[last].code():
			out[last].text += p.text
		case last >= 1 && p.kind == odd && out[last].text == " " && out[last-1].kind == odd:
			out[last-1].text += " " + p.text
			out = out[:last]
		default:
			out = append(out, p)
		}
	}
	return out
}

// Code is a code span.
func Code(text string) string {
	text = strings.NewReplacer("\n", " ", "\r", " ").Replace(text)
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
