package deploy

import (
	"fmt"
	"strings"
)

// List is names for people, so many at the most: a, b, c and 4 more.
func List(names []string, separator string, most int) string {
	if more := len(names) - most; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], separator), more)
	}
	return strings.Join(names, separator)
}
