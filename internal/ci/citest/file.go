package citest

import (
	"fmt"
	"strings"
)

// Pair is one entry of a file command.
type Pair struct{ Name, Value string }

// ReadFile reads the file behind GITHUB_OUTPUT or GITHUB_STATE as the runner on Linux does: lines end with LF; NAME=value,
// or NAME<<DELIMITER and the lines up to the delimiter, whichever sign comes first.
func ReadFile(content []byte) ([]Pair, error) {
	text := strings.ToValidUTF8(strings.TrimPrefix(string(content), "\uFEFF"), "\uFFFD")
	var pairs []Pair
	for text != "" {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		if line == "" {
			continue
		}
		equals, heredoc := strings.Index(line, "="), strings.Index(line, "<<")
		switch {
		case equals >= 0 && (heredoc < 0 || equals < heredoc):
			pairs = append(pairs, Pair{line[:equals], line[equals+1:]})
		case heredoc > 0 && len(line) > heredoc+2:
			value, rest, ok := untilLine(text, line[heredoc+2:])
			if !ok {
				return pairs, fmt.Errorf("no delimiter %q", line[heredoc+2:])
			}
			pairs = append(pairs, Pair{line[:heredoc], value})
			text = rest
		default:
			return pairs, fmt.Errorf("invalid format %q", line)
		}
	}
	return pairs, nil
}

// untilLine is the text before the line that equals the delimiter, without its last line feed, and what follows it.
func untilLine(text, delimiter string) (value, rest string, ok bool) {
	at := 0
	for at <= len(text) {
		line, after, more := strings.Cut(text[at:], "\n")
		if line == delimiter {
			return strings.TrimSuffix(text[:at], "\n"), after, true
		}
		if !more {
			break
		}
		at = len(text) - len(after)
	}
	return "", "", false
}
