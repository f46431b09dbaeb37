package app

import (
	"cmp"
	"context"
	"errors"
	"strconv"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/fleetlock"
	"github.com/slipway/slipway/internal/inspect"
	"github.com/slipway/slipway/internal/inspect/ask"
	"github.com/slipway/slipway/internal/inspect/show"
)

type statusCmd struct {
	inputs
	looks
	Drift bool `name:"drift" of:"status" help:"Compare the files of the live release with those that were deployed."`
}

// Run says what runs where. A fleet that is split, drifted or half done is exit 10; in CI it is warnings and the outputs, so
// that the job goes on.
func (c *statusCmd) Run(ctx context.Context, a *app) error {
	return a.look(ctx, c.Inputs, c.looks, func(ctx context.Context, l look) error {
		var drift *[]string
		if c.Drift {
			drift = &l.cfg.DriftIgnore
		}
		answers := ask.Status(ctx, l.cfg.Hosts, l.hosts, drift)
		status := inspect.Judge(l.head(), answers, inspect.Rules{Lease: cmp.Or(a.env.Lease, fleetlock.Lease)})
		l.safe(&status)
		if err := l.print(status, func() []string { return show.Status(status) }); err != nil {
			return err
		}
		l.options.Log.Annotate(show.Annotations(status)...)
		code := show.ExitCode(status)
		if err := errors.Join(
			l.options.Files.AppendSummary(show.Summary(status)),
			l.give(
				"outcome", string(status.State), "release", string(status.Release), "url", status.URL, "exit_code", strconv.Itoa(code),
				"result", show.StatusOutput(status),
			),
		); err != nil {
			return err
		}
		if code == deploy.ExitDone || code == deploy.ExitChanges && l.run.Platform != "" {
			return nil
		}
		return exit(code)
	})
}

// Help is the end of the command's help.
func (*statusCmd) Help() string {
	return `Exit 10, but in CI: the fleet is split, drifted or half done. Exit 1: a host could not be asked.

Examples:

  slipway status -e production

  slipway status -e production --drift --json`
}
