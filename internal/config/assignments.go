package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"slipway/internal/deploy"
	"slipway/internal/yamlfile"
)

// assignment is one NAME=value of the inputs vars and secrets.
type assignment struct {
	Name, Value string
	At          deploy.Position
}

// parseAssignments reads an input of variables: a JSON object, or lines of NAME=value and blocks from NAME<<END to a line
// END. Blank lines and lines that begin with # are left out. Names are not judged here, but for lines that can be none.
//
// Values are secret as often as not: no message shows one.
func parseAssignments(input, text string) ([]assignment, deploy.Problems) {
	if strings.HasPrefix(strings.TrimSpace(text), "{") {
		return parseObject(input, text)
	}
	var found []assignment
	var problems deploy.Problems
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		line, at := lines[i], deploy.Position{File: "input " + input, Line: i + 1, Column: 1}
		if trimmed := strings.TrimSpace(line); trimmed == "" || strings.HasPrefix(trimmed, "#") {
			continue
		}
		if name, end, ok := strings.Cut(line, "<<"); ok && variableName.MatchString(strings.TrimSpace(name)) && strings.TrimSpace(end) != "" {
			end = strings.TrimSpace(end)
			length := slices.IndexFunc(lines[i+1:], func(l string) bool { return strings.TrimRight(l, " \t") == end })
			if length < 0 {
				problems = append(problems, deploy.Problem{At: at, Message: fmt.Sprintf("`%s<<%s` of `%s` has no line `%s` that ends it", strings.TrimSpace(name), end, input, end)})
				return found, problems
			}
			found = append(found, assignment{strings.TrimSpace(name), strings.Join(lines[i+1:i+1+length], "\n"), at})
			i += length + 1
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		name = strings.TrimSpace(name)
		if !ok || !variableName.MatchString(name) {
			// A value of several lines looks like this from its second line on; the line itself may be secret.
			problem := deploy.Problem{At: at, Message: fmt.Sprintf("line %d of `%s` is no NAME=value", i+1, input)}
			if len(found) > 0 {
				problem.Message = fmt.Sprintf("line %d of `%s`: continuation of %s? Use toJSON()", i+1, input, found[len(found)-1].Name)
				problem.Hint = "or NAME<<END, the value's lines, and a line END"
			}
			problems = append(problems, problem)
			continue
		}
		found = append(found, assignment{name, strings.TrimRight(value, "\r"), at})
	}
	return found, append(problems, twice(input, found)...)
}

func twice(input string, found []assignment) (problems deploy.Problems) {
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

// parseObject reads a JSON object of texts, numbers and booleans, as toJSON(secrets) and toJSON(vars) print it.
func parseObject(input, text string) ([]assignment, deploy.Problems) {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	place := func() deploy.Position {
		before := text[:min(int(decoder.InputOffset()), len(text))]
		line := strings.Count(before, "\n") + 1
		return deploy.Position{File: "input " + input, Line: line, Column: len(before) - strings.LastIndex(before, "\n")}
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
	var found []assignment
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
			found = append(found, assignment{name, value, at})
		case raw[0] == '{' || raw[0] == '[' || string(raw) == "null":
			problems = append(problems, deploy.Problem{At: at, Message: fmt.Sprintf("`%s` in `%s` must be text", name, input)})
		default:
			found = append(found, assignment{name, string(raw), at})
		}
	}
	if _, err := decoder.Token(); err != nil || strings.TrimSpace(text[decoder.InputOffset():]) != "" {
		return found, append(problems, broken()...)
	}
	return found, append(problems, twice(input, found)...)
}

// varsNode is the input vars as the map that the deploy file would hold.
func varsNode(found []assignment) *yamlfile.Node {
	m := yamlfile.NewMap(deploy.Position{File: "input vars", Line: 1, Column: 1})
	for _, a := range found {
		m.Entries = append(m.Entries, yamlfile.Entry{Key: a.Name, At: a.At, Value: yamlfile.NewText(a.Value, a.At)})
	}
	return m
}
