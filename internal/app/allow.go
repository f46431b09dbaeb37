package app

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/config"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/github"
	"github.com/slipway/slipway/internal/policy"
	"github.com/slipway/slipway/internal/policy/ask"
	"github.com/slipway/slipway/internal/secret"
)

// policyTime is how long it may take to ask the API about all rules.
const policyTime = 2 * time.Minute

// permit is the judgement on a command: first on its run, then on the commit, which may be known later.
type permit struct {
	rules  policy.Rules
	run    policy.Run
	asker  ask.Asker
	judged string // the commit that was
	look   bool   // nothing is done: what speaks against it is told, and stops nothing

	verdict policy.Verdict
}

// permit prepares the judgement on a command of a session.
func (a *app) permit(s *session, command string, now time.Time) *permit {
	return &permit{
		rules: s.cfg.Allow, asker: s.asker(),
		run: policy.Run{
			Command: command, Environment: s.cfg.Environment, CI: s.run.Platform, Ref: s.run.Ref, Event: s.run.Event,
			Actor: s.run.TriggeringActor, Dispatch: asked(s.run), Override: s.cfg.OverrideReason, Now: now,
		},
	}
}

// asked reports whether a person asked for this very run: at a terminal, or by a dispatch, which a re-run only repeats. Where the CI does not
// count attempts, a re-run counts too: whoever has the hosts' answers knows better.
func asked(run ci.Run) bool {
	return run.Platform == "" || run.Dispatched && run.Attempt <= 1
}

// asker is whom the rules are asked about.
func (s *session) asker() (asker ask.Asker) {
	client := func(token secret.Secret, input, help string) (*github.Client, error) {
		switch {
		case s.run.Platform != "github":
			return nil, ask.Unable("only GitHub's API can be asked, and this run is none of GitHub Actions", "leave the rule out of `allow` here")
		case token.IsEmpty():
			return nil, ask.Unable("the input `"+input+"` is empty", help)
		}
		return github.New(github.Options{API: s.run.API, Repository: s.run.Repository, Token: token})
	}
	asker.Repository, asker.Why = client(s.token(), "github_token", "leave it out: it is the job's own then")
	asker.Teams, asker.WhyTeams = client(secret.New(strings.TrimSpace(s.in.PolicyToken)), "policy_token",
		"give it a token that may read the members of the organisation: of an app, or of a person")
	return asker
}

// ofRun judges the run, and the commit where that is known by now. Its error is deploy.Problems, everything that speaks against it.
func (p *permit) ofRun(ctx context.Context, commit string) error {
	ctx, cancel := policyBound(ctx)
	defer cancel()
	answers := p.asker.Ask(ctx, p.rules.ToAsk(p.run), p.run.Actor, "")
	return p.take(p.rules.JudgeRun(p.run, answers), p.commit(ctx, commit))
}

// ofCommit judges a commit that was not known before.
func (p *permit) ofCommit(ctx context.Context, commit string) error {
	if commit != "" && commit == p.judged || !p.holdsForCommit() {
		return nil
	}
	ctx, cancel := policyBound(ctx)
	defer cancel()
	if commit == "" {
		return p.take(p.rules.JudgeCommit(p.run, "", policy.Answers{}))
	}
	return p.take(p.commit(ctx, commit))
}

func (p *permit) holdsForCommit() bool {
	return p.run.CI != "" && p.rules.HoldsForCommit(p.run.Command)
}

// commit judges one, if it is known.
func (p *permit) commit(ctx context.Context, commit string) policy.Verdict {
	if commit == "" || !p.holdsForCommit() {
		return policy.Verdict{}
	}
	p.judged = commit
	return p.rules.JudgeCommit(p.run, commit, p.asker.Ask(ctx, p.rules.ToAskOfCommit(), "", commit))
}

func policyBound(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, policyTime, fmt.Errorf("GitHub did not answer within %s", policyTime))
}

func (p *permit) take(verdicts ...policy.Verdict) error {
	for _, v := range verdicts {
		p.verdict = p.verdict.And(v)
	}
	if p.look || len(p.verdict.Problems) == 0 {
		return nil
	}
	return p.verdict.Problems
}

// repeated judges the times anew once it is known that nobody asked for this very run: the reason of a run that is repeated was given for another
// time. Of a CI that does not count attempts the hosts alone know.
func (p *permit) repeated() error {
	if len(p.verdict.Overridden) == 0 {
		return nil
	}
	p.run.Dispatch, p.verdict.Overridden = false, nil
	times := policy.Rules{NotOn: p.rules.NotOn, NotOnRollback: p.rules.NotOnRollback}
	return p.take(times.JudgeRun(p.run, policy.Answers{}))
}

// override is what a person said against the windows in which the run goes on; zero where there are none.
func (p *permit) override() deploy.Override {
	var windows []string
	for _, w := range p.verdict.Overridden {
		windows = append(windows, w.Text)
	}
	if len(windows) == 0 {
		return deploy.Override{}
	}
	return deploy.Override{Reason: p.run.Override, Against: strings.Join(windows, "; ")}
}

// permitted refuses a command that changes something on hosts where the rules do. Its error is deploy.Problems.
func (a *app) permitted(ctx context.Context, s *session) error {
	if !policy.Holds(s.in.Command) {
		return nil
	}
	return a.permit(s, s.in.Command, time.Now()).ofRun(ctx, "")
}

// expected is the commit that a deployment is of, as far as that is known before there is an artifact: in full, or "".
func expected(l launch) string {
	commit := l.run.SHA
	switch remote := l.cfg.Remote; {
	case l.command != "deploy" || remote != nil && remote.CI != "" && remote.Ref != "":
		return ""
	case remote == nil || remote.CI == "":
		commit = cmp.Or(l.cfg.Revision, commit)
	}
	if len(commit) < 40 {
		return "" // an abbreviated one: the artifact may say all of it
	}
	return commit
}

// fromHosts reports whether the hosts have to be asked before the artifact is brought: a re-run takes the build that an earlier attempt took.
// Without a ref the commit is the run's, which was judged by then; with one it is what the hosts say.
func fromHosts(l launch) bool {
	return l.command == "deploy" && l.cfg.Remote != nil && l.cfg.Remote.CI != "" && l.run.Attempt > 1
}

// rulesOf are the lines that say what `allow` and `attestation` demand, for people.
func rulesOf(cfg *config.Config) (lines []string) {
	for _, rule := range cfg.Allow.Said() {
		lines = append(lines, "allow      "+rule)
	}
	if cfg.Provenance.Attests() {
		lines = append(lines, "attested   by "+cfg.Provenance.Attestation.Signs())
	}
	return lines
}
