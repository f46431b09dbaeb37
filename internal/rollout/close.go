package rollout

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/fanout"
	"github.com/slipway/slipway/internal/plan"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/journal"
)

// closing writes down on a host of a deployment that stands that it is over, and gives the lock back, in the command that does the last
// thing there: that saves a round trip. Where this does not come to its end, close does it.
func (r *run) closing(ctx context.Context, h plan.Host, last release.Operation) error {
	there := r.fleet.On(h.Name)
	end := journal.End(there.Site(), r.plan.Deployment, string(deploy.OutcomeActivated), nil)
	closed, err := r.locks.ReleaseWith(ctx, h.Name, release.Then(last, end), func(op release.Operation) error { return there.Do(ctx, op) })
	if closed {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.closed[h.Name] = true
	}
	return err
}

// close writes down on every host that the deployment is over, and gives the lock back, where that is still to be done. Where a step was left to finish, the lock is
// free a lease after the step's end. The journal of what needs mending stays open, for the next deployment to find.
func (r *run) close(ctx context.Context, s *stop) {
	if r.locks == nil {
		return
	}
	limit := closeTimeout
	if cancelled(ctx) {
		limit = hastyTimeout
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	outcome, over := deploy.OutcomeActivated, r.opened && !r.leavesOpen(s)
	if r.plan.Upkeep() {
		outcome = deploy.OutcomeDone
	}
	if s != nil {
		outcome = s.outcome
	}
	open := slices.DeleteFunc(slices.Clone(r.owned), func(h plan.Host) bool { return r.closed[h.Name] })
	left := fanout.Failures(open, func(h plan.Host) *deploy.Error {
		if r.fleet.On(h.Name).Away() {
			return deploy.OnHost(h.Name, deploy.Finish, "", errAway)
		}
		defer r.fleet.On(h.Name).Lease(ctx)()
		var err error
		if over {
			err = r.closeJournal(ctx, s, h, outcome)
		} else {
			err = r.locks.Release(ctx, h.Name)
		}
		return deploy.OnHost(h.Name, deploy.Finish, "", err)
	})
	r.warnNotClosed(left)
}

// closeJournal writes down on a host how the deployment ended, and gives its lock back. Where it failed before it switched anything, and
// finds `current` changed, it says so: "nothing changed" is not so.
func (r *run) closeJournal(ctx context.Context, s *stop, h plan.Host, outcome deploy.Outcome) error {
	outcome, ok := r.ownOutcome(h, outcome)
	if !ok {
		return r.locks.Release(ctx, h.Name)
	}
	there := r.fleet.On(h.Name)
	before := there.Facts.CurrentTarget
	now := before
	var current *string
	if !h.NoRelease && s != nil && s.outcome != deploy.OutcomeActivated && (s.phase == deploy.Prepare || s.phase == deploy.Migrate) {
		current = &now
	}
	end := journal.End(there.Site(), r.plan.Deployment, string(outcome), current)
	err := r.locks.ReleaseAfter(ctx, h.Name, end, func(op release.Operation) error { return there.Do(ctx, op) })
	if err == nil && now != before {
		r.warnTurned(h, before, now)
	}
	return err
}

func (r *run) warnTurned(h plan.Host, before, current string) {
	r.rec.Warn(fmt.Sprintf("%s: current names %s now, and named %s before: a step changed it, or somebody by hand", h.Name,
		cmp.Or(current, "nothing"), cmp.Or(before, "nothing")))
}

// warnNotClosed names the hosts on which the end of the deployment could not be written down, or the lock not given back.
func (r *run) warnNotClosed(left deploy.Errors) {
	var full []string
	var others deploy.Errors
	for _, err := range left {
		if errors.Is(err, release.ErrNoSpace) {
			full = append(full, err.Host)
		} else {
			others = append(others, err)
		}
	}
	if len(full) > 0 {
		r.rec.Warn("no space is left on " + strings.Join(full, ", ") + ", not even to write down that this deployment is over: " +
			"its lock may stay for a minute or two, and the next deployment sees what was done")
	}
	if len(others) > 0 {
		r.rec.Warn("the end of this deployment is not written down, or the lock not given back: " + few(others) +
			"; the lock is free in a minute or two, and the next deployment sees what was done")
	}
}

// leavesOpen reports whether the journals are to say that something is half done: a person, the job's clean-up or the next
// deployment has to reconcile it.
func (r *run) leavesOpen(s *stop) bool {
	switch {
	case s == nil:
		return false
	case s.outcome == deploy.OutcomePerson:
		return true
	case r.plan.Shard.IsPart():
		return false
	case s.outcome == deploy.OutcomeCancelled && s.phase == deploy.Activate:
		return true
	case s.outcome == deploy.OutcomeCancelled && len(r.ensured.Names()) > 0:
		return !r.opts.UnwindOnCancel
	case s.phase == deploy.Activate:
		return false
	}
	// An earlier attempt left it half done, and this one ended before it got there.
	return s.phase != deploy.Finish && slices.ContainsFunc(r.owned, func(h plan.Host) bool {
		return h.Facts.Own != nil && h.Facts.Own.Outcome == "" && len(h.Facts.Own.Live) > 0
	})
}

// The CI kills a cancelled run after about ten seconds. Until then it has grace to end what runs on its hosts, and after that
// hastyTimeout to give the locks back. A run that was not cancelled has closeTimeout for the locks.
const (
	grace        = 5 * time.Second
	hastyTimeout = 2 * time.Second
	closeTimeout = time.Minute
)

var errAway = errors.New("it is still away")

// few says errors in a line: the first three, and how many more.
func few(errs deploy.Errors) string {
	const most = 3
	var lines []string
	for _, err := range errs[:min(len(errs), most)] {
		lines = append(lines, err.Error())
	}
	if more := len(errs) - most; more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more hosts", more))
	}
	return strings.Join(lines, "; ")
}

// over notes when the run's context ended.
func (r *run) over() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = time.Now()
}

// parting is the context for what a run still does on its hosts after its own context has ended.
func (r *run) parting(ctx context.Context) (context.Context, context.CancelFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return context.WithDeadline(context.WithoutCancel(ctx), cmp.Or(r.ended, time.Now()).Add(grace))
}
