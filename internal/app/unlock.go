package app

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"slipway/internal/ci"
	"slipway/internal/deploy"
	"slipway/internal/fleet"
	"slipway/internal/release/lock"
)

type unlockCmd struct {
	ci.Inputs
	Force bool `name:"force" help:"Take the lock from an owner that may be alive: what that still sends is refused."`
}

// unlock says who holds the hosts, and gives back what nobody alive holds.
func (a *app) unlock(ctx context.Context, in ci.Inputs, c unlockCmd) error {
	return a.reach(ctx, in, func(r *reached) error {
		locks, unreachable := r.fleet.Locks(r.hosts)
		width := r.hostWidth()
		for _, l := range locks {
			r.say("%-*s  %s", width, l.Host, lockLine(l.State))
		}
		held := slices.DeleteFunc(slices.Clone(locks), func(l fleet.LockOn) bool { return l.State.Free() })
		if len(held) == 0 {
			return unreachable
		}
		if !c.Force {
			if err := a.refuseLiving(ctx, r, held); err != nil {
				return errors.Join(err, unreachable)
			}
		}
		if err := r.fleet.Unlock(ctx, held); err != nil {
			return errors.Join(err, unreachable)
		}
		r.say("unlocked %s", hostList(held))
		return unreachable
	})
}

// refuseLiving ends the command when any owner gives a sign of life.
func (a *app) refuseLiving(ctx context.Context, r *reached, held []fleet.LockOn) error {
	r.say("looking for a sign of life: up to a minute and a half")
	living, err := r.fleet.Living(ctx, held, a.env.Lease)
	if err != nil {
		return err
	}
	if len(living) == 0 {
		return nil
	}
	r.say("REFUSED: the owner on %s is alive: %s", hostList(living), lock.Who(living[0].State.Owner, time.Now()))
	r.say("         cancel that run, or take the lock from it: `slipway unlock --force`")
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
