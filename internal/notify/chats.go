package notify

import (
	"strings"
)

// object is one of JSON.
type object = map[string]any

// slack is the payload of an incoming webhook: blocks of plain text, in which there are no mentions, no links and no emphasis. `text` is
// what a notification shows.
func slack(m Message) any {
	const mostTitle, mostFact = 600, 1900 // characters; Slack takes 3000 and 2000, 10 facts
	title := m.Icon + " " + fit(m.Title, mostTitle, slackEscaped)
	plain := func(text string) object { return object{"type": "plain_text", "text": text, "emoji": false} }
	var fields []object
	for _, f := range m.Facts {
		fields = append(fields, plain(fit(f.Name+"\n"+f.Value, mostFact, slackEscaped)))
	}
	section := object{"type": "section", "text": plain(title)}
	if len(fields) > 0 {
		section["fields"] = fields
	}
	blocks := []object{section}
	if m.Link != "" {
		to := object{"type": "mrkdwn", "verbatim": true, "text": "<" + slackEscaped(m.Link) + "|The run's page>"}
		blocks = append(blocks, object{"type": "context", "elements": []object{to}})
	}
	return object{"text": title, "blocks": blocks, "unfurl_links": false, "unfurl_media": false}
}

// mattermost is the payload of an incoming webhook: Markdown.
func mattermost(m Message) any {
	const mostTitle, mostFact = 1200, 1600 // characters; Mattermost takes 16,383 of all
	lines := []string{m.Icon + " **" + fit(unlinked(m.Title), mostTitle, mattermostEscaped) + "**"}
	for _, f := range m.Facts {
		lines = append(lines, f.Name+": "+fit(unlinked(f.Value), mostFact, mattermostEscaped))
	}
	if m.Link != "" {
		lines = append(lines, "[The run's page]("+m.Link+")")
	}
	return object{"text": strings.Join(lines, "\n")}
}

// discord is the payload of a webhook: an embed, and no mention of anybody whatever stands in it.
func discord(m Message) any {
	const mostTitle, mostFact = 900, 500 // characters; Discord takes 4096, 1024 a field, and 6000 of all
	var fields []object
	for _, f := range m.Facts {
		fields = append(fields, object{"name": f.Name, "value": fit(f.Value, mostFact, discordEscaped), "inline": len(f.Value) < 30})
	}
	text := m.Icon + " **" + fit(m.Title, mostTitle, discordEscaped) + "**"
	if m.Link != "" {
		text += "\n[The run's page](" + m.Link + ")"
	}
	embed := object{"description": text, "color": color(m), "fields": fields}
	return object{"embeds": []object{embed}, "allowed_mentions": object{"parse": []string{}}}
}

// color is that of the bar beside an embed, as RGB.
func color(m Message) int {
	const blue, green, orange, red = 0x3498db, 0x2ecc71, 0xe67e22, 0xe74c3c
	switch string(m.Occasions[0]) {
	case "start":
		return blue
	case "success":
		return green
	case "rollback":
		return orange
	}
	return red
}

// teams is what a workflow of Microsoft Teams takes: an Adaptive Card as an attachment. Its runs of text know no Markdown, and a mention
// takes an entity beside the text.
func teams(m Message) any {
	const mostTitle, mostFact = 900, 900 // characters; Teams takes 28 KB of all
	run := func(text string, bold bool) object {
		one := object{"type": "TextRun", "text": text}
		if bold {
			one["weight"] = "Bolder"
		}
		return one
	}
	block := func(runs ...object) object { return object{"type": "RichTextBlock", "inlines": runs} }
	body := []object{block(run(m.Icon+" "+fit(m.Title, mostTitle, literally), true))}
	for _, f := range m.Facts {
		body = append(body, block(run(f.Name+": ", true), run(fit(f.Value, mostFact, literally), false)))
	}
	card := object{"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4", "body": body}
	if m.Link != "" {
		card["actions"] = []object{{"type": "Action.OpenUrl", "title": "The run's page", "url": m.Link}}
	}
	attachment := object{"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": nil, "content": card}
	return object{"type": "message", "attachments": []object{attachment}}
}
