package deploy

import (
	"slices"
	"strings"
)

// Joined are the parts of a line that there are, with a separator between them.
func Joined(separator string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(slices.Clone(parts), func(part string) bool { return part == "" }), separator)
}
