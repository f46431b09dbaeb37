package rollout

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/plan"
	"slipway/internal/release/activate"
	"slipway/internal/release/stage"
	"slipway/internal/secret"
)

// uploadName is the step that brings the artifact: the first of prepare.
const uploadName = "Upload"

// prepare brings the release to every host and runs the steps that touch nothing live. Hosts do not wait for each
// other; when one fails, the others still finish that step, so that its verdict is whole, and start no later one.
func (r *run) prepare(ctx context.Context) *stop {
	if r.plan.Rollback() {
		return nil
	}
	done := r.rec.phase(deploy.Prepare)
	serving := r.toPrepare()
	names := make([]string, len(serving))
	for i, h := range serving {
		names[i] = h.Name
	}
	verdicts := []*verdict{r.rec.newVerdict(deploy.Prepare, uploadName, deploy.Position{}, "", names)}
	supplies := []*supply{nil}
	for _, step := range r.schedule.Prepare {
		verdicts = append(verdicts, r.rec.newVerdict(deploy.Prepare, step.Name, step.At, commandLine(step), slices.Concat(step.Hosts, step.Receivers)))
		supplies = append(supplies, r.newSupply(step))
	}
	var failedAt atomic.Int64
	failedAt.Store(int64(len(verdicts)))
	var wait sync.WaitGroup
	for _, h := range serving {
		wait.Go(func() { r.prepareHost(ctx, h, verdicts, supplies, &failedAt) })
	}
	wait.Wait()
	for _, s := range supplies {
		s.close()
	}
	for _, v := range verdicts {
		if errs := r.charged(v.errors()); len(errs) > 0 {
			done(false)
			s := r.stopped(ctx, deploy.Prepare, v.done.Step, deploy.ExitFailed, errs)
			if s.outcome == deploy.OutcomeFailed {
				s.next = fixAndRerun + ": what succeeded is kept"
			}
			return s
		}
	}
	done(ctx.Err() == nil)
	r.goOnWithout()
	if ctx.Err() != nil {
		return r.stopped(ctx, deploy.Prepare, "", deploy.ExitFailed, asErrors(context.Cause(ctx), deploy.Prepare))
	}
	return nil
}

// toPrepare are the hosts that the release is brought to: where hosts join, those that do not run it.
func (r *run) toPrepare() []plan.Host {
	return slices.DeleteFunc(r.serving(), func(h plan.Host) bool { return r.plan.Joining() && h.Activated(r.schedule.Release) })
}

// prepareHost takes one host through prepare; verdicts[0] is the upload, verdicts[n] and supplies[n] the n-th step's.
func (r *run) prepareHost(ctx context.Context, h plan.Host, verdicts []*verdict, supplies []*supply, failedAt *atomic.Int64) {
	done := r.fleet.On(h.Name).Lease(ctx)
	defer func() { done() }() //nolint:gocritic // the last of several
	alive := true
	for i, v := range verdicts {
		if i > 0 && !takesPart(r.schedule.Prepare[i-1], h.Name) {
			continue
		}
		if !alive || ctx.Err() != nil || int64(i) > failedAt.Load() {
			v.skip(h.Name)
			supplies[i].through(deploy.Span{Host: h.Name, Outcome: deploy.NotRun})
			continue
		}
		var span deploy.Span
		switch {
		case i == 0:
			span = r.upload(ctx, h, v.begin)
		case supplies[i] != nil:
			done()
			span = supplies[i].part(ctx, h, v.begin)
		default:
			span = r.step(ctx, h.Name, r.schedule.Prepare[i-1], v.begin)
		}
		if span.Outcome != deploy.Succeeded {
			alive = false
			if span.Err == nil || !r.spare(h.Name, span.Err) {
				lower(failedAt, int64(i))
			}
		}
		v.end(span)
		if supplies[i] != nil {
			supplies[i].through(span)
			done = r.fleet.On(h.Name).Lease(ctx)
		}
	}
}

// lower sets n to value where that is less.
func lower(n *atomic.Int64, value int64) {
	for old := n.Load(); old > value && !n.CompareAndSwap(old, value); old = n.Load() {
	}
}

// upload brings the release, links what is shared, and stores how the release is activated.
func (r *run) upload(ctx context.Context, h plan.Host, begin func()) deploy.Span {
	span := deploy.Span{Host: h.Name, Phase: deploy.Prepare, Step: uploadName, Start: time.Now(), Outcome: deploy.Succeeded}
	if h.Staged {
		span.Kept = max(1, h.Earlier.Attempt())
	} else {
		begin()
	}
	err := r.bring(ctx, h)
	span.Duration = time.Since(span.Start)
	if err != nil {
		span.Outcome = deploy.Failed
		span.Err = deploy.OnHost(h.Name, deploy.Prepare, uploadName, err)
	}
	return span
}

func (r *run) bring(ctx context.Context, h plan.Host) error {
	there := r.fleet.On(h.Name)
	if !h.Staged {
		payload, err := r.opts.Payload(ctx, h.Encoding)
		if err != nil {
			return err
		}
		told := int64(-1)
		progress := func(done, total int64) {
			percent := done * 100 / max(1, total)
			if percent == told {
				return
			}
			told = percent
			r.opts.Emit(deploy.Progress{Phase: deploy.Prepare, Step: uploadName, Host: h.Name, Done: done, Total: total})
		}
		if err := there.Do(ctx, stage.Upload(there.Site(), r.schedule.Release, payload, progress)); err != nil {
			return err
		}
		line := fmt.Sprintf("sent %s, verified %d files and folders", deploy.Size(payload.Size()), r.schedule.Artifact.Inodes)
		r.opts.Emit(deploy.Output{Phase: deploy.Prepare, Step: uploadName, Host: h.Name, Line: line})
	}
	links := stage.Links{Dirs: r.schedule.SharedDirs, Files: r.schedule.SharedFiles, Secrets: map[string]secret.Secret{}}
	for _, file := range r.schedule.SecretFiles {
		links.Secrets[file.Path] = r.opts.Secrets[file.Secret]
	}
	if err := there.Do(ctx, stage.Link(there.Site(), r.schedule.Release, links)); err != nil {
		return err
	}
	block := activate.Block{Activation: r.schedule.Activations[h.Name], Vars: r.schedule.Vars[h.Name]}
	return there.Do(ctx, activate.Store(there.Site(), r.schedule.Release, block))
}

// takesPart tells whether a host runs a step, or gets what it makes.
func takesPart(step deploy.Step, host string) bool {
	return slices.Contains(step.Hosts, host) || slices.Contains(step.Receivers, host)
}
