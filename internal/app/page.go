package app

import (
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/config"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/fleetlock"
	"github.com/slipway/slipway/internal/inspect"
	"github.com/slipway/slipway/internal/inspect/ask"
	"github.com/slipway/slipway/internal/inspect/page"
)

// writePage writes the history as a page: of the environment that is meant, or where none is, of all that the deploy file has.
func (c *historyCmd) writePage(ctx context.Context, a *app) error {
	commits, err := c.commits(a)
	if err != nil {
		return a.newConsole(c.Inputs).refuse(problems(err, deploy.InInput("commits", 0, 0)))
	}
	names := []string{c.Environment}
	if all := config.Environments(c.Inputs, a.env.Files()); c.Environment == "" && len(all) > 0 {
		names = all
	}
	var environments []page.Environment
	for _, name := range names {
		in := c.Inputs
		in.Environment = name
		if err := a.look(ctx, in, c.looks, func(ctx context.Context, l look) error {
			answers, plans := ask.Past(ctx, l.cfg.Hosts, l.hosts)
			e := page.Environment{
				History: inspect.Merge(l.head(), answers, plans, l.cfg.Provenance),
				Status:  inspect.Judge(l.head(), answers, inspect.Rules{Lease: cmp.Or(a.env.Lease, fleetlock.Lease)}),
			}
			l.safe(&e.History)
			l.safe(&e.Status)
			environments = append(environments, e)
			return silent(answers)
		}); err != nil {
			return err
		}
	}
	if err := replace(a.path(c.HTML), func(file *os.File) error { return page.Write(file, environments, commits) }); err != nil {
		return err
	}
	a.newConsole(c.Inputs).say("%s", deploy.Joined(": ", "wrote "+c.HTML, strings.Join(names, ", ")))
	return nil
}

// commits are the times of the commits that the flag's file lists.
func (c *historyCmd) commits(a *app) (map[string]time.Time, error) {
	if c.Commits == "" {
		return nil, nil
	}
	text, err := os.ReadFile(a.path(c.Commits))
	if err != nil {
		return nil, err
	}
	return page.Commits(string(text))
}

// replace writes a file beside its place and renames it in, so that a reader never sees half of it.
func replace(name string, write func(*os.File) error) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(name), ".slipway-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }()
	if err := errors.Join(write(file), file.Chmod(0o644), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), name)
}
