package rollout

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/release/lock"
)

// lock takes the lock on every host, or waits for it. From then on every command on a host is refused there once another
// owner has the lock, and the run's context ends. changed tells that somebody else may have changed the hosts since they were
// asked for their facts.
func (r *run) lock(ctx context.Context) (changed bool, s *stop) {
	command := r.Command
	if r.opts.Mend {
		command = postCommand
	}
	request := lockRequest{
		owner: deploy.LockOwner{
			Deployment: r.Deployment, Attempt: max(1, r.Attempt), Command: command, Actor: r.Actor, RunURL: r.RunURL,
			Since: time.Now().UTC(), Token: rand.Text(),
		},
		wait: r.opts.LockWait, lease: r.opts.Lease, environment: r.Environment, note: r.rec.notice,
	}
	for _, h := range r.Hosts {
		request.wants = append(request.wants, lockWant{
			host: h.Name, conn: r.fleet.conn(h.Name), site: r.fleet.site(h.Name), id: h.Facts.ID, seen: h.Facts.Lock,
		})
	}
	locks, err := acquire(ctx, request)
	if err != nil {
		s := r.stopped(ctx, deploy.Preflight, "", deploy.ExitFailed, asErrors(err, deploy.Preflight))
		if errors.Is(err, lock.ErrTaken) || errors.Is(err, lock.ErrFenced) {
			s.exit = deploy.ExitLocked
		}
		return false, s
	}
	r.locks = locks
	for _, h := range r.Hosts {
		r.fleet.members[h.Name].fenced = locks.conn(h.Name)
	}
	context.AfterFunc(locks.lost, func() { r.cancel(context.Cause(locks.lost)) }) //nolint:contextcheck // the lock's own
	return locks.changed(), nil
}

// leaveRunning keeps the lock on hosts where a step of migrate still runs that an earlier attempt, which was killed or
// cancelled, began: nobody else may start until it has ended. The facts are of preflight, so this is for what goes no further.
func (r *run) leaveRunning() {
	if r.locks == nil {
		return
	}
	for _, h := range r.Hosts {
		if h.Facts.Own != nil && slices.ContainsFunc(h.Facts.Own.Steps, migrating) {
			r.locks.leave(h.Name)
		}
	}
}

func migrating(try deploy.StepFacts) bool {
	phase, _ := stepKey(try.Folder)
	return try.Running && phase == string(deploy.Migrate)
}

// unlock gives the lock back on every host, but those on which a step was left to finish: there it is free a lease after the
// step's end.
func (r *run) unlock(ctx context.Context) {
	if r.locks == nil {
		return
	}
	if err := r.locks.release(ctx); err != nil {
		r.rec.warn("the lock is not given back everywhere, and is free in a minute or two: " + err.Error())
	}
}

// generation is the generation of a host's lock that this deployment owns; 0 is none.
func (r *run) generation(host string) int {
	if r.locks == nil {
		return 0
	}
	return r.locks.of(host).generation
}
