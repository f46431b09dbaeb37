// Package citest reads what a step printed and wrote as the GitHub runner would, for tests only. Its rules are those of
// actions/runner (ActionCommand.cs, ActionCommandManager.cs, FileCommandManager.cs, read in 2026), and where the runner
// depends on the machine's rules of language, the reading that finds more commands.
package citest

import (
	"bytes"
	"strings"
	"unicode"
)

// Command is a workflow command that the runner found.
type Command struct {
	Name       string // lower case
	Properties map[string]string
	Data       string
}

// Log is what the runner made of a step's output.
type Log struct {
	Commands []Command // those that it obeyed, in order, stop-commands among them
	Ignored  []Command // those it found while commands were stopped
	Lines    []string  // what people see, masks applied
	Stopped  bool      // the output ended while commands were stopped
}

// Named are the commands of a name.
func (l Log) Named(name string) []Command {
	var found []Command
	for _, c := range l.Commands {
		if c.Name == name {
			found = append(found, c)
		}
	}
	return found
}

// Text is what people see.
func (l Log) Text() string { return strings.Join(l.Lines, "\n") }

// known are the commands that the runner has extensions for.
var known = map[string]bool{
	"add-mask": true, "add-matcher": true, "remove-matcher": true, "add-path": true, "set-env": true, "set-output": true,
	"save-state": true, "debug": true, "notice": true, "warning": true, "error": true, "group": true, "endgroup": true,
	"echo": true, "stop-commands": true, "internal-set-repo-path": true,
}

// ReadLog reads standard output (or error: the runner parses both).
func ReadLog(output []byte) Log {
	var log Log
	var masks []string
	token := ""
	for _, line := range Lines(output) {
		command, ok := parse(line, token)
		switch {
		case !ok:
			log.Lines = append(log.Lines, mask(line, masks))
		case token != "" && strings.EqualFold(command.Name, token):
			token = ""
			log.Lines = append(log.Lines, line)
		case token != "":
			log.Ignored = append(log.Ignored, command)
			log.Lines = append(log.Lines, mask(line, masks))
		default:
			log.Commands = append(log.Commands, command)
			switch command.Name {
			case "stop-commands":
				token = command.Data
				log.Lines = append(log.Lines, line)
			case "add-mask":
				masks = append(masks, command.Data)
				masks = append(masks, strings.FieldsFunc(command.Data, func(r rune) bool { return r == '\r' || r == '\n' })...)
			case "group":
				log.Lines = append(log.Lines, "> "+mask(command.Data, masks))
			case "error", "warning", "notice":
				log.Lines = append(log.Lines, mask(strings.ToUpper(command.Name[:1])+command.Name[1:]+": "+command.Data, masks))
			}
		}
	}
	log.Stopped = token != ""
	return log
}

// Lines splits output as .NET's StreamReader does: at LF, CR and CRLF, invalid UTF-8 replaced, a leading BOM dropped.
func Lines(output []byte) []string {
	text := string(bytes.ToValidUTF8(bytes.TrimPrefix(output, []byte("\uFEFF")), []byte("\uFFFD")))
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	lines := strings.Split(text, "\n")
	if last := len(lines) - 1; lines[last] == "" {
		lines = lines[:last]
	}
	return lines
}

// parse finds a command in a line, by the newer syntax first. Both are tried on the line as it is and without the
// characters that comparisons by the rules of a language leave out.
func parse(line, token string) (Command, bool) {
	for _, text := range []string{line, strings.Map(countsInComparison, line)} {
		if c, ok := parseColons(text, token); ok {
			return c, true
		}
		if c, ok := parseBrackets(text, token); ok {
			return c, true
		}
	}
	return Command{}, false
}

func countsInComparison(r rune) rune {
	if unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) ||
		unicode.Is(unicode.Variation_Selector, r) || unicode.IsControl(r) && !unicode.IsSpace(r) {
		return -1
	}
	return r
}

// parseColons reads ::name key=value,key=value::data at the start of the line, white space aside.
func parseColons(line, token string) (Command, bool) {
	line = strings.TrimLeftFunc(line, unicode.IsSpace)
	rest, ok := strings.CutPrefix(line, "::")
	if !ok {
		return Command{}, false
	}
	info, data, ok := strings.Cut(rest, "::")
	if !ok {
		return Command{}, false
	}
	return build(info, ",", unescape(data, "%0D", "\r", "%0A", "\n", "%25", "%"), token,
		"%0D", "\r", "%0A", "\n", "%3A", ":", "%2C", ",", "%25", "%")
}

// parseBrackets reads ##[name key=value;key=value]data anywhere in the line.
func parseBrackets(line, token string) (Command, bool) {
	_, rest, ok := strings.Cut(line, "##[")
	if !ok {
		return Command{}, false
	}
	info, data, ok := strings.Cut(rest, "]")
	if !ok {
		return Command{}, false
	}
	escapes := []string{"%3B", ";", "%0D", "\r", "%0A", "\n", "%5D", "]", "%25", "%"}
	return build(info, ";", unescape(data, escapes...), token, escapes...)
}

func build(info, separator, data, token string, escapes ...string) (Command, bool) {
	name, properties, _ := strings.Cut(info, " ")
	name = strings.ToLower(name)
	if !known[name] && (token == "" || name != strings.ToLower(token)) {
		return Command{}, false
	}
	c := Command{Name: name, Data: data, Properties: map[string]string{}}
	for _, property := range strings.Split(strings.TrimSpace(properties), separator) {
		if key, value, ok := strings.Cut(property, "="); ok && key != "" && value != "" {
			c.Properties[strings.ToLower(key)] = unescape(value, escapes...)
		}
	}
	return c, true
}

// unescape replaces one escape after the other, as the runner does.
func unescape(text string, pairs ...string) string {
	for i := 0; i < len(pairs); i += 2 {
		text = strings.ReplaceAll(text, pairs[i], pairs[i+1])
	}
	return text
}

func mask(line string, masks []string) string {
	for _, m := range masks {
		if strings.TrimSpace(m) != "" {
			line = strings.ReplaceAll(line, m, "***")
		}
	}
	return line
}
