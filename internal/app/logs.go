package app

import (
	"context"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/inspect"
	"github.com/slipway/slipway/internal/inspect/ask"
	"github.com/slipway/slipway/internal/inspect/show"
)

type logsCmd struct {
	inputs
	looks
	AllowLogs bool `name:"allow_logs" of:"logs" help:"Show logs in CI: this run cannot mask the secrets of earlier ones."`
}

// Run shows what the steps of a past deployment printed.
func (c *logsCmd) Run(ctx context.Context, a *app) error {
	if platform := a.newConsole(c.Inputs); platform.run.Platform != "" && !c.AllowLogs {
		return platform.refuse(deploy.Problems{{
			At: deploy.InInput("allow_logs", 0, 0), Message: "the logs of an earlier deployment may hold secrets that this run does not know, and cannot mask",
			Hint: "read them on your machine, or set `allow_logs: true` where everybody who can read this job's log may see them",
		}})
	}
	return a.look(ctx, c.Inputs, c.looks, func(ctx context.Context, l look) error {
		answers, plans := ask.Past(ctx, l.cfg.Hosts, l.hosts)
		if err := silent(answers); err != nil {
			return err
		}
		history := inspect.Merge(l.head(), answers, plans, nil)
		wanted, err := inspect.Find(history, answers, plans, inspect.Query{Deployment: c.Deployment, Step: c.Step, Host: c.Host})
		if err != nil {
			return l.refuse(err)
		}
		logs := inspect.Logs{Head: history.Head, Deployment: wanted.Deployment, Unasked: history.Unasked}
		steps, unasked := ask.Logs(ctx, wanted, l.hosts, l.cfg.LogLines)
		logs.Steps, logs.Unasked = steps, append(logs.Unasked, unasked...)
		show.SafeLogs(&logs, l.sanitizer())
		if l.json != nil {
			return l.print(logs, nil)
		}
		show.Logs(l.options.Log, logs)
		return nil
	})
}

// Help is the end of the command's help.
func (*logsCmd) Help() string {
	return `Examples:

  slipway logs -e production

  slipway logs -e production --deployment 20261121-073000-1a2b3c4-9f3c51 --step "Collect static files" --host web2`
}
