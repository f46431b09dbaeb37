package summary

import (
	"github.com/slipway/slipway/internal/report/markdown"
)

// style is how a text is written that stands on the page and, where there is none, in the log.
type style struct {
	code, plain, words func(text string) string
	link               func(text, address string) string

	good, warned, failed, cut, unseen, person string // before what became of a host
}

// onPage is Markdown.
var onPage = style{
	code: markdown.Code, plain: markdown.Plain, words: markdown.Words, link: markdown.Link,
	good: "✅ ", warned: "⚠️ ", failed: "❌ ", cut: "⏹️ ", unseen: "❔ ", person: "🚨 ",
}

// inLog is the words alone.
var inLog = style{
	code: asItIs, plain: asItIs, words: asItIs, link: linkInLog,
	good: "ok ", warned: "warn ", failed: "FAIL ", cut: "stopped ", unseen: "unseen ", person: "FAIL ",
}

func asItIs(text string) string { return text }

// linkInLog has the address behind its text, where that says something else.
func linkInLog(text, address string) string {
	if text == address {
		return address
	}
	return text + " " + address
}
