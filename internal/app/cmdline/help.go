package cmdline

import (
	"fmt"
	"go/doc/comment"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Group is a heading of the help, of commands or of flags.
type Group struct{ Key, Title string }

// Program is what the help says of all commands together.
type Program struct {
	Name, Help string
	Groups     []Group
	Width      int // of the terminal, in columns
}

// Write writes the help of the program: its commands under their groups.
func (p Program) Write(w io.Writer, commands []*Command) error {
	h := &helpText{width: p.Width}
	h.line("Usage: " + p.Name + " <command>")
	h.paragraphs(p.Help)
	h.section("Flags:", [][2]string{row(Help, true)})
	for _, g := range p.Groups {
		var rows [][2]string
		for _, c := range commands {
			if c.Group == g.Key {
				rows = append(rows, [2]string{c.Name, c.Help})
			}
		}
		h.section(g.Title, rows)
	}
	h.line("")
	h.line(fmt.Sprintf("Run \"%s <command> --help\" for more information on a command.", p.Name))
	_, err := io.WriteString(w, h.String())
	return err
}

// WriteCommand writes the help of one command: its flags under their groups, in the order of their first flags.
func (p Program) WriteCommand(w io.Writer, c *Command) error {
	h := &helpText{width: p.Width}
	h.line("Usage: " + p.Name + " " + c.usage())
	h.paragraphs(c.Help)
	h.paragraphs(c.Detail)
	if c.Argument != nil {
		h.section("Arguments:", [][2]string{{c.Argument.argument(), c.Argument.Text()}})
	}
	groups, shorts := []string{""}, map[string]bool{"": true}
	for _, f := range c.Flags {
		if !slices.Contains(groups, f.Group) {
			groups = append(groups, f.Group)
		}
		shorts[f.Group] = shorts[f.Group] || f.Short != ""
	}
	for _, key := range groups {
		var rows [][2]string
		if key == "" {
			rows = append(rows, row(Help, true))
		}
		for _, f := range c.Flags {
			if f.Group == key && !f.Hidden {
				rows = append(rows, row(f, shorts[key]))
			}
		}
		h.section(p.title(key), rows)
	}
	_, err := io.WriteString(w, h.String())
	return err
}

func (p Program) title(key string) string {
	for _, g := range p.Groups {
		if g.Key == key {
			return g.Title
		}
	}
	return "Flags:"
}

// usage is how the command is written: what it needs, and whether there is more.
func (c *Command) usage() string {
	words := []string{c.Name}
	for _, f := range c.Flags {
		if f.Required {
			words = append(words, f.usage())
		}
	}
	if c.Argument != nil {
		words = append(words, c.Argument.argument())
	}
	if len(c.Flags) > 0 {
		words = append(words, "[flags]")
	}
	return strings.Join(words, " ")
}

// row is a flag and its help. Where a letter stands before any of its group, all leave room for one.
func row(f *Flag, shorts bool) [2]string {
	before := ""
	switch {
	case f.Short != "":
		before = "-" + f.Short + ", "
	case shorts:
		before = "    "
	}
	return [2]string{before + f.usage(), f.Text()}
}

// usage is how a flag is written.
func (f *Flag) usage() string {
	if f.IsBool() {
		return "--" + f.Name
	}
	tail, isList := "", f.field.Kind() == reflect.Slice
	if isList {
		tail = ",..."
	}
	switch {
	case f.placeholder != "":
		return "--" + f.Name + "=" + f.placeholder + tail
	case f.Default != "":
		return "--" + f.Name + "=" + strconv.Quote(f.Default) + tail
	case isList:
		return "--" + f.Name + "=" + strings.ToUpper(f.Name) + tail
	}
	return "--" + f.Name + "=STRING"
}

// argument is how an argument is written.
func (f *Flag) argument() string {
	switch {
	case f.Rest:
		return "[<" + f.Name + "> ...]"
	case f.Required:
		return "<" + f.Name + ">"
	}
	return "[<" + f.Name + ">]"
}

// title is what a message calls the flag, or the argument.
func (f *Flag) title() string {
	if f.isArgument {
		return "<" + f.Name + ">"
	}
	return "--" + f.Name
}

// Text is the help, and what holds where nothing is given.
func (f *Flag) Text() string {
	usual := f.Fallback
	if usual == "" {
		usual = f.Default
	}
	if usual == "" {
		return f.Help
	}
	return strings.TrimSuffix(f.Help, ".") + " (default: " + usual + ")."
}

// helpText is made of lines that fit into a terminal.
type helpText struct {
	strings.Builder
	width int // in columns
}

func (h *helpText) line(text string) { h.WriteString(strings.TrimRight(text, " ") + "\n") }

// paragraphs are an empty line and a text, as a doc comment is set: what is indented stays as it is.
func (h *helpText) paragraphs(text string) {
	if text == "" {
		return
	}
	h.line("")
	for _, line := range set(text, h.width, "    ") {
		h.line(line)
	}
}

const (
	between  = 4  // columns between a name and its help
	leftmost = 30 // so wide the names' column may be at least
)

// section is a heading and two columns. A name that is too wide for the first stands in a line of its own.
func (h *helpText) section(title string, rows [][2]string) {
	if len(rows) == 0 {
		return
	}
	h.line("")
	h.line(title)
	width := h.width - 2
	most := max(375*width/1000, leftmost)
	left := 0
	for _, r := range rows {
		if len(r[0]) < most {
			left = max(left, len(r[0]))
		}
	}
	for _, r := range rows {
		name := fmt.Sprintf("  %-*s", left, r[0])
		lines := set(r[1], width-left-between, "  ")
		if len(r[0]) >= most {
			h.line(name)
			name = strings.Repeat(" ", 2+left)
		}
		for _, line := range lines {
			h.line(name + strings.Repeat(" ", between) + line)
			name = strings.Repeat(" ", 2+left)
		}
	}
}

// set breaks a text into lines of so many columns.
func set(text string, width int, code string) []string {
	printer := &comment.Printer{TextWidth: width, TextCodePrefix: code}
	return strings.Split(strings.TrimSpace(string(printer.Text(new(comment.Parser).Parse(text)))), "\n")
}
