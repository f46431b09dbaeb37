package yamlfile

import (
	"encoding/json"
	"strings"

	"github.com/slipway/slipway/internal/lazyregexp"
)

// Print writes a node as YAML. Parse reads it back as what it was, but for positions.
func (n *Node) Print() string {
	var b strings.Builder
	n.print(&b, "")
	return b.String()
}

// print writes what stands behind a key or a dash and ends the line, or what stands below it, indented.
func (n *Node) print(b *strings.Builder, indent string) {
	switch {
	case n == nil || n.Kind == Null:
		b.WriteString("null\n")
	case n.Kind == Map && len(n.Entries) == 0:
		b.WriteString("{}\n")
	case n.Kind == Map:
		for i, entry := range n.Entries {
			if i > 0 {
				b.WriteString(indent)
			}
			b.WriteString(Word(entry.Key) + ":")
			entry.Value.below(b, indent)
		}
	case n.Kind == List && len(n.Items) == 0:
		b.WriteString("[]\n")
	case n.Kind == List:
		for i, item := range n.Items {
			if i > 0 {
				b.WriteString(indent)
			}
			b.WriteString("- ")
			item.print(b, indent+"  ")
		}
	case n.Kind == Text:
		b.WriteString(block(n.Text, indent) + "\n")
	default:
		b.WriteString(n.Text + "\n") // a number, or true or false, as it was written
	}
}

// below writes a value behind its key, or below it.
func (n *Node) below(b *strings.Builder, indent string) {
	if n != nil && (n.Kind == Map && len(n.Entries) > 0 || n.Kind == List && len(n.Items) > 0) {
		b.WriteString("\n" + indent + "  ")
		n.print(b, indent+"  ")
		return
	}
	b.WriteString(" ")
	n.print(b, indent+"  ")
}

// lines are what a block of lines can hold as it is: the first says how far it is indented.
var lines = lazyregexp.New(`\A[[:graph:]][[:print:]]*(\n( *[[:graph:]][[:print:]]*)?)+\z`)

// block is a text as a block of lines where it has some, else as one scalar.
func block(text, indent string) string {
	if !lines.MatchString(text) || strings.HasSuffix(text, "\n\n") {
		return Word(text)
	}
	head, body := "|", text
	if trimmed, ended := strings.CutSuffix(text, "\n"); ended {
		body = trimmed
	} else {
		head = "|-"
	}
	var b strings.Builder
	b.WriteString(head)
	for line := range strings.SplitSeq(body, "\n") {
		b.WriteString("\n")
		if line != "" {
			b.WriteString(indent + line)
		}
	}
	return b.String()
}

var (
	plain = lazyregexp.New(`^([A-Za-z/]|\.[A-Za-z/])([A-Za-z0-9@._/&= -]|:[a-z])*$`)
	word  = lazyregexp.New(`^(?i:true|false|null|yes|no|on|off|y|n|\.inf|\.nan)$`)
)

// Word is a text as YAML in one line, in quotes where it needs them; JSON's are YAML's, too.
func Word(text string) string {
	if plain.MatchString(text) && !word.MatchString(text) && strings.TrimRight(text, " ") == text && !strings.Contains(text, "...") {
		return text
	}
	var quoted strings.Builder
	encoder := json.NewEncoder(&quoted)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text) // a text can be encoded
	return strings.TrimSpace(quoted.String())
}
