package ci

import (
	"encoding/json"
	"strings"

	"github.com/slipway/slipway/internal/lazyregexp"
)

// Woodpecker and Drone hand a setting over as a variable: a text as it is, a map as JSON, a list of texts joined by commas
// without a space, any other list as JSON. A list of one line cannot be told from a text with commas. So it is taken apart
// where entries hold no commas of their own, and variables where the next one's name follows. config does the same for hosts, in
// whatever way they are given, and refuses what only looks like a list (Joined).
var pluginLists = map[string]*lazyregexp.Regexp{
	"shared_dirs":  lazyregexp.New(`,`),
	"shared_files": lazyregexp.New(`,`),
	"vars":         lazyregexp.New(`,\s*([A-Za-z_][A-Za-z0-9_]*=)`),
}

// fromPlugin makes lines of a list that a plugin runner joined. Who writes lines means lines.
func fromPlugin(name, value string) string {
	separator := pluginLists[name]
	trimmed := strings.TrimSpace(value)
	if separator == nil || strings.ContainsAny(trimmed, "\r\n") || strings.HasPrefix(trimmed, "{") {
		return value
	}
	var list []string
	if strings.HasPrefix(trimmed, "[") && json.Unmarshal([]byte(trimmed), &list) == nil {
		return strings.Join(list, "\n")
	}
	return separator.ReplaceAllString(value, "\n$1")
}

var joined = lazyregexp.New(`,[^\s,]`)

// Joined reports whether an input came as a setting of a plugin and may be a list whose entries were joined by commas. A block
// of lines ends with a line break, and is none.
func (in Inputs) Joined(name, value string) bool {
	return in.Plugin[name] && !strings.ContainsAny(value, "\r\n") && (joined.MatchString(value) || strings.HasPrefix(value, "[\""))
}
