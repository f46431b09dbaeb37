package app

import "context"

type pruneCmd struct {
	inputs
}

// Run deletes the releases that the fleet does not keep, as the finish of a deployment does.
func (c *pruneCmd) Run(ctx context.Context, a *app) error { return a.deployment(ctx, c.Inputs) }

// Help is the end of the command's help.
func (*pruneCmd) Help() string {
	return `Never deleted are what is live on any host, what it would go back to, and what a deployment that did not end needs.

Example:

  slipway prune -e production --keep 2`
}
