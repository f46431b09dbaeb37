package app

import (
	"context"
	"errors"

	"github.com/slipway/slipway/internal/inspect"
	"github.com/slipway/slipway/internal/inspect/ask"
	"github.com/slipway/slipway/internal/inspect/show"
)

type historyCmd struct {
	inputs
	looks
	HTML    string `name:"html" of:"history" placeholder:"FILE" help:"Write a page of it: docs/deploy-page.md."`
	Commits string `name:"commits" of:"history" placeholder:"FILE" help:"For the page: commits and their times, as git log --format='%H %cI' prints them."`
}

// Run says what was deployed, by whom and how it ended, and where a rollback goes.
func (c *historyCmd) Run(ctx context.Context, a *app) error {
	if c.HTML != "" {
		return c.writePage(ctx, a)
	}
	return a.look(ctx, c.Inputs, c.looks, func(ctx context.Context, l look) error {
		answers, plans := ask.Past(ctx, l.cfg.Hosts, l.hosts)
		if err := silent(answers); err != nil {
			return err
		}
		history := inspect.Merge(l.head(), answers, plans, l.cfg.Provenance)
		l.safe(&history)
		if err := l.print(history, func() []string { return show.History(history) }); err != nil {
			return err
		}
		return errors.Join(l.options.Files.AppendSummary(show.HistorySummary(history)), l.give("url", history.URL, "result", show.HistoryOutput(history)))
	})
}
