package app

import (
	"context"
	"fmt"
	"slices"

	"slipway/internal/ci"
	"slipway/internal/config"
	"slipway/internal/deploy"
	"slipway/internal/fleet"
	"slipway/internal/release/survey"
	"slipway/internal/stepper"
	"slipway/internal/transport/pool"
	"slipway/internal/transport/ssh"
)

type resolveCmd struct {
	ci.Inputs
	Deployment string `name:"deployment" required:"" help:"ID of the deployment, as the failed run printed it."`
	Host       string `name:"host" required:"" help:"The host that the step ran on."`
	Step       string `name:"step" required:"" help:"Name of the step."`
	Decision   string `arg:"" enum:"done,rerun" help:"done: it did what it should; rerun: let it run again."`
}

// resolve writes down what a person found out about a step whose end nobody saw.
func (a *app) resolve(ctx context.Context, in ci.Inputs, c resolveCmd) error {
	d := a.newDesk(in)
	cfg, err := config.Load(in, a.env.Files(), a.environment(d.run))
	if err != nil {
		return d.refuse(err)
	}
	at := slices.IndexFunc(cfg.Hosts, func(h deploy.Host) bool { return h.Name == c.Host })
	if at < 0 {
		return d.refuse(fmt.Errorf("no host is named %s; there are %v", c.Host, deploy.HostNames(cfg.Hosts)))
	}
	dialer, err := ssh.NewDialer(login(cfg))
	if err != nil {
		return d.refuse(err)
	}
	defer func() { _ = dialer.Close() }()
	id := deploy.DeploymentID(c.Deployment)
	gathered := fleet.Gather(ctx, pool.New(dialer, cfg.Rollout.MaxParallel), cfg.Hosts[at:at+1], survey.Question{Deployment: id})
	defer func() { _ = gathered.Close() }()
	if err := stepper.Decide(ctx, gathered, c.Host, id, c.Step, c.Decision); err != nil {
		return err
	}
	next := "the job can be re-run: it keeps the step as done"
	if c.Decision == "rerun" {
		next = "the job can be re-run: it runs the step again"
	}
	_, err = fmt.Fprintf(a.env.Stdout, "%s on %s: %s; %s\n", c.Step, c.Host, c.Decision, next)
	return err
}
