package rollout

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/distribution"
	"github.com/slipway/slipway/internal/fanout"
	"github.com/slipway/slipway/internal/plan"
	"github.com/slipway/slipway/internal/recorder"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/stage"
	"github.com/slipway/slipway/internal/release/step"
)

// prepare brings the release to every host and runs the steps that touch nothing live. Hosts do not wait for each other. When one
// fails, the others still finish that step, so that every failure of it is reported, and start no later one.
func (r *run) prepare(ctx context.Context) *stop {
	hosts := r.schedule.ToPrepare()
	if r.plan.Rollback() && len(hosts) == 0 {
		return nil
	}
	done := r.rec.Phase(deploy.Prepare)
	blocks, errs := r.storedBlocks(ctx, hosts)
	if len(errs) > 0 {
		done(false)
		return r.stopped(ctx, deploy.Prepare, "", deploy.ExitFailed, errs, nextChosen)
	}
	r.blocks = blocks
	r.makeRoom(ctx)
	if r.delivery != nil {
		r.delivery.Schedule = r.schedule // what was mended since the journals were opened may have changed it
		r.delivery.Look(ctx, hosts)
	}
	steps := r.prepareSteps(hosts)
	var failedAt atomic.Int64
	failedAt.Store(int64(len(steps)))
	fanout.Each(hosts, func(h plan.Host) { r.prepareHost(ctx, h, steps, &failedAt) })
	r.warnUnlisted(hosts)
	for _, step := range steps {
		if step.products != nil {
			step.products.Close()
		}
	}
	for _, step := range steps {
		if errs := r.budget.uncovered(step.record.Errors()); len(errs) > 0 {
			done(false)
			kept := map[deploy.Next]deploy.Next{nextContent: nextContent, nextHost: nextHostKept, nextUnknown: nextUnknownKept}
			return r.stopped(ctx, deploy.Prepare, step.record.Name(), deploy.ExitFailed, errs, kept[next(errs, step.record.Succeeded())])
		}
	}
	if errs := r.emptied(hosts); len(errs) > 0 {
		done(false)
		return r.stopped(ctx, deploy.Prepare, "", deploy.ExitFailed, errs, next(errs, false))
	}
	done(ctx.Err() == nil)
	r.goOnWithoutMissing()
	if ctx.Err() != nil {
		return r.stopped(ctx, deploy.Prepare, "", deploy.ExitFailed, asErrors(context.Cause(ctx), deploy.Prepare), nextFixed)
	}
	return nil
}

// prepareStep is one step of prepare on all its hosts: the upload, which is the first, or one of the plan's.
type prepareStep struct {
	deploy.Step
	record   *recorder.Step
	products *distribution.Distribution // nil where it produces nothing for other hosts
}

func (r *run) prepareSteps(hosts []plan.Host) []prepareStep {
	names := make([]string, len(hosts))
	for i, h := range hosts {
		names[i] = h.Name
	}
	upload := deploy.Step{Name: uploadName, Phase: deploy.Prepare, Hosts: names}
	steps := []prepareStep{{Step: upload, record: r.rec.Step(uploadName, upload, names)}}
	for _, s := range r.schedule.PrepareHere() {
		step := prepareStep{Step: s, record: r.rec.Step(s.Name, s, slices.Concat(s.Hosts, s.Receivers))}
		if len(s.Produces) > 0 {
			step.products = distribution.New(s, distribution.Options{
				Fleet: r.fleet, Steps: r.steps, Emit: r.opts.Emit, TempFile: r.opts.TempFile, Release: r.schedule.Release,
				On: r.schedule.On, Scene: r.scene,
			})
		}
		steps = append(steps, step)
	}
	return steps
}

// concerns reports whether a host runs the step, or gets what it makes.
func (s prepareStep) concerns(host string) bool {
	return slices.Contains(s.Hosts, host) || slices.Contains(s.Receivers, host)
}

// skip says that a host will never start the step.
func (s prepareStep) skip(host string) {
	s.record.Skip(host)
	if s.products != nil {
		s.products.Through(deploy.Span{Host: host, Outcome: deploy.NotRun})
	}
}

// prepareHost takes one host through prepare. failedAt is the place of the first step that failed anywhere.
func (r *run) prepareHost(ctx context.Context, h plan.Host, steps []prepareStep, failedAt *atomic.Int64) {
	done := r.fleet.On(h.Name).Lease(ctx)
	defer func() { done() }() //nolint:gocritic // the last of several
	alive, ran, skipped := true, false, false
	last, listing := lastOn(h.Name, steps), r.listing(h)
	for i, step := range steps {
		if !step.concerns(h.Name) {
			continue
		}
		if !alive || ctx.Err() != nil || int64(i) > failedAt.Load() {
			step.skip(h.Name)
			skipped = true
			continue
		}
		var span deploy.Span
		switch {
		case i == 0:
			span = r.upload(ctx, h, step.record.Begin)
		case step.products != nil:
			done()
			span = step.products.Take(ctx, h.Name, step.record.Begin)
		default:
			at := r.scene(h.Name)
			if i == last && !r.plan.Shard.IsPart() {
				at.Along = listing
			}
			span = r.steps.Step(ctx, h.Name, r.schedule.On(h.Name, step.Step), at, step.record.Begin)
		}
		if span.Outcome != deploy.Succeeded {
			alive = false
			if span.Err == nil || !r.budget.covers(h.Name, span.Err) {
				lower(failedAt, int64(i))
			}
		}
		ran = ran || span.Kept == 0
		step.record.End(span)
		if step.products != nil {
			step.products.Through(span)
			done = r.fleet.On(h.Name).Lease(ctx)
		}
	}
	if alive && !skipped && !r.plan.Shard.IsPart() && !listing.Done && (ran || h.Facts.CurrentID != r.schedule.Release) {
		r.list(ctx, h, listing.Operation)
	}
}

// lastOn is the place of the last step that concerns a host.
func lastOn(host string, steps []prepareStep) int {
	for i := range slices.Backward(steps) {
		if steps[i].concerns(host) {
			return i
		}
	}
	return 0
}

// listing writes down what the release holds once its steps are through. The last of them takes it along.
func (r *run) listing(h plan.Host) *step.Along {
	return &step.Along{Operation: stage.Prepared(r.fleet.On(h.Name).Site(), r.schedule.Release)}
}

// list writes down what the release holds now. What is live and was prepared before is left alone: who changed it since was no step.
func (r *run) list(ctx context.Context, h plan.Host, listing release.Operation) {
	if err := r.fleet.On(h.Name).Do(ctx, listing); err != nil && ctx.Err() == nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.unlisted[h.Name] = deploy.OnHost(h.Name, deploy.Prepare, "", err)
	}
}

// emptied are the hosts on which nothing is left of the release that was prepared. Nothing after prepare may begin there.
func (r *run) emptied(hosts []plan.Host) (errs deploy.Errors) {
	for _, h := range hosts {
		if err := r.unlisted[h.Name]; err != nil && errors.Is(err, stage.ErrEmpty) {
			err.Fault = deploy.FaultContent
			errs = append(errs, err)
		}
	}
	return errs
}

// warnUnlisted names the hosts on which it is not written down what the release holds. The deployment goes on.
func (r *run) warnUnlisted(hosts []plan.Host) {
	var errs deploy.Errors
	for _, h := range hosts {
		if err := r.unlisted[h.Name]; err != nil && !errors.Is(err, stage.ErrEmpty) {
			errs = append(errs, err)
		}
	}
	if len(errs) > 0 {
		r.rec.Warn("what the steps left in the release could not be written down, so `status --drift` compares the files of the artifact alone: " + few(errs))
	}
}

// lower sets n to value where that is less.
func lower(n *atomic.Int64, value int64) {
	for old := n.Load(); old > value && !n.CompareAndSwap(old, value); old = n.Load() {
	}
}
