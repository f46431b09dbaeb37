package app

import (
	"context"
	"strings"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/fleet"
)

type holdCmd struct {
	inputs
}

// Run makes every deployment to the hosts end with exit 5, until unhold.
func (c *holdCmd) Run(ctx context.Context, a *app) error {
	return a.onHosts(ctx, c.Inputs, func(s *session, hosts *fleet.Fleet) error {
		if err := s.ownPaths(hosts, s.cfg.Hosts); err != nil {
			return err
		}
		names := deploy.HostNames(s.cfg.Hosts)
		note := deploy.Hold{Reason: c.Reason, Actor: a.actor(s.run), At: time.Now().UTC()}
		if err := hosts.Hold(ctx, names, note); err != nil {
			return err
		}
		s.say("on hold: %s: %s", strings.Join(names, " "), c.Reason)
		return nil
	})
}
