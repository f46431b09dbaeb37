package app

import (
	"context"

	"al.essio.dev/pkg/shellescape"
)

type execCmd struct {
	inputs
	Args []string `name:"run" arg:"rest" help:"The command, after --: one word is a script for sh -eu, several are a program and its arguments."`
}

// Run runs one command on hosts.
func (c *execCmd) Run(ctx context.Context, a *app) error {
	in := c.Inputs
	in.Run = a.given.Run
	switch len(c.Args) {
	case 0:
	case 1:
		in.Run = c.Args[0]
	default:
		in.Run = shellescape.QuoteCommand(c.Args)
	}
	return a.deployment(ctx, in)
}

// Help is the end of the command's help.
func (*execCmd) Help() string {
	return `It runs in current, with the variables of a step, and those secrets that are given. It ends with 1 where it fails on a host.

Examples:

  slipway exec -e production --role web -- venv/bin/python manage.py clearsessions

  slipway exec -e production --host web1 -- 'df -h . | tail -n 1'`
}
