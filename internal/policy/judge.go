package policy

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/slipway/slipway/internal/deploy"
)

// Answer is what the API says to a question, or why it says nothing.
type Answer struct {
	Yes bool
	Err error
}

// Answers are what the API says.
type Answers struct {
	Member   map[string]Answer // by team: whether the actor is in it
	Contains map[string]Answer // by branch: whether it contains the revision
	Checks   []Check           // all of the revision
	ChecksBy error             // why they are not known
}

// Questions are what has to be asked.
type Questions struct {
	Teams, Branches, Checks []string
}

// ToAsk is what the API has to be asked before JudgeRun: nothing, where the actor is named.
func (r Rules) ToAsk(run Run) Questions {
	if run.CI == "" || r.named(run.Actor) {
		return Questions{}
	}
	return Questions{Teams: texts(r.Teams)}
}

// ToAskOfCommit is what the API has to be asked before JudgeCommit.
func (r Rules) ToAskOfCommit() Questions {
	return Questions{Branches: texts(r.Branches), Checks: texts(r.Checks)}
}

// JudgeRun holds a run against all that is known before there is a commit. Of a person at a terminal only the clock is known for sure.
func (r Rules) JudgeRun(run Run, answers Answers) Verdict {
	var v Verdict
	if !Holds(run.Command) {
		return v
	}
	if run.CI != "" {
		v.add(r.judgeRef(run), r.judgeEvent(run), r.judgeActor(run, answers.Member))
	}
	if r.windowsHold(run.Command) {
		v.judgeWindows(r.NotOn, run)
	}
	return v
}

// JudgeCommit holds the commit that is to be deployed against the rules. It is "" where nobody knows it.
func (r Rules) JudgeCommit(run Run, commit string, answers Answers) Verdict {
	var v Verdict
	if !r.HoldsForCommit(run.Command) || run.CI == "" {
		return v
	}
	if commit == "" {
		at := slices.Concat(r.Branches, r.Checks)[0].At
		v.add(&deploy.Problem{At: at, Message: run.may("nobody knows which commit it is of, and `allow` asks about it"), Hint: "set the input `revision`"})
		return v
	}
	v.add(r.judgeBranches(run, commit, answers.Contains))
	v.add(r.judgeChecks(run, commit, answers)...)
	return v
}

func (v *Verdict) add(problems ...*deploy.Problem) {
	for _, p := range problems {
		if p != nil {
			p.Rule = true
			v.Problems = append(v.Problems, *p)
		}
	}
}

// may is the first half of every finding: what is not allowed, and where.
func (run Run) may(why string) string {
	return fmt.Sprintf("this run may not %s %s: %s", run.Command, run.onto(), why)
}

// onto is the environment, as it stands behind the command.
func (run Run) onto() string {
	switch {
	case run.Environment == "":
		return "here"
	case slices.Contains([]string{"deploy", "promote", "join"}, run.Command):
		return "to " + run.Environment
	}
	return "in " + run.Environment
}

func (r Rules) judgeRef(run Run) *deploy.Problem {
	matches := func(rule Rule) bool {
		matched, err := doublestar.Match(rule.Text, run.Ref)
		return matched && err == nil
	}
	if len(r.Refs) == 0 || slices.ContainsFunc(r.Refs, matches) {
		return nil
	}
	return &deploy.Problem{
		At: r.Refs[0].At, Message: run.may("it is for " + cmp.Or(quoted(run.Ref), "no ref") + ", and allow.refs has " + listed(r.Refs)),
		Hint: "run it on one of these refs",
	}
}

func (r Rules) judgeEvent(run Run) *deploy.Problem {
	if len(r.Events) == 0 || slices.ContainsFunc(r.Events, func(rule Rule) bool { return rule.Text == run.Event }) {
		return nil
	}
	if run.Event == "" {
		return &deploy.Problem{
			At: r.Events[0].At, Message: run.may("this CI does not say what started it, and allow.events has " + listed(r.Events)),
			Hint: "leave the rule out here, and use `refs`",
		}
	}
	return &deploy.Problem{
		At: r.Events[0].At, Message: run.may(quoted(run.Event) + " started it, and allow.events has " + listed(r.Events)),
		Hint: "start it by one of these events",
	}
}

// named reports whether the actor is one of Actors. Names of users are the same in upper and lower case.
func (r Rules) named(actor string) bool {
	return actor != "" && slices.ContainsFunc(r.Actors, func(rule Rule) bool { return strings.EqualFold(rule.Text, actor) })
}

func (r Rules) judgeActor(run Run, member map[string]Answer) *deploy.Problem {
	if len(r.Actors)+len(r.Teams) == 0 || r.named(run.Actor) {
		return nil
	}
	var failed *deploy.Problem
	for _, team := range r.Teams {
		switch answer, asked := member[team.Text]; {
		case answer.Yes && answer.Err == nil:
			return nil
		case (!asked || answer.Err != nil) && failed == nil:
			failed = unchecked(run, team, fmt.Sprintf("whether %s is in the team %s", run.who(), team.Text), answer.Err)
		}
	}
	if failed != nil {
		return failed
	}
	at := slices.Concat(r.Actors, r.Teams)[0].At
	who := r.whoMay()
	return &deploy.Problem{
		At: at, Message: run.may(fmt.Sprintf("%s asked for it, and %s may", run.who(), who)),
		Hint: "one of them starts it, or re-runs it" + forTeams(r.Teams),
	}
}

func (run Run) who() string { return cmp.Or(run.Actor, "nobody known") }

func (r Rules) whoMay() string {
	var parts []string
	if len(r.Actors) > 0 {
		parts = append(parts, listed(r.Actors)+" (allow.actors)")
	}
	if len(r.Teams) > 0 {
		parts = append(parts, "members of "+listed(r.Teams)+" (allow.teams)")
	}
	return strings.Join(parts, " or ")
}

func forTeams(teams []Rule) string {
	if len(teams) == 0 {
		return ""
	}
	return "; a team that `policy_token` may not see looks like one without members"
}

func (r Rules) judgeBranches(run Run, commit string, contains map[string]Answer) *deploy.Problem {
	if len(r.Branches) == 0 {
		return nil
	}
	var failed *deploy.Problem
	for _, branch := range r.Branches {
		switch answer, asked := contains[branch.Text]; {
		case answer.Yes && answer.Err == nil:
			return nil
		case (!asked || answer.Err != nil) && failed == nil:
			failed = unchecked(run, branch, fmt.Sprintf("whether the branch %s contains %.7s", branch.Text, commit), answer.Err)
		}
	}
	if failed != nil {
		return failed
	}
	return &deploy.Problem{
		At: r.Branches[0].At, Message: run.may(fmt.Sprintf("%.7s is in none of the branches of allow.branches: %s", commit, listed(r.Branches))),
		Hint: "merge it first",
	}
}

// unchecked is the finding about a rule that nobody could check.
func unchecked(run Run, rule Rule, what string, err error) *deploy.Problem {
	if err == nil {
		err = errors.New("nobody was asked")
	}
	hint := ""
	var failure *deploy.Error
	if errors.As(err, &failure) { // of several, the first
		err, hint = failure.Cause, failure.Hint
	}
	return &deploy.Problem{At: rule.At, Message: run.may(fmt.Sprintf("%s could not be checked: %v", what, err)), Hint: hint}
}

func quoted(text string) string {
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}

func listed(rules []Rule) string { return strings.Join(texts(rules), ", ") }
