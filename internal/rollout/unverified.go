package rollout

import (
	"fmt"
	"strings"

	"slipway/internal/plan"
)

// maxNamed is how many hosts a note names.
const maxNamed = 8

// noteUnverified says once, for all hosts, that nothing asks whether the new release works there.
func (r *run) noteUnverified() {
	if where, silent := unverified(r.schedule, r.serving()); silent {
		r.rec.Notice("nothing verifies this release" + where + ": one that does not start stays live, and nobody is told. Give `activate` a " +
			"`verify`, like `[{http: \"http://127.0.0.1:8000/\", header: \"X-Release: ${SLIPWAY_RELEASE}\"}]`, or the input `verify` a URL")
	}
}

// unverified reports whether nothing verifies the release on some hosts, and on which; where is empty when it is all of them. A
// rollback asks what the release that it goes back to was asked.
func unverified(s *plan.Schedule, hosts []plan.Host) (where string, silent bool) {
	if s.Rollback() || len(s.Fleet) > 0 {
		return "", false
	}
	var names []string
	for _, h := range hosts {
		if len(s.Activations[h.Name].Verify) == 0 {
			names = append(names, h.Name)
		}
	}
	switch {
	case len(names) == 0:
		return "", false
	case len(names) > maxNamed:
		return fmt.Sprintf(" on %d of %d hosts", len(names), len(hosts)), true
	case len(names) < len(hosts):
		return " on " + strings.Join(names, ", "), true
	}
	return "", true
}
