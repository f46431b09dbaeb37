package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/fleet"
	"github.com/slipway/slipway/internal/release/lock"
)

type unlockCmd struct {
	inputs
	Force bool `name:"force" help:"Take the lock from an owner that may be alive: what that still sends is refused."`
}

// Run says who holds the hosts, and gives back what nobody alive holds.
func (c *unlockCmd) Run(ctx context.Context, a *app) error {
	return a.onHosts(ctx, c.Inputs, func(s *session, hosts *fleet.Fleet) error {
		locks, unreachable := hosts.Locks(deploy.HostNames(s.cfg.Hosts))
		width := 0
		for _, l := range locks {
			width = max(width, len(l.Host))
		}
		for _, l := range locks {
			s.say("%-*s  %s", width, l.Host, lockLine(l.State))
		}
		if err := s.ownPaths(hosts, s.cfg.Hosts); err != nil {
			return errors.Join(err, unreachable)
		}
		held := slices.DeleteFunc(slices.Clone(locks), func(l fleet.LockOn) bool { return l.State.Free() })
		if len(held) == 0 {
			return unreachable
		}
		if !c.Force {
			if err := a.refuseLiving(ctx, s, hosts, held); err != nil {
				return errors.Join(err, unreachable)
			}
		}
		if err := hosts.Unlock(ctx, held); err != nil {
			return errors.Join(err, unreachable)
		}
		s.say("unlocked %s", hostList(held))
		return unreachable
	})
}

// refuseLiving ends the command when any owner gives a sign of life.
func (a *app) refuseLiving(ctx context.Context, s *session, hosts *fleet.Fleet, held []fleet.LockOn) error {
	s.say("looking for a sign of life: up to a minute and a half")
	living, err := hosts.Living(ctx, held, a.env.Lease)
	if err != nil {
		return err
	}
	if len(living) == 0 {
		return nil
	}
	s.refused(deploy.ExitLocked, fmt.Sprintf("the owner on %s is alive: %s", hostList(living), lock.Who(living[0].State.Owner, time.Now())),
		"cancel that run, or take the lock from it: `"+deploy.Joined(" -e ", "slipway unlock --force", s.cfg.Environment)+"`")
	return exit(deploy.ExitLocked)
}

func lockLine(state deploy.LockState) string {
	if state.Free() {
		return "free"
	}
	return "locked by " + lock.Who(state.Owner, time.Now())
}

func hostList(locks []fleet.LockOn) string {
	names := make([]string, len(locks))
	for i, l := range locks {
		names[i] = l.Host
	}
	return strings.Join(names, " ")
}
