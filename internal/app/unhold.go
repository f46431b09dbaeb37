package app

import (
	"context"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/fleet"
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
		text := "no hold any more: %s"
		if was == nil {
			text = "there was no hold: %s"
		}
		done, not := apart(names, err)
		if len(done) > 0 {
			s.say(text, strings.Join(done, " "))
		}
		if len(not) > 0 {
			s.say("nothing was done, and a hold stays where there is one: %s", strings.Join(not, " "))
		}
		return err
	})
}
