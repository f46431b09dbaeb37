package app

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/slipway/slipway/internal/changes"
	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/config"
	"github.com/slipway/slipway/internal/delivery"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/fleet"
	"github.com/slipway/slipway/internal/github"
	"github.com/slipway/slipway/internal/inspect/ask"
	"github.com/slipway/slipway/internal/inspect/show"
	"github.com/slipway/slipway/internal/plan"
	"github.com/slipway/slipway/internal/report"
)

type planCmd struct {
	inputs
	What    string `name:"what" arg:"optional" enum:"deploy,rollback,promote" default:"deploy" help:"What to plan: deploy (the default), rollback or promote."`
	Offline bool   `name:"offline" group:"policy" help:"Ask no host: the steps alone are shown."`
	Comment bool   `name:"comment" group:"policy" help:"Show it in a comment on the pull request that this run of GitHub Actions is for."`
	JSON    bool   `name:"json" group:"policy" help:"Print one JSON document: docs/plan.md says what is in it."`
}

// Help is the end of the command's help.
func (*planCmd) Help() string {
	return `Examples:

  slipway plan -e production --artifact dist/site.tar.gz

  slipway plan rollback -e production --to 77aa001

It takes no lock and changes nothing. Exit 10: there are changes. 1: preflight would refuse.`
}

// Run shows what a deployment would do.
func (c *planCmd) Run(ctx context.Context, a *app) error {
	console := a.newConsole(c.Inputs)
	s, err := c.open(ctx, a, console)
	if err != nil {
		return c.refuse(ctx, console, err)
	}
	defer s.close()
	bounded, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	view, code, err := c.preview(bounded, a, s)
	view.Told = whoIsTold(s.cfg)
	if err != nil {
		if bounded.Err() != nil {
			return err
		}
		return c.refuse(ctx, console, err)
	}
	c.comment(ctx, console, func() (string, error) { return report.PreviewComment(s.options, view, github.MaxComment) })
	if err := c.report(a, s, view, code); err != nil {
		return err
	}
	if code == deploy.ExitDone || code == deploy.ExitChanges && s.run.Platform != "" {
		return nil
	}
	return exit(code)
}

// refuse says what is wrong with what people wrote, also where an earlier run has shown its plan: that is no longer what would happen.
func (c *planCmd) refuse(ctx context.Context, console *console, err error) error {
	c.comment(ctx, console, func() (string, error) {
		return report.ProblemsComment(console.options, problems(err, deploy.Position{}), github.MaxComment)
	})
	return console.refuse(err)
}

// report shows a preview.
func (c *planCmd) report(a *app, s *session, view deploy.Preview, code int) error {
	if !c.JSON {
		return report.Preview(s.options, view, code)
	}
	text, err := report.PreviewJSON(s.options, view)
	if err == nil {
		_, err = a.env.Stdout.Write(text)
	}
	return err
}

// open begins the session: one that goes to hosts, or one without a way to them.
func (c *planCmd) open(ctx context.Context, a *app, console *console) (*session, error) {
	if c.JSON { // it has standard output for itself
		console.options.Log, console.options.Terminal = ci.NewPlain(a.env.Stderr), nil
	}
	if why := a.offline(c.Inputs, console.run); why != "" && !c.Offline {
		console.say("%s", why)
		c.Offline = true
	}
	opened := a.openOn
	if c.Offline {
		opened = a.openOffline
	}
	s, err := opened(ctx, console, c.Inputs)
	if err == nil {
		err = c.missing(s.cfg)
	}
	return s, err
}

// missing says what the deployment cannot do without.
func (c *planCmd) missing(cfg *config.Config) error {
	nothing := func(input, message string) error {
		return deploy.Problems{{
			At: deploy.InInput(input, 0, 0), Message: message, Hint: "set the input `" + input + "`, or `" + input + "` in the deploy file",
		}}
	}
	switch {
	case c.What == "deploy" && cfg.Artifact == "" && cfg.Remote == nil:
		return nothing("artifact", "no artifact: there is nothing to deploy")
	case c.What == "promote" && c.Offline:
		return deploy.Problems{{Message: "promote cannot be planned offline: what the other environment runs, its hosts know"}}
	case c.What == "promote" && cfg.From == "":
		return nothing("from", "no source: nobody said which environment's release is promoted")
	}
	return nil
}

// offline says why a run of CI asks no host although nobody said so; "" where it asks them. A pull request from a fork gets no secrets,
// and one whose own deploy file is read must not choose the hosts that secrets are used on.
func (a *app) offline(in ci.Inputs, run ci.Run) string {
	agent := a.env.Getenv("SSH_AUTH_SOCK")
	noKey := run.Proposed && in.SSHKey == "" && (in.Given["ssh_key"] || run.Platform == "gitlab" && in.SSHConfig == "" && agent == "")
	issuer := deploy.CertificateFrom{}
	if noKey {
		issuer = a.issuer(in, run)
	}
	switch {
	case run.Exposed != "":
		return "offline    " + run.Exposed + " may have secrets, and its deploy file may be the pull request's: no host is asked"
	case issuer.URL != "" && a.tokenFor(issuer, run).MayHave():
	case issuer.URL != "":
		return "offline    the job may not ask for an OIDC token (id-token: write), as in pull requests of forks and of Dependabot: no host is asked"
	case noKey:
		return "offline    the secret of ssh_key is empty, as in pull requests of forks and of Dependabot: no host is asked"
	}
	return ""
}

// openOffline begins a session of what is written alone.
func (a *app) openOffline(_ context.Context, console *console, in ci.Inputs) (*session, error) {
	demanding := in
	demanding.Command = "validate" // nothing that only hosts need is demanded
	configs, err := config.LoadAll(demanding, a.env.Files(), a.environment(console.run))
	switch {
	case err != nil:
		return nil, err
	case len(configs) > 1 && in.Environment == "":
		return nil, deploy.Problems{{At: deploy.InInput("environment", 0, 0), Message: "`environment` must say which is meant"}}
	case len(configs[0].Hosts) == 0:
		return nil, deploy.Problems{{At: deploy.InInput("hosts", 0, 0), Message: "no hosts: there is nowhere to deploy"}}
	}
	return &session{console: console, in: in, cfg: configs[0], close: func() {}}, nil
}

// preview is what the deployment would do, and the exit code that says so.
func (c *planCmd) preview(ctx context.Context, a *app, s *session) (deploy.Preview, int, error) {
	made, err := a.plan(ctx, launch{session: s, command: c.What, look: true}, time.Now())
	defer made.close()
	var refused deploy.Errors
	if errors.As(err, &refused) && ctx.Err() == nil { // what another environment runs may not be promoted
		header := deploy.Header{Command: c.What, App: s.cfg.App, Environment: s.cfg.Environment, URL: s.cfg.URL, Hosts: deploy.HostNames(s.cfg.Hosts)}
		return deploy.Preview{Header: header, Refusals: refused}, deploy.ExitFailed, nil
	}
	if err != nil {
		return deploy.Preview{}, 0, err
	}
	var verdict []string
	for _, p := range made.against {
		verdict = append(verdict, p.Error())
	}
	if c.Offline {
		view := made.plan.Preview()
		view.Warnings = append(verdict, view.Warnings...)
		return view, deploy.ExitChanges, nil
	}
	var unreachable deploy.Errors
	for _, h := range s.cfg.Hosts {
		if err := made.hosts.On(h.Name).Span.Err; err != nil {
			unreachable = append(unreachable, err)
		}
	}
	schedule, view := made.plan.Against(made.hosts.Facts(), unreachable)
	view.Warnings = append(verdict, view.Warnings...)
	if made.tarball != nil {
		view.From = made.tarball.whence
	}
	if schedule == nil {
		return view, deploy.ExitFailed, nil
	}
	view.Ahead = append(locked(schedule), view.Ahead...)
	view.Warnings = append(view.Warnings, show.Drift(ask.Drift(ctx, s.cfg.Hosts, made.hosts, s.cfg.DriftIgnore))...)
	if c.What == "rollback" {
		s.lookBack(ctx, schedule.Release, made.hosts, &view.Back)
		keep := slices.DeleteFunc(slices.Clone(view.Live), func(l deploy.LiveRelease) bool { return slices.Contains(view.Upload, l.Host) })
		own, err := changes.Secrets(ctx, made.hosts, keep, schedule.Release)
		if err != nil {
			return view, 0, err
		}
		view.Secrets = append(view.Secrets, own...)
	}
	if made.tarball != nil {
		if view.Deltas, err = a.deltas(ctx, s, made, schedule, &view.Warnings); err != nil {
			return view, 0, err
		}
	}
	if view.Files, err = changes.Of(ctx, made.hosts, view.Live, next(made, schedule), hidden(s.cfg)); err != nil {
		return view, 0, err
	}
	if view.Changes() {
		made.outlook(ctx, schedule, s.cfg, s.run.Proposed, &view)
	}
	switch {
	case len(view.Refusals) > 0:
		return view, deploy.ExitFailed, nil
	case view.Changes():
		return view, deploy.ExitChanges, nil
	}
	return view, deploy.ExitDone, nil
}

// deltas are what hosts would be sent. Of what this runner keeps no host is asked, as in a deployment.
func (a *app) deltas(ctx context.Context, s *session, made *planned, schedule *plan.Schedule, warnings *[]string) ([]deploy.Delta, error) {
	options := delivery.Options{Artifact: brought{made.tarball.Artifact}, Fleet: made.hosts, Schedule: schedule}
	if kept := a.kept(s, func(text string) { *warnings = append(*warnings, text) }); kept != nil {
		options.Known, options.Old = kept.Manifest, oldOf(kept)
	}
	return delivery.New(options).Foresee(ctx, schedule.ToPrepare())
}

// next is the content that the hosts would run.
func next(made *planned, s *plan.Schedule) changes.Next {
	if made.tarball != nil {
		return changes.OfArtifact{Artifact: made.tarball.Artifact}
	}
	return &changes.OnHost{Host: made.hosts.On(s.Serving()[0].Name), Release: s.Release}
}

// hidden are the paths of a release of which no content is shown.
func hidden(cfg *config.Config) []string {
	paths := slices.Concat(cfg.SharedDirs, cfg.SharedFiles)
	for _, file := range cfg.SecretFiles {
		paths = append(paths, file.Path)
	}
	return paths
}

// locked says which hosts a deployment would have to wait for.
func locked(s *plan.Schedule) (lines []string) {
	var held []fleet.LockOn
	for _, h := range s.Hosts {
		if !h.Facts.Lock.Free() {
			held = append(held, fleet.LockOn{Host: h.Name, State: h.Facts.Lock})
		}
	}
	if len(held) == 0 {
		return nil
	}
	return []string{"waits for " + hostList(held) + ": " + lockLine(held[0].State)}
}
