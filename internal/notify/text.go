package notify

import (
	"net/url"
	"slices"
	"strings"
	"sync"
	"unicode/utf16"
)

// ellipsis ends a text that was cut.
const ellipsis = "…"

// fit is a text as a service takes it, each character escaped and no more than most of them, as UTF-16 counts, which is the longest of
// the ways in which services count. Secrets are out of it before: a cut leaves no half of one.
func fit(text string, most int, escape func(string) string) string {
	var b strings.Builder
	length, end := 0, 0 // end is where the text ends that leaves room for the ellipsis
	for _, r := range text {
		piece := escape(string(r))
		length += len(utf16.Encode([]rune(piece)))
		if length > most {
			return b.String()[:end] + ellipsis
		}
		b.WriteString(piece)
		if length < most {
			end = b.Len()
		}
	}
	return b.String()
}

// literally is for services that see text as text.
func literally(text string) string { return text }

// slackEscaped is for Slack, to which these three are control characters: without them there is no <!channel> and no link.
func slackEscaped(text string) string { return slackEscapes().Replace(text) }

var slackEscapes = sync.OnceValue(func() *strings.Replacer {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
})

// discordEscaped makes text of whatever is Markdown to Discord, a mention, an emoji or an address. There a backslash takes the meaning
// from every sign.
func discordEscaped(text string) string { return behindBackslashes("\\`*_{}[]()<>#|~:@!", text) }

// noWidth is a space that takes no room: a sign before it is not the beginning of anything.
const noWidth = "\u200b"

// mattermostEscaped does the same for Mattermost, which knows a backslash before some signs only, and finds mentions in the raw text:
// @channel, and <!channel> as Slack has it.
func mattermostEscaped(text string) string {
	return mattermostEscapes().Replace(behindBackslashes("\\`*_{}[]()#!>~|", text))
}

var mattermostEscapes = sync.OnceValue(func() *strings.Replacer {
	return strings.NewReplacer("@", "@"+noWidth, "<", "<"+noWidth, "&", "&"+noWidth)
})

// unlinked is a text in which Mattermost finds no address to link to, and to fetch a preview of.
func unlinked(text string) string {
	return strings.NewReplacer("://", ":"+noWidth+"//", "www.", "www"+noWidth+".").Replace(text)
}

// behindBackslashes puts one before each of the signs.
func behindBackslashes(signs, text string) string {
	var b strings.Builder
	for _, r := range text {
		if strings.ContainsRune(signs, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// webAddress is an address that may be a link; "" where it is none. Nothing in it can end a link early, in Markdown, in Slack's or in a
// card.
func webAddress(address string) string {
	const longest = 1000 // bytes
	u, err := url.Parse(address)
	if err != nil || !slices.Contains([]string{"http", "https"}, u.Scheme) || u.Host == "" || u.User != nil || len(address) > longest {
		return ""
	}
	return strings.NewReplacer(
		"<", "%3C", ">", "%3E", "(", "%28", ")", "%29", "[", "%5B", "]", "%5D", "|", "%7C", `\`, "%5C", "`", "%60", " ", "%20", `"`, "%22",
	).Replace(u.String())
}
