package app

import "context"

type joinCmd struct {
	inputs
}

// Run brings the release that the other hosts run to those that lack it.
func (c *joinCmd) Run(ctx context.Context, a *app) error { return a.deployment(ctx, c.Inputs) }
