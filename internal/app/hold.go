package app

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/fleet"
)

// apart are the hosts on which something was done, and those of an error, on which it was not.
func apart(names []string, err error) (done, not []string) {
	var failed deploy.Errors
	errors.As(err, &failed)
	for _, name := range names {
		if slices.ContainsFunc(failed, func(e *deploy.Error) bool { return e.Host == name }) {
			not = append(not, name)
		} else {
			done = append(done, name)
		}
	}
	return done, not
}

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
		err := hosts.Hold(ctx, names, note)
		done, not := apart(names, err)
		if len(done) > 0 {
			s.say("on hold: %s: %s", strings.Join(done, " "), c.Reason)
		}
		if len(not) > 0 {
			s.say("not put on hold, and deployments go on there: %s", strings.Join(not, " "))
		}
		return err
	})
}
