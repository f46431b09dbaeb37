package rollout

import (
	"context"
	"errors"
	"fmt"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/plan"
	"slipway/internal/release"
	"slipway/internal/release/activate"
	"slipway/internal/release/stage"
	"slipway/internal/secret"
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
	if !h.Staged {
		if err := r.fill(ctx, h); err != nil {
			return err
		}
	}
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
	return there.Do(ctx, release.Then(
		stage.Link(there.Site(), r.schedule.Release, links), activate.Store(there.Site(), r.schedule.Release, block),
	))
}

// fill puts the members of the release there: copied, where they lie on the host already, else sent.
func (r *run) fill(ctx context.Context, h plan.Host) error {
	if h.Near != nil {
		err := r.copied(ctx, h)
		if !errors.Is(err, stage.ErrNotCopied) {
			return err
		}
		r.said(h, fmt.Sprintf("it is sent, since %s's release on this host cannot be copied: %v", h.Near.Environment, deploy.CauseIn(err)))
	}
	return r.sent(ctx, h)
}

func (r *run) copied(ctx context.Context, h plan.Host) error {
	there := r.fleet.On(h.Name)
	index, err := r.opts.Index(ctx, h.Encoding)
	if err != nil {
		return err
	}
	if err := there.Do(ctx, stage.Copy(there.Site(), r.schedule.Release, index, h.Near.Folder)); err != nil {
		return err
	}
	r.said(h, fmt.Sprintf("copied %s from %s's release on this host, verified %d files and folders",
		deploy.Size(r.schedule.Artifact.Bytes), h.Near.Environment, r.schedule.Artifact.Inodes))
	return nil
}

func (r *run) sent(ctx context.Context, h plan.Host) error {
	there := r.fleet.On(h.Name)
	payload, err := r.opts.Payload(ctx, h.Encoding)
	if err != nil {
		return err
	}
	last := int64(-1)
	progress := func(done, total int64) {
		percent := done * 100 / max(1, total)
		if percent == last {
			return
		}
		last = percent
		r.opts.Emit(deploy.Progress{Phase: deploy.Prepare, Step: uploadName, Host: h.Name, Done: done, Total: total})
	}
	upload := stage.Upload(there.Site(), r.schedule.Release, payload, progress)
	if r.plan.Rollback() {
		upload = stage.Unproven(upload)
	}
	if err := there.Do(ctx, upload); err != nil {
		return err
	}
	r.said(h, fmt.Sprintf("sent %s, verified %d files and folders", deploy.Size(payload.Size()), r.schedule.Artifact.Inodes))
	return nil
}

// said is a line of the upload.
func (r *run) said(h plan.Host, line string) {
	r.opts.Emit(deploy.Output{Phase: deploy.Prepare, Step: uploadName, Host: h.Name, Line: line})
}
