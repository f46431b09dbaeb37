package plan

import (
	"fmt"
	"slices"

	"github.com/slipway/slipway/internal/deploy"
)

// NothingLive names the hosts on which nothing is live any more, and where they go back to if this deployment fails.
func (s *Schedule) NothingLive() (warnings []string) {
	for _, h := range s.Serving() {
		cause := s.nothingLive(h)
		if cause == "" {
			continue
		}
		back := "there is nothing to go back to"
		if !h.Unwind.None() {
			back = "if this fails it goes back to " + h.Unwind.String()
		}
		warnings = append(warnings, fmt.Sprintf("%s: %s. Nothing is live; %s", h.Name, cause, back))
	}
	return warnings
}

// nothingLive says why a host that served a release serves none now; "" for a host that serves one, or never did.
func (s *Schedule) nothingLive(h Host) string {
	switch h.Facts.Current {
	case deploy.CurrentLost:
		return fmt.Sprintf("current leads nowhere: %s is no folder", h.Facts.CurrentTarget)
	case deploy.CurrentNone:
		if id := lastLive(s.Deployment, h.Facts); id != "" {
			return fmt.Sprintf("current was removed by hand: it named %s", id)
		}
	case deploy.CurrentRelease, deploy.CurrentForeign, deploy.CurrentDirectory, deploy.CurrentFile:
	}
	return ""
}

// lastLive is the release that current named before a deployment began, as the history of a host says. It is "" where nothing was
// ever live, where that was another tool's, and where Slipway itself removed current, since there was nothing to go back to.
func lastLive(begun deploy.DeploymentID, f deploy.Facts) deploy.ReleaseID {
	for _, entry := range slices.Backward(f.History) {
		if entry.Deployment != begun {
			return entry.Release
		}
	}
	return ""
}
