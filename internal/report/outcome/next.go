package outcome

import (
	"strings"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/deploy"
)

// byHand puts what a person does on a machine of their own in the place of what is pressed in a CI. There each command is a run of its
// own, and keeps nothing of the one before.
var byHand = strings.NewReplacer(
	`"Re-run failed jobs": what succeeded is kept`, "run the command again",
	`"Re-run failed jobs" brings them along; so does the next deployment`, "the next deployment brings them along",
	`"Re-run failed jobs" runs it again where it failed, and nowhere else`, "then run the command again, with `--host` where it failed",
	`"Re-run failed jobs" goes on where the run stopped`, "the next command goes on with it",
	`"Re-run failed jobs" joins it`, "the next deployment waits for it",
	`"Re-run failed jobs"`, "run the command again",
	"run the job again", "run the command again",
)

// NextOn is what to do now, in the words of where the command ran.
func NextOn(run ci.Run, next deploy.Next) deploy.Next {
	if run.Platform == "" {
		next.Text = byHand.Replace(next.Text)
	}
	return next
}
