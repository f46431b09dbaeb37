package app

import (
	"context"
	"strings"

	"slipway/internal/deploy"
	"slipway/internal/fleet"
)

type unholdCmd struct {
	inputs
}

// Run lets deployments through again.
func (c *unholdCmd) Run(ctx context.Context, a *app) error {
	return a.onHosts(ctx, c.Inputs, func(s *session, hosts *fleet.Fleet) error {
		if err := s.ownPaths(hosts, s.cfg.Hosts); err != nil {
			return err
		}
		names := deploy.HostNames(s.cfg.Hosts)
		was, err := hosts.Unhold(ctx, names)
		if err != nil {
			return err
		}
		text := "no hold any more: %s"
		if was == nil {
			text = "there was no hold: %s"
		}
		s.say(text, strings.Join(names, " "))
		return nil
	})
}
