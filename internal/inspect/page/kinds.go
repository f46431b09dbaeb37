package page

import (
	"fmt"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/inspect"
)

// kind is what a deployment meant for what is live.
type kind string

const (
	live kind = "live" // a release went live
	back kind = "back" // a person rolled back
	bad  kind = "bad"  // it went live, and was brought back or left half done
	held kind = "held" // nothing live changed
)

func (k kind) plural() string {
	return map[kind]string{live: "went live", back: "rolled back", bad: "unwound or unfinished", held: "changed nothing"}[k]
}

func kindOf(d inspect.Deployment) kind {
	switch {
	case d.Outcome == deploy.OutcomeUnwound, d.Outcome == deploy.OutcomePerson, d.Outcome == inspect.OutcomeUnfinished, unwound(d):
		return bad
	case d.LiveAt.IsZero():
		return held
	case d.Command == "rollback":
		return back
	}
	return live
}

// unwound reports whether a deployment's release went out of service with the deployment itself.
func unwound(d inspect.Deployment) bool {
	return !d.UnwoundAt.IsZero() && !d.LiveAt.After(d.UnwoundAt)
}

func word(d inspect.Deployment) string {
	switch k := kindOf(d); {
	case k == live && d.Command == "join":
		return "Joined"
	case k == live:
		return "Went live"
	case k == back:
		return "Rolled back"
	case unwound(d):
		return "Unwound"
	case d.Outcome == deploy.OutcomeFailed:
		return "Not deployed"
	}
	name := []rune(clean(d.Outcome))
	if len(name) == 0 {
		return "Outcome not known"
	}
	return strings.ToUpper(string(name[:1])) + string(name[1:])
}

func where(d inspect.Deployment) string {
	count, what := len(d.Activated), ""
	if unwound(d) {
		count, what = len(d.Unwound), "brought back on "
	}
	if count == 0 {
		return ""
	}
	all, limit := d.Hosts+len(d.LeftOut), ""
	if len(d.LeftOut) > 0 {
		limit = " (limit)"
	}
	if count == all {
		return what + plural(count, "host")
	}
	return fmt.Sprintf("%s%d of %s%s", what, count, plural(all, "host"), limit)
}

// mostFailures is how many failures are named of a deployment.
const mostFailures = 3

func why(d inspect.Deployment) (lines []string) {
	if kindOf(d) == live || kindOf(d) == back {
		return nil
	}
	for _, f := range d.Failures[:min(len(d.Failures), mostFailures)] {
		lines = append(lines, fmt.Sprintf("%s: %s, %s", f.Host, f.Step, f.Status))
	}
	if more := len(d.Failures) - mostFailures; more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	return lines
}
