package config

import (
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/slipway/slipway/internal/config/keys"
	"github.com/slipway/slipway/internal/policy"
)

// allow reads the rules about who may change the environment. Whether a run keeps to them is for package policy to say.
func (l *loader) allow(written keys.Allow) policy.Rules {
	for _, ref := range written.Refs {
		if !doublestar.ValidatePattern(ref.V) {
			l.problem(ref.At(), "", "`%s` is no pattern of refs", ref.V)
		} else if !strings.HasPrefix(ref.V, "refs/") {
			l.problem(ref.At(), "write refs/heads/"+ref.V+" for a branch, refs/tags/"+ref.V+" for a tag", "`%s` is no whole ref", ref.V)
		}
	}
	for _, branch := range written.Branches {
		if name, whole := strings.CutPrefix(branch.V, "refs/heads/"); whole {
			l.problem(branch.At(), "write "+name, "`%s` is a whole ref", branch.V)
		} else if !IsRef(branch.V) {
			l.problem(branch.At(), "its name alone, without wildcards: the platform is asked about each", "`%s` is no branch", branch.V)
		}
	}
	for _, check := range written.Checks {
		if check.V == "" || !printable(check.V) {
			l.problem(check.At(), "in GitHub Actions it has the name of the job", "`%s` is no name of a check", check.V)
		}
	}
	rules := policy.Rules{
		Refs: rulesOf(written.Refs), Events: rulesOf(written.Events), Actors: rulesOf(written.Actors), Teams: rulesOf(written.Teams),
		Branches: rulesOf(written.Branches), Checks: rulesOf(written.Checks), NotOnRollback: written.NotOnRollback.V,
	}
	for _, text := range written.NotOn.Items {
		if !text.Given() { // it is no text, which was said
			continue
		}
		window, err := policy.ParseWindow(text.V, text.At())
		if err != nil {
			l.problem(text.At(), policy.Forms, "`%s` %s", text.V, err.Error())
			continue
		}
		rules.NotOn = append(rules.NotOn, window)
	}
	if written.NotOnRollback.V && len(written.NotOn.Items) == 0 {
		l.problem(written.NotOnRollback.At(), "give `not_on`, or drop it", "`not_on_rollback` is about `not_on`, and that is not given")
	}
	return rules
}

func rulesOf(list []keys.Text) []policy.Rule {
	var rules []policy.Rule
	for _, text := range list {
		rules = append(rules, policy.Rule{Text: text.V, At: text.At()})
	}
	return rules
}

// mostReason is how long a reason may be, in bytes: it stands in a line of each host's history.
const mostReason = 500

// overrideReason reads the input override_reason, which no deploy file has: it is about one run.
func (l *loader) overrideReason() string {
	reason := strings.TrimSpace(l.in.OverrideReason)
	if !printable(reason) || len(reason) > mostReason {
		l.problem(inputAt("override_reason"), "one line of at most 500 bytes", "`override_reason` is no short line")
	}
	return reason
}
