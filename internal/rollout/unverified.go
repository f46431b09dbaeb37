package rollout

import (
	"fmt"
	"strings"
)

// maxNamed is how many hosts a note names.
const maxNamed = 8

// noteUnverified says once, for all hosts, that nothing asks whether the new release works there. A rollback asks what the
// release that it goes back to was asked.
func (r *run) noteUnverified() {
	if r.plan.Rollback() || len(r.schedule.Fleet) > 0 {
		return
	}
	var silent []string
	hosts := r.serving()
	for _, h := range hosts {
		if len(r.schedule.Activations[h.Name].Verify) == 0 {
			silent = append(silent, h.Name)
		}
	}
	where := ""
	switch {
	case len(silent) == 0:
		return
	case len(silent) > maxNamed:
		where = fmt.Sprintf(" on %d of %d hosts", len(silent), len(hosts))
	case len(silent) < len(hosts):
		where = " on " + strings.Join(silent, ", ")
	}
	r.rec.Notice("nothing verifies this release" + where + ": one that does not start stays live, and nobody is told. Give `activate` a " +
		"`verify`, like [{http: \"http://127.0.0.1:8000/\", header: \"X-Release: ${SLIPWAY_RELEASE}\"}], or the input `verify` a URL")
}
