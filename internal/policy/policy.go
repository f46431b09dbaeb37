// Package policy judges who may change an environment, when, and with which commit: the rules under `allow`, held against a run.
//
// Terms: a run is the job of a CI, or a person at a terminal; a rule that could not be checked refuses, as one that is broken does. A
// window is a time in which nothing is deployed.
//
// The package is pure: what only the CI's API knows, it is told (package ask asks), and the clock is a value of the run. It must not
// know how a deployment goes.
package policy

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/deploy"
)

// Rule is one value of a rule, and where it was written.
type Rule struct {
	Text string
	At   deploy.Position
}

// Rules are what `allow` says. What is empty holds for nobody.
type Rules struct {
	Refs          []Rule // patterns of whole refs, of which the run's matches one
	Events        []Rule // of which the run's is one
	Actors, Teams []Rule // whoever asked for the run is one of these, or in one of those: organisation/team
	Branches      []Rule // names; one of them contains the revision
	Checks        []Rule // names; the newest run of each, on the revision, has passed
	NotOn         []Window

	NotOnRollback bool // whether NotOn holds for a rollback, too
}

// Run is who wants what.
type Run struct {
	Command     string
	Environment string
	CI          string    // "" on a person's machine
	Ref         string    // whole
	Event       string    // that started the run
	Actor       string    // who asked for this attempt
	Dispatch    bool      // a person started it and could say why: a terminal, or a dispatch that is no re-run
	Override    string    // why it may go on in a window
	Now         time.Time // of the decision
}

// Verdict is what comes of a judgement. Without problems the run may go on.
type Verdict struct {
	Problems   deploy.Problems // each rule that is broken, in the order of the text
	Overridden []Window        // those in which the run goes on because a person said why
}

// The commands by what holds for them.
var (
	bringsCommit = []string{"deploy", "promote"}
	changesHosts = []string{"deploy", "promote", "rollback", "join", "exec", "prune", "unlock", "hold", "unhold", "resolve"}
)

// Holds reports whether anything at all holds for a command: it changes something on hosts.
func Holds(command string) bool { return slices.Contains(changesHosts, command) }

// HoldsForCommit reports whether Branches and Checks hold for a command: it brings a commit. What a rollback or a join activates was
// judged when it was deployed.
func (r Rules) HoldsForCommit(command string) bool {
	return slices.Contains(bringsCommit, command) && len(r.Branches)+len(r.Checks) > 0
}

// windowsHold reports whether NotOn holds for a command: what mends hosts is possible at any time, and so is the way back unless the
// rules say otherwise.
func (r Rules) windowsHold(command string) bool {
	return slices.Contains(bringsCommit, command) || command == "rollback" && r.NotOnRollback
}

// OfRun reports whether there is a rule about runs of CI, which nothing holds against on a person's machine.
func (r Rules) OfRun() bool {
	return len(r.Refs)+len(r.Events)+len(r.Actors)+len(r.Teams)+len(r.Branches)+len(r.Checks) > 0
}

// And puts another verdict on the same run beside this one.
func (v Verdict) And(other Verdict) Verdict {
	problems := slices.Concat(v.Problems, other.Problems)
	slices.SortStableFunc(problems, func(a, b deploy.Problem) int {
		return cmp.Or(cmp.Compare(a.At.File, b.At.File), cmp.Compare(a.At.Line, b.At.Line), cmp.Compare(a.At.Column, b.At.Column))
	})
	return Verdict{problems, slices.Concat(v.Overridden, other.Overridden)}
}

func texts(rules []Rule) []string {
	var list []string
	for _, rule := range rules {
		list = append(list, rule.Text)
	}
	return list
}

// RefPatterns are the patterns of Refs.
func (r Rules) RefPatterns() []string { return texts(r.Refs) }

// Said are the rules, a line each, for people.
func (r Rules) Said() (lines []string) {
	for _, kind := range []struct {
		name string
		list []Rule
		say  string
	}{
		{"refs", r.Refs, "runs for "},
		{"events", r.Events, "runs started by "},
		{"actors", r.Actors, "who asks is "},
		{"teams", r.Teams, "or is a member of "},
		{"branches", r.Branches, "the commit is in "},
		{"checks", r.Checks, "passed on the commit: "},
	} {
		if len(kind.list) == 0 {
			continue
		}
		say := kind.say
		if kind.name == "teams" && len(r.Actors) == 0 {
			say = "who asks is a member of "
		}
		separator := " or "
		if kind.name == "checks" {
			separator = ", "
		}
		lines = append(lines, say+strings.Join(texts(kind.list), separator))
	}
	for _, w := range r.NotOn {
		line := "not on " + w.Text
		if r.NotOnRollback {
			line += ", no rollback either"
		}
		lines = append(lines, line)
	}
	return lines
}
