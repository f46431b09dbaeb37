package rollout

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/fleetlock"
	"github.com/slipway/slipway/internal/plan"
	"github.com/slipway/slipway/internal/release/lock"
)

// lock takes the lock on every host, or waits for it. From then on every command on a host is refused there once another
// owner has the lock, and the run's context ends. changed says that somebody else may have changed the hosts since they were
// asked for their facts.
func (r *run) lock(ctx context.Context) (changed bool, s *stop) {
	command := r.plan.Command
	if r.plan.Reconcile {
		command = fleetlock.PostCommand
	}
	request := fleetlock.Request{
		Owner: deploy.LockOwner{
			Deployment: r.plan.Deployment, Attempt: max(1, r.plan.Attempt), Command: command, Shard: r.plan.Shard.String(), Actor: r.plan.Actor, RunURL: r.plan.RunURL,
			Since: time.Now().UTC(), Token: rand.Text(),
		},
		Wait: r.opts.LockWait, Lease: r.opts.Lease, Environment: r.plan.Environment, Note: r.rec.Notice,
	}
	for _, h := range r.schedule.Hosts {
		request.Wants = append(request.Wants, fleetlock.Want{
			Host: h.Name, Conn: r.fleet.On(h.Name).Conn(), Site: r.fleet.On(h.Name).Site(), Path: h.Facts.PathID(h.DeployPath), Seen: h.Facts.Lock,
		})
	}
	locks, err := fleetlock.Acquire(ctx, request)
	if err != nil {
		s := r.stopped(ctx, deploy.Preflight, "", deploy.ExitFailed, asErrors(err, deploy.Preflight), nextFixed)
		if errors.Is(err, lock.ErrTaken) || errors.Is(err, lock.ErrFenced) {
			s.exit, s.next = deploy.ExitLocked, nextOther
			if r.plan.Reconcile {
				r.rec.Notice("nothing is reconciled here, since " + s.errs[0].Cause.Error() + ". That one does so before anything else")
				s = &stop{outcome: deploy.OutcomeReconciled, exit: deploy.ExitDone}
			}
		}
		return false, s
	}
	r.locks, r.owned = locks, r.schedule.Hosts
	for _, h := range r.schedule.Hosts {
		r.fleet.On(h.Name).Fence(locks.Conn(h.Name))
	}
	locks.OnLost(r.cancel)
	return locks.Changed(), nil
}

// keepMigrating keeps the lock on hosts where a step of migrate from an earlier attempt still runs, and names them. Nobody else may
// start there until it has ended. It goes by the facts of preflight, so it is for runs that end there.
func (r *run) keepMigrating() (hosts []string) {
	if r.locks == nil {
		return nil
	}
	for _, h := range r.schedule.Hosts {
		if h.Facts.Own != nil && plan.Migrates(*h.Facts.Own) {
			r.locks.Leave(h.Name)
			hosts = append(hosts, h.Name)
		}
	}
	return hosts
}

// generation is the generation of a host's lock that this deployment owns; 0 is none.
func (r *run) generation(host string) int {
	if r.locks == nil {
		return 0
	}
	return r.locks.Generation(host)
}
