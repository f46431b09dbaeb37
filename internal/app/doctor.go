package app

import (
	"context"
	"fmt"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/doctor"
	"github.com/slipway/slipway/internal/fleet"
	"github.com/slipway/slipway/internal/report"
)

type doctorCmd struct {
	inputs
	JSON bool `name:"json" group:"policy" help:"Print everything that was looked at as JSON, and nothing else."`
}

// Run says what preflight would refuse or warn of, on all hosts at once, and how to mend it.
func (c *doctorCmd) Run(ctx context.Context, a *app) error {
	console := a.newConsole(c.Inputs)
	if c.JSON { // it has standard output for itself
		console.options.Log, console.options.Terminal = ci.NewPlain(a.env.Stderr), nil
	}
	return a.onHostsOf(ctx, console, c.Inputs, func(s *session, hosts *fleet.Fleet) error {
		p, err := madeUp(s.cfg)
		if err != nil {
			return s.refuse(err)
		}
		p.Version = version()
		findings := report.Findings{Header: p.Header, Found: doctor.Examine(ctx, p, hosts)}
		if c.JSON {
			if _, err := fmt.Fprintln(a.env.Stdout, findings.JSON(s.options)); err != nil {
				return err
			}
		} else if err := findings.Report(s.options); err != nil {
			return a.reportFailed(deploy.Result{ExitCode: findings.ExitCode()}, err)
		}
		if code := findings.ExitCode(); code != deploy.ExitDone {
			return exit(code)
		}
		return nil
	})
}

// Help is the end of the command's help.
func (*doctorCmd) Help() string {
	return `It ends with 1 where a deployment would be refused, and with 0 where there are only warnings.

Example:

  slipway doctor -e production`
}
