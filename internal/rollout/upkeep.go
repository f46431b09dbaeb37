package rollout

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/plan"
	"github.com/slipway/slipway/internal/recorder"
	"github.com/slipway/slipway/internal/release/survey"
	"github.com/slipway/slipway/internal/stepper"
)

// upkeep is a run that activates nothing: the hosts are its own, and it does its one thing on them.
func (r *run) upkeep(ctx context.Context) *stop {
	if r.schedule.Exec != nil {
		return r.exec(ctx)
	}
	return r.pruneNow(ctx)
}

// exec runs the one command on all its hosts at once. A host on which it succeeded in an earlier attempt keeps that.
func (r *run) exec(ctx context.Context) *stop {
	r.sayOnHold()
	done := r.rec.Phase(deploy.Exec)
	step := r.rec.Step(r.schedule.Exec.Name, *r.schedule.Exec, deploy.HostNames(r.plan.Targets))
	errs := step.OnHosts(func(host string) deploy.Span {
		defer r.fleet.On(host).Lease(ctx)()
		s, vars := r.schedule.ExecOn(r.host(host))
		return r.steps.Step(ctx, host, s, stepper.Scene{Vars: vars}, step.Begin)
	})
	done(len(errs) == 0)
	if len(errs) == 0 {
		return nil
	}
	return r.stopped(ctx, deploy.Exec, r.schedule.Exec.Name, deploy.ExitFailed, errs,
		deploy.Next{Text: `see what it did there; "Re-run failed jobs" runs it again where it failed, and nowhere else`})
}

// sayOnHold says of each hold once that it keeps nothing out, and of which hosts where these are not all.
func (r *run) sayOnHold() {
	var holds []string
	hosts := map[string][]string{}
	for _, err := range r.schedule.OnHold() {
		hold := err.Cause.Error()
		if hosts[hold] == nil {
			holds = append(holds, hold)
		}
		hosts[hold] = append(hosts[hold], err.Host)
	}
	for _, hold := range holds {
		where := ""
		if len(hosts[hold]) < len(r.schedule.Hosts) {
			where = strings.Join(hosts[hold], " ") + ": "
		}
		r.rec.Notice(where + hold + "; the command runs all the same")
	}
}

// leaveDead says which deployments died on the hosts. What they left half done is the next deployment's to mend: that takes their
// restarts and secrets, and what they need is kept.
func (r *run) leaveDead() {
	for _, dead := range r.schedule.Dead(false) {
		if dead.HalfDone() {
			r.rec.Warn(fmt.Sprintf("deployment %s died half way: it stays as it is, and the next deployment mends it", dead.ID))
		}
	}
}

// pruneNow deletes what the fleet does not keep, and says of each host what that was and how much room it made.
func (r *run) pruneNow(ctx context.Context) *stop {
	done := r.rec.Phase(deploy.Finish)
	keep := r.schedule.KeepNow()
	hosts := deploy.HostNames(r.plan.Targets)
	step := r.rec.Step(recorder.Prune, deploy.Step{Phase: deploy.Finish}, hosts)
	errs := step.OnHosts(func(host string) deploy.Span {
		step.Begin()
		return r.pruneAndTell(ctx, r.host(host), keep)
	})
	done(len(errs) == 0)
	if len(errs) == 0 {
		return nil
	}
	return r.stopped(ctx, deploy.Finish, recorder.Prune, deploy.ExitFailed, errs, deploy.Next{Text: "see what could not be deleted, then prune again"})
}

func (r *run) pruneAndTell(ctx context.Context, h plan.Host, keep []deploy.ReleaseID) deploy.Span {
	there := r.fleet.On(h.Name)
	defer there.Lease(ctx)()
	start := time.Now()
	if err := there.Do(ctx, survey.Measure(there.Site(), &there.Facts)); err != nil {
		r.rec.Warn("what its releases take could not be measured: " + err.Error())
	}
	p := r.pruneHost(ctx, h, pruning{phase: deploy.Finish, keep: func(plan.Host) []deploy.ReleaseID { return keep }, do: r.do})
	var room int64
	for _, id := range p.removed {
		known, _ := there.Facts.Release(id)
		room += known.Size.Bytes
		r.opts.Emit(deploy.Output{Phase: deploy.Finish, Step: recorder.Prune, Host: h.Name, Line: fmt.Sprintf("removed %s, %s", id, deploy.Size(known.Size.Bytes))})
	}
	if p.err == nil {
		room += there.Facts.Left.Bytes
	}
	switch n := len(p.removed); {
	case n == 0 && room == 0:
		p.span.Note = deploy.NoteOf("nothing")
	case n == 1:
		p.span.Note = deploy.NoteOf("1 release, " + deploy.Size(room))
	default:
		p.span.Note = deploy.NoteOf(fmt.Sprintf("%d releases, %s", n, deploy.Size(room)))
	}
	p.span.Start, p.span.Duration = start, time.Since(start)
	if p.err != nil {
		p.span.Outcome, p.span.Err = deploy.Failed, p.err
	}
	return p.span
}
