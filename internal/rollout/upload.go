package rollout

import (
	"context"
	"sync"
	"time"

	"github.com/slipway/slipway/internal/delivery"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/plan"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/activate"
	"github.com/slipway/slipway/internal/release/stage"
	"github.com/slipway/slipway/internal/secret"
)

// uploadName is the step that brings the artifact: the first of prepare.
const uploadName = "Upload"

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
		span.Err = r.withRemovable(h.Name, deploy.OnHost(h.Name, deploy.Prepare, uploadName, err))
	}
	return span
}

// bring makes the release whole on a host, but for its steps.
func (r *run) bring(ctx context.Context, h plan.Host) error {
	there := r.fleet.On(h.Name)
	links := stage.Links{
		Dirs: r.schedule.SharedDirs, Files: r.schedule.SharedFiles, Secrets: map[string]secret.Secret{},
		Live: h.Facts.CurrentID, LiveSecrets: h.Facts.LiveSecrets,
	}
	for _, file := range r.schedule.SecretFiles {
		links.Secrets[file.Path] = r.opts.Secrets[file.Secret]
	}
	block := r.planned(h)
	if h.Like != "" {
		block = r.blocks[h.Name]
	}
	rest := release.Then(
		stage.Link(there.Site(), r.schedule.Release, links), activate.Store(there.Site(), r.schedule.Release, block),
	)
	if h.Staged {
		return there.Do(ctx, rest)
	}
	return r.fill(ctx, h, rest)
}

// fill puts the members of the release there. The rest is done by the same command.
func (r *run) fill(ctx context.Context, h plan.Host, rest release.Operation) error {
	traffic, err := r.delivery.Bring(ctx, h, rest)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.traffic[h.Name] = traffic
	return err
}

// newDelivery is how the release gets to its hosts; nil where none gets it.
func (r *run) newDelivery() *delivery.Delivery {
	if r.opts.Artifact == nil {
		return nil
	}
	return delivery.New(delivery.Options{
		Artifact: r.opts.Artifact, Archive: r.opts.Archive, Fleet: r.fleet, Schedule: r.schedule, Known: r.opts.Known, Old: r.opts.Old,
		Recorded: r.opts.Recorded, Rate: r.opts.Bandwidth,
		Say: r.said, Progress: r.progress(),
	})
}

// progress tells how far an upload is: for each percent, and of a large or slow one every second.
func (r *run) progress() func(host string, done, total int64) {
	type told struct{ percent, second int64 }
	var last sync.Map // by host
	return func(host string, done, total int64) {
		now := told{done * 100 / max(1, total), time.Now().Unix()}
		if before, known := last.Swap(host, now); !known || before != now {
			r.opts.Emit(deploy.Progress{Phase: deploy.Prepare, Step: uploadName, Host: host, Done: done, Total: total})
		}
	}
}

// said is a line of the upload.
func (r *run) said(host, line string) {
	r.opts.Emit(deploy.Output{Phase: deploy.Prepare, Step: uploadName, Host: host, Line: line})
}
