// Package assignments reads the inputs vars and secrets: NAME=value lines, blocks, or JSON, with the place of each and with what
// looks as if a part of it were lost.
//
// The package must not know which names are declared, or what the values are for.
package assignments

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/lazyregexp"
)

// Assignment is one NAME=value of the inputs vars and secrets.
type Assignment struct {
	Name, Value string
	At          deploy.Position
	OneLine     bool // written NAME=value, and so cut where its line ends
}

var variableName = lazyregexp.New(`^[A-Za-z_][A-Za-z0-9_]*$`)

// IsName reports whether a text has the form of a variable's name, as shells have it.
func IsName(text string) bool { return variableName.MatchString(text) }

// Parse reads an input of variables: a JSON object, a JSON array of NAME=value texts, or lines of NAME=value and
// blocks from NAME<<END to a line END. Blank lines and lines that begin with # are left out. Names are not judged here, but for
// lines that can be none.
//
// Values are secret as often as not: no message shows one.
func Parse(input, text string) ([]Assignment, deploy.Problems) {
	switch trimmed := strings.TrimSpace(text); {
	case strings.HasPrefix(trimmed, "{"):
		return parseObject(input, text)
	case strings.HasPrefix(trimmed, "["):
		return parseArray(input, trimmed)
	}
	var found []Assignment
	var problems deploy.Problems
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		line, at := lines[i], deploy.InInput(input, i+1, 1)
		if trimmed := strings.TrimSpace(line); trimmed == "" || strings.HasPrefix(trimmed, "#") {
			continue
		}
		if name, end, ok := strings.Cut(line, "<<"); ok && IsName(strings.TrimSpace(name)) && strings.TrimSpace(end) != "" {
			end = strings.TrimSpace(end)
			length := slices.IndexFunc(lines[i+1:], func(l string) bool { return strings.TrimRight(l, " \t\r") == end })
			if length < 0 {
				problems = append(problems, deploy.Problem{At: at, Message: fmt.Sprintf("the block `%s` of `%s` has no line `%s` that ends it", strings.TrimSpace(name), input, end)})
				return found, problems
			}
			found = append(found, Assignment{Name: strings.TrimSpace(name), Value: strings.Join(lines[i+1:i+1+length], "\n"), At: at})
			i += length + 1
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		if strings.TrimRight(name, " \t") != name { // NAME = value
			name, value = strings.TrimSpace(name), strings.TrimLeft(value, " \t")
		}
		name = strings.TrimSpace(name)
		if !ok || !IsName(name) {
			// A value of several lines looks like this from its second line on; the line itself may be secret.
			problem := deploy.Problem{At: at, Message: fmt.Sprintf("line %d of `%s` is no NAME=value", i+1, input), Hint: "NAME=value, a line each; or a JSON object"}
			if before := lastNamed(found); before != "" {
				problem.Message = fmt.Sprintf("line %d of `%s`: continuation of %s? Use toJSON()", i+1, input, before)
				problem.Hint = "or NAME<<END, the value's lines, and a line END"
			}
			problems = append(problems, problem)
			continue
		}
		found = append(found, Assignment{Name: name, Value: strings.TrimRight(value, "\r"), At: at, OneLine: true})
	}
	return found, slices.Concat(problems, twice(input, found), cutOff(input, found, lines))
}

// IsPlain reports whether the name of an assignment looks like one that people choose. A line of a key in base64 may have the
// form of an assignment, from its padding: it is a part of a secret, and no message shows it.
func (a Assignment) IsPlain() bool {
	oneCase := a.Name == strings.ToUpper(a.Name) || a.Name == strings.ToLower(a.Name)
	return oneCase && !(a.OneLine && strings.Trim(a.Value, "=") == "")
}

// lastNamed is the last name that may be shown, "" where there is none.
func lastNamed(found []Assignment) string {
	for _, a := range slices.Backward(found) {
		if a.IsPlain() {
			return a.Name
		}
	}
	return ""
}

// cutOff refuses values that end with their line and look as if they were meant to go on: what CI puts in place of an expression
// may have several lines, of which only the first would be taken.
func cutOff(input string, found []Assignment, lines []string) (problems deploy.Problems) {
	for i, a := range found {
		rest := strings.TrimSpace(strings.Join(lines[a.At.Line:], "\n"))
		likeNext := assigns.MatchString(a.Value) && (i+1 == len(found) || found[i+1].OneLine)
		if a.OneLine && rest != "" && (likeNext || beginsFile(a.Value)) {
			problems = append(problems, deploy.Problem{
				At:      a.At,
				Message: fmt.Sprintf("`%s` of `%s` looks like the first line of several: the others would be lost", a.Name, input),
				Hint:    a.Name + "<<END, the value's lines, and a line END; or a JSON object, as toJSON() gives",
			})
		}
	}
	return problems
}

// beginsFile reports whether a value looks like the first line of a file: a comment, a section, a key, JSON, or a text in quotes
// that does not end here.
func beginsFile(value string) bool {
	value = strings.TrimSpace(value)
	if fileStart.MatchString(value) {
		return true
	}
	return value != "" && strings.ContainsRune(`"'`, rune(value[0])) && strings.Count(value, value[:1])%2 == 1
}

var (
	// An assignment is one; host=db port=5432 is none, but the address of a database.
	assigns   = lazyregexp.New(`^(export\s+[A-Za-z_]\w*|[A-Z_][A-Z0-9_]*)=|^[a-z_]\w*=[^=]*$`)
	fileStart = lazyregexp.New(`^(#|\[[\w ."-]*\]$|-----BEGIN |[{[(]$)`)
)

func twice(input string, found []Assignment) (problems deploy.Problems) {
	first := map[string]int{}
	for _, a := range found {
		if line, again := first[a.Name]; again {
			problems = append(problems, deploy.Problem{At: a.At, Message: fmt.Sprintf("`%s` stands twice in `%s`, first in line %d", a.Name, input, line)})
			continue
		}
		first[a.Name] = a.At.Line
	}
	return problems
}

// parseArray reads a JSON array of NAME=value texts, as plugin runners give a list.
func parseArray(input, text string) ([]Assignment, deploy.Problems) {
	at := deploy.InInput(input, 1, 1)
	var entries []string
	if err := json.Unmarshal([]byte(text), &entries); err != nil {
		return nil, deploy.Problems{{At: at, Message: fmt.Sprintf("`%s` begins like a JSON array of texts and is none", input), Hint: "write NAME=value lines, or a JSON object"}}
	}
	var found []Assignment
	var problems deploy.Problems
	for i, entry := range entries {
		name, value, ok := strings.Cut(entry, "=")
		if !ok || !IsName(name) {
			problems = append(problems, deploy.Problem{At: at, Message: fmt.Sprintf("entry %d of `%s` is no NAME=value", i+1, input)})
			continue
		}
		found = append(found, Assignment{Name: name, Value: value, At: at})
	}
	return found, append(problems, twice(input, found)...)
}

// parseObject reads a JSON object of texts, numbers and booleans, as toJSON(secrets) and toJSON(vars) print it.
func parseObject(input, text string) ([]Assignment, deploy.Problems) {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	place := func() deploy.Position {
		before := text[:min(int(decoder.InputOffset()), len(text))]
		line := strings.Count(before, "\n") + 1
		return deploy.InInput(input, line, len(before)-strings.LastIndex(before, "\n"))
	}
	broken := func() deploy.Problems {
		return deploy.Problems{{
			At: place(), Message: fmt.Sprintf("`%s` begins like a JSON object and is none", input),
			Hint: "${{ toJSON(secrets) }} gives one; else write NAME=value lines",
		}}
	}
	if _, err := decoder.Token(); err != nil {
		return nil, broken()
	}
	var found []Assignment
	var problems deploy.Problems
	for decoder.More() {
		key, err := decoder.Token()
		name, ok := key.(string)
		if err != nil || !ok {
			return found, append(problems, broken()...)
		}
		at := place()
		var raw json.RawMessage
		if err := decoder.Decode(&raw); err != nil {
			return found, append(problems, broken()...)
		}
		switch raw = bytes.TrimSpace(raw); {
		case raw[0] == '"':
			var value string
			if err := json.Unmarshal(raw, &value); err != nil {
				return found, append(problems, broken()...)
			}
			found = append(found, Assignment{Name: name, Value: value, At: at})
		case raw[0] == '{' || raw[0] == '[' || string(raw) == "null":
			problems = append(problems, deploy.Problem{At: at, Message: fmt.Sprintf("`%s` in `%s` must be text", name, input)})
		default:
			found = append(found, Assignment{Name: name, Value: string(raw), At: at})
		}
	}
	if _, err := decoder.Token(); err != nil || strings.TrimSpace(text[decoder.InputOffset():]) != "" {
		return found, append(problems, broken()...)
	}
	return found, append(problems, twice(input, found)...)
}
