// Package doctor finds out what on the hosts keeps a deployment from going well: everything, on all hosts at once.
//
// What preflight refuses is judged by preflight's own code (plan). Beside it stand how a host could not be reached, what the steps
// run by sudo, and the layouts of other tools. It changes nothing on any host, and must not know how findings are shown.
package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"al.essio.dev/pkg/shellescape"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/fanout"
	"github.com/slipway/slipway/internal/fleet"
	"github.com/slipway/slipway/internal/plan"
	"github.com/slipway/slipway/internal/release/examine"
	"github.com/slipway/slipway/internal/release/survey"
	"github.com/slipway/slipway/internal/transport"
)

// Examine looks at every host of a plan, and gives what it found in the order of hosts and checks.
func Examine(ctx context.Context, p *plan.Plan, hosts *fleet.Fleet) []deploy.Finding {
	var found []deploy.Finding
	var asked []deploy.Host
	for _, target := range p.Targets {
		err := hosts.On(target.Name).Span.Err
		found = append(found, reached(target.Name, err)...)
		if err == nil {
			asked = append(asked, target)
		}
	}
	for _, more := range fanout.Do(asked, func(h deploy.Host) []deploy.Finding { return look(ctx, p, h, hosts.On(h.Name)) }) {
		found = append(found, more...)
	}
	facts := map[string]deploy.Facts{}
	for _, h := range asked {
		facts[h.Name] = hosts.On(h.Name).Facts
	}
	sized := *p
	sized.Artifact = largest(facts)
	found = unlessWorse(append(found, sized.Findings(facts)...))
	names := deploy.HostNames(p.Targets)
	slices.SortStableFunc(found, func(a, b deploy.Finding) int {
		return cmp.Or(cmp.Compare(slices.Index(names, a.Host), slices.Index(names, b.Host)),
			cmp.Compare(slices.Index(deploy.Checks, a.Check), slices.Index(deploy.Checks, b.Check)))
	})
	return found
}

// unlessWorse leaves out that a check of a host is all right where more than one looked, and another found something.
func unlessWorse(found []deploy.Finding) []deploy.Finding {
	type check struct{ host, name string }
	worse := map[check]bool{}
	for _, f := range found {
		if f.State != deploy.FindingOK {
			worse[check{f.Host, f.Check}] = true
		}
	}
	return slices.DeleteFunc(found, func(f deploy.Finding) bool { return f.State == deploy.FindingOK && worse[check{f.Host, f.Check}] })
}

// reached says how far the way to a host went.
func reached(host string, err *deploy.Error) []deploy.Finding {
	way := []string{deploy.CheckConnection, deploy.CheckHostKey, deploy.CheckKey, deploy.CheckAnswer}
	last := len(way)
	switch {
	case err == nil:
	case errors.Is(err, transport.ErrIdentity):
		last = 1
	case errors.Is(err, transport.ErrLogin):
		last = 2
	case err.Op == "connect":
		last = 0
	default:
		last = 3
	}
	var found []deploy.Finding
	for _, check := range way[:last] {
		found = append(found, deploy.Finding{Host: host, Check: check, State: deploy.FindingOK})
	}
	if err != nil {
		text := strings.Join(deploy.CausesOf(err.Cause), " / ")
		found = append(found, deploy.Finding{Host: host, Check: way[last], State: deploy.FindingFail, Text: text, Mend: err.Hint})
	}
	return found
}

// largest is the largest release that is live on any host: about what the next one will take.
func largest(facts map[string]deploy.Facts) (artifact plan.Artifact) {
	for _, f := range facts {
		for _, r := range f.Releases {
			if r.ID == f.CurrentID {
				artifact.Bytes, artifact.Inodes = max(artifact.Bytes, r.Size.Bytes), max(artifact.Inodes, r.Size.Inodes)
			}
		}
	}
	return artifact
}

// look asks a host what only this command wants to know.
func look(ctx context.Context, p *plan.Plan, h deploy.Host, there *fleet.Host) []deploy.Finding {
	defer there.Lease(ctx)()
	var answer examine.Answer
	err := there.Do(ctx, examine.Ask(there.Site(), p.StepsOn(h.Name), p.Vars[h.Name], &answer))
	if err == nil {
		err = there.Do(ctx, survey.Measure(there.Site(), &there.Facts))
	}
	if err != nil {
		failure := deploy.OnHost(h.Name, deploy.Preflight, "", err)
		return []deploy.Finding{{Host: h.Name, Check: deploy.CheckAnswer, State: deploy.FindingFail, Text: failure.Cause.Error(), Mend: failure.Hint}}
	}
	found := sudo(h.Name, there.Facts.User, answer)
	if layout, ok := otherTool(h, there.Facts, answer.Tool); ok {
		found = append(found, layout)
	}
	return found
}

// sudo says what of the steps the deploy user may not run by sudo; nothing where no step uses it.
func sudo(host, user string, answer examine.Answer) []deploy.Finding {
	finding := deploy.Finding{Host: host, Check: deploy.CheckSudo, State: deploy.FindingFail}
	switch {
	case answer.NoSudo:
		finding.Text, finding.Mend = "steps run commands by sudo, and there is no sudo", "install it, or let the steps do without (`sudo: \"\"` of systemd/restart)"
	case len(answer.Denied) > 0:
		var commands, rules []string
		for _, d := range answer.Denied {
			commands, rules = append(commands, "`"+d.Command+"`"), append(rules, shellescape.Quote(d.Rule))
		}
		finding.Text = fmt.Sprintf("%s may not run %s", user, strings.Join(commands, ", "))
		// visudo -c wants mode 0440.
		finding.Mend = fmt.Sprintf("as root: `(umask 337; printf '%%s\\n' %s >>/etc/sudoers.d/%s) && visudo -c`", strings.Join(rules, " "), strings.ReplaceAll(user, ".", "-"))
	case len(answer.Allowed) > 0:
		finding.State = deploy.FindingOK
	default:
		return nil
	}
	return []deploy.Finding{finding}
}

// otherTool says that another tool deploys to a host, and what becomes of what it left. A folder in the place of current is refused
// in any case, with the commands that convert it.
func otherTool(h deploy.Host, f deploy.Facts, tool string) (deploy.Finding, bool) {
	finding := deploy.Finding{Host: h.Name, Check: deploy.CheckLayout, State: deploy.FindingWarn}
	switch {
	case tool == "" || h.NoRelease:
		return finding, false
	case f.Current == deploy.CurrentForeign:
		finding.Text = fmt.Sprintf("%s deploys here: current leads to %s", tool, f.CurrentTarget)
		finding.Mend = "nothing to convert: the first deployment adopts it as its way back; end that tool's own clean-up first (docs/move.md)"
	case f.Current == deploy.CurrentRelease:
		return finding, false // the move is over
	default:
		finding.Text = tool + " has deployed here"
		finding.Mend = "look whether it still does: two tools on one deploy path undo each other (docs/move.md)"
	}
	return finding, true
}
