package rollout

import (
	"fmt"
	"strings"
	"time"

	"slipway/internal/deploy"
)

// cleanUpTimeout bounds a clean-up: the CI ends a cancelled job five minutes after the cancel, whatever it does
// (docs.github.com, workflow cancellation). What is not done by then stays open in the journals, for the next command.
const cleanUpTimeout = 4 * time.Minute

// cleanedUp is the end of a clean-up: preflight has mended what was half done.
func (r *run) cleanedUp() *stop {
	s := &stop{outcome: deploy.OutcomeReconciled, exit: deploy.ExitDone, next: `"Re-run failed jobs" goes on where the run stopped`}
	if hosts := r.leaveRunning(); len(hosts) > 0 {
		s.next = fmt.Sprintf(`a step of migrate still runs on %s, which stays locked until its end; "Re-run failed jobs" joins it`,
			strings.Join(hosts, ", "))
	}
	return s
}
