package rollout

import (
	"fmt"

	"slipway/internal/deploy"
)

// warnOfLostCurrent names the hosts on which current is a link that leads to no folder, and where they go back to if this
// deployment fails.
func (r *run) warnOfLostCurrent() {
	for _, h := range r.serving() {
		if h.Facts.Current != deploy.CurrentLost {
			continue
		}
		back := "nothing is live, and there is nothing to go back to"
		if !h.Unwind.None() {
			back = "nothing is live; if this fails it goes back to " + h.Unwind.String()
		}
		r.rec.Warn(fmt.Sprintf("%s: current leads nowhere: %s is no folder. %s", h.Name, h.Facts.CurrentTarget, back))
	}
}
