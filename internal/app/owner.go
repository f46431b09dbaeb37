package app

import (
	"cmp"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/fleet"
)

// ownPaths refuses hosts whose deploy path belongs to another application, as a deployment does. A command that does not say
// whose it is, of no application or no environment, is let through: a person must get at a host with its address alone.
func (s *session) ownPaths(hosts *fleet.Fleet, of []deploy.Host) error {
	var errs deploy.Errors
	for _, h := range of {
		owner := hosts.On(h.Name).Facts.Owner
		own := deploy.Owner{App: cmp.Or(s.cfg.App, owner.App), Environment: cmp.Or(s.cfg.Environment, owner.Environment)}
		if err := owner.Refuse(h.DeployPath, own, s.cfg.ReplaceApp); err != nil && !h.NoRelease {
			errs = append(errs, deploy.OnHost(h.Name, "", "", err))
		}
	}
	if len(errs) == 0 {
		return nil
	}
	return errs
}
