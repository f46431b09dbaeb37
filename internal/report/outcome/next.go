package outcome

import (
	"strings"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/deploy"
)

// apart puts what starts a run of its own in the place of what goes on with one, which keeps nothing of the one before.
func apart(again, failed string) *strings.Replacer {
	return strings.NewReplacer(
		`"Re-run failed jobs": what succeeded is kept`, again,
		`"Re-run failed jobs" brings them along; so does the next deployment`, "the next deployment brings them along",
		`"Re-run failed jobs" runs it again where it failed, and nowhere else`, "then "+failed+", with `--host` where it failed",
		`"Re-run failed jobs" goes on where the run stopped`, "the next command goes on with it",
		`"Re-run failed jobs" joins it`, "the next deployment waits for it",
		`"Re-run failed jobs"`, again,
		"run the job again", again,
	)
}

var (
	byHand = apart("run the command again", "run the command again")
	newRun = apart("start it again", "run it again")
)

// NextOn is what to do now, in the words of where the command ran: of a person's own machine, or of a CI, whose page calls a further attempt
// of a run something else, or knows none.
func NextOn(run ci.Run, next deploy.Next) deploy.Next {
	switch {
	case run.Platform == "":
		next.Text = byHand.Replace(next.Text)
	case run.Again == "":
		next.Text = newRun.Replace(next.Text)
	default:
		next.Text = strings.ReplaceAll(next.Text, `"Re-run failed jobs"`, `"`+run.Again+`"`)
	}
	return next
}
