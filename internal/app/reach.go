package app

import (
	"context"
	"fmt"

	"slipway/internal/ci"
	"slipway/internal/config"
	"slipway/internal/deploy"
	"slipway/internal/fleet"
	"slipway/internal/release/survey"
	"slipway/internal/transport/pool"
	"slipway/internal/transport/ssh"
)

// reached are the hosts of a command that deploys nothing.
type reached struct {
	*desk
	hosts []string // their names, as in the deploy file
	fleet *fleet.Fleet
}

// reach connects to the hosts that the inputs and the deploy file name, and does something with them.
func (a *app) reach(ctx context.Context, in ci.Inputs, do func(*reached) error) error {
	d := a.newDesk(in)
	cfg, err := config.Load(in, a.env.Files(), a.environment(d.run))
	if err != nil {
		return d.refuse(err)
	}
	dialer, err := ssh.NewDialer(login(cfg))
	if err != nil {
		return d.refuse(err)
	}
	defer func() { _ = dialer.Close() }()
	gathered := fleet.Gather(ctx, pool.New(dialer, cfg.Rollout.MaxParallel), cfg.Hosts, survey.Question{})
	defer func() { _ = gathered.Close() }()
	return do(&reached{desk: d, hosts: deploy.HostNames(cfg.Hosts), fleet: gathered})
}

func (r *reached) hostWidth() int {
	most := 0
	for _, name := range r.hosts {
		most = max(most, len(name))
	}
	return most
}

// say prints a line that may hold what a host said.
func (d *desk) say(format string, args ...any) {
	line := d.redactor.String(ci.Clean(fmt.Sprintf(format, args...)))
	if d.options.Commands != nil {
		d.options.Commands.Print(line)
		return
	}
	fmt.Fprintln(d.options.Out, line)
}
