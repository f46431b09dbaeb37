package app

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/slipway/slipway/internal/announce"
	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/github"
	"github.com/slipway/slipway/internal/lazyregexp"
	"github.com/slipway/slipway/internal/report"
)

// comments is the flag of the commands that make a deployment.
type comments struct {
	Comment string `name:"comment" group:"policy" enum:"shipped,true,false" default:"false" help:"shipped comments on each pull request that the deployment ships (GitHub Actions)."`
}

// given are the inputs with the flag.
func (c comments) given(in ci.Inputs) ci.Inputs {
	in.Comment = c.Comment
	return in
}

// gitHub is a client of the API of the run's own GitHub.
func gitHub(run ci.Run, in ci.Inputs) (*github.Client, error) {
	switch {
	case run.API == "":
		return nil, errNoAPI
	case token(in).IsEmpty():
		return nil, errNoToken
	}
	return github.New(github.Options{API: run.API, Repository: run.Repository, Token: token(in)})
}

// announcer tells GitHub of a deployment.
func (a *app) announcer(ctx context.Context, l launch) *announce.Announcer {
	client, err := gitHub(l.run, l.in)
	run, _ := strconv.ParseInt(l.run.RunID, 10, 64) // 0 outside of GitHub
	o := announce.Options{
		GitHub: client, Without: err, Deployment: l.cfg.GitHub.Deployment, Record: l.cfg.GitHub.Record, Comments: l.in.Comment == "shipped",
		Key: l.cfg.DeploymentKey, RunID: run, LogURL: logURL(l.run, l.in.CheckRunID), Save: l.options.Files.SaveState,
		Words: announce.Words{
			Clean:    func(text string) string { return l.options.Redactor.Own(ci.Clean(text)) },
			Headline: func(res deploy.Result) string { return report.Headline(l.options, res) },
			Comment: func(res deploy.Result, number int) string {
				return report.ShippedComment(l.options, res, number)
			},
		},
	}
	if l.reconcile {
		o.Kept = a.keptOfGitHub()
	}
	return announce.New(ctx, o)
}

// keptOfGitHub is what the main step of the job kept for the post step.
func (a *app) keptOfGitHub() announce.Kept {
	return announce.ReadKept(func(name string) string { return a.env.Getenv("STATE_" + name) })
}

var number = lazyregexp.New(`^[0-9]+$`)

// logURL is the page of the run's job, or of the run where the runner does not say which job it is.
func logURL(run ci.Run, checkRun string) string {
	if checkRun = strings.TrimSpace(checkRun); run.URL == "" || !number.MatchString(checkRun) {
		return run.URL
	}
	return fmt.Sprintf("%s/%s/actions/runs/%s/job/%s", run.Server, run.Repository, run.RunID, checkRun)
}

// tellLate tells GitHub, from the post step, what the main step could not at its end.
func (a *app) tellLate(ctx context.Context) error {
	kept := a.keptOfGitHub()
	if kept.Status == nil {
		return nil
	}
	c := a.newConsole(a.given)
	client, err := gitHub(c.run, a.given)
	if err == nil {
		err = kept.Tell(ctx, client)
	}
	if err == nil {
		c.say("deployment on GitHub: %s", kept.Status.State)
		return nil
	}
	c.say("deployment on GitHub: %v", deploy.CauseIn(err))
	return nil
}
