package app

import "context"

type rollbackCmd struct {
	inputs
}

// Run activates an earlier release that the hosts keep.
func (c *rollbackCmd) Run(ctx context.Context, a *app) error { return a.deployment(ctx, c.Inputs) }

// Help is the end of the command's help.
func (*rollbackCmd) Help() string {
	return `Examples:

  slipway rollback -e production

  slipway rollback -e production --to 77aa001`
}
