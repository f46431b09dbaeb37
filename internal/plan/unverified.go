package plan

import (
	"fmt"
	"strings"
)

// maxNamed is how many hosts a note names.
const maxNamed = 8

// Unverified says once, for all hosts, that no check asks whether the new release works there; "" where one does. A rollback takes the
// checks of the release that it goes back to.
func (s *Schedule) Unverified() string {
	if s.Rollback() || len(s.Fleet) > 0 {
		return ""
	}
	var names []string
	hosts := s.Serving()
	for _, h := range hosts {
		if len(s.Activations[h.Name].Verify) == 0 {
			names = append(names, h.Name)
		}
	}
	where := ""
	switch {
	case len(names) == 0:
		return ""
	case len(names) > maxNamed:
		where = fmt.Sprintf(" on %d of %d hosts", len(names), len(hosts))
	case len(names) < len(hosts):
		where = " on " + strings.Join(names, ", ")
	}
	return "nothing verifies this release" + where + ": one that does not start stays live, and nobody is told. Give `activate` a " +
		"`verify`, like `[{http: \"http://127.0.0.1:8000/\", header: \"X-Release: ${SLIPWAY_RELEASE}\"}]`, or the input `verify` a URL"
}
