package policy

import (
	"fmt"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/deploy"
)

// Check is a check run or a commit status that CI has of a commit.
type Check struct {
	Name   string
	Status bool      // a commit status, else a check run
	State  string    // "success", or what it is besides: "failure", "pending", "in_progress", ...
	At     time.Time // when it began, zero where it has not; of several with one name the newest counts
	URL    string    // its page
}

// passed reports whether it counts as passed. A check that was skipped has looked at nothing.
func (c Check) passed() bool { return c.State == "success" || c.State == "neutral" }

// later reports whether a check is newer than another one. What has not begun is newer than all that has.
func (c Check) later(than Check) bool {
	if c.At.IsZero() || than.At.IsZero() {
		return c.At.IsZero() && !than.At.IsZero()
	}
	return c.At.After(than.At)
}

// newest is the newest check of a name among check runs or among statuses.
func newest(checks []Check, name string, status bool) (found Check, ok bool) {
	for _, c := range checks {
		if c.Name == name && c.Status == status && (!ok || c.later(found)) {
			found, ok = c, true
		}
	}
	return found, ok
}

func (r Rules) judgeChecks(run Run, commit string, answers Answers) (problems []*deploy.Problem) {
	for _, rule := range r.Checks {
		if answers.ChecksBy != nil {
			return append(problems, unchecked(run, rule, fmt.Sprintf("which checks have passed on %.7s", commit), answers.ChecksBy))
		}
		problems = append(problems, judgeCheck(run, commit, rule, answers.Checks))
	}
	return problems
}

// judgeCheck asks that there is a check of the name, and that the newest of its kind has passed: of both kinds, where there are both.
func judgeCheck(run Run, commit string, rule Rule, checks []Check) *deploy.Problem {
	known := false
	for _, status := range []bool{false, true} {
		found, ok := newest(checks, rule.Text, status)
		known = known || ok
		if !ok || found.passed() {
			continue
		}
		hint := "mend what it found, or run it again"
		switch found.State {
		case "pending", "queued", "in_progress", "waiting", "requested":
			hint = "wait until it has ended, and run this again"
		case "skipped":
			hint = "it has to run: a check that was skipped has looked at nothing"
		}
		return &deploy.Problem{
			At: rule.At, Message: run.may(strings.TrimSpace(fmt.Sprintf("the check `%s` on %.7s is %s, and allow.checks wants it passed %s", rule.Text, commit, found.State, found.URL))),
			Hint: hint,
		}
	}
	if known {
		return nil
	}
	return &deploy.Problem{
		At: rule.At, Message: run.may(fmt.Sprintf("%.7s has no check `%s`, and allow.checks wants it passed", commit, rule.Text)),
		Hint: "the name is that of the check run, in GitHub Actions the job's name, or the context of a commit status",
	}
}
