package ci

import (
	"encoding/json"
	"strings"
)

// Woodpecker and Drone hand a list over comma-joined and a map as JSON. A map needs nothing: vars and secrets take JSON.
// A list is taken apart only in the inputs below, whose entries hold no commas of their own, and only when the value is one
// line (who writes lines means lines). In hosts a comma may also stand in roles=web,db: the list is split only before an
// entry that looks like a host.
var pluginLists = map[string]bool{
	"hosts": true, "host_fingerprints": true, "jump": true, "shared_dirs": true, "shared_files": true,
}

// fromPlugin makes lines of a list that a plugin runner joined.
func fromPlugin(name, value string) string {
	if !pluginLists[name] || strings.ContainsAny(strings.TrimSpace(value), "\r\n") {
		return value
	}
	var list []string
	if strings.HasPrefix(strings.TrimSpace(value), "[") && json.Unmarshal([]byte(value), &list) == nil {
		return strings.Join(list, "\n")
	}
	parts := strings.Split(value, ",")
	if name != "hosts" {
		return strings.Join(parts, "\n")
	}
	joined := parts[0]
	for _, part := range parts[1:] {
		if looksLikeRole(part) {
			joined += "," + part
		} else {
			joined += "\n" + part
		}
	}
	return joined
}

// looksLikeRole tells a further role, as in roles=web,db, from a further host: a host says who logs in (user@), or at least
// has a dot or a colon in its name. A bare word after a comma is taken for a role.
func looksLikeRole(part string) bool {
	word, _, _ := strings.Cut(strings.TrimSpace(part), " ")
	return !strings.ContainsAny(word, "@.:[")
}
