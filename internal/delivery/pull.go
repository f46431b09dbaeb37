package delivery

import (
	"context"
	"fmt"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/plan"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/stage"
)

// pulled has the host fetch the archive. The error Is stage.ErrNotPulled where the release can still be sent.
func (d *Delivery) pulled(ctx context.Context, h plan.Host, rest release.Operation, traffic *deploy.Traffic) error {
	listing, err := d.Artifact.Listing(ctx, h.Encoding)
	if err != nil {
		return err
	}
	// Progress is the archive's alone: the manifest is a small part of what comes.
	sent, end := d.counted(traffic, func(int64, int64) {})
	defer end()
	received := func(done int64) { d.Progress(h.Name, min(max(0, done), d.Archive.Size), d.Archive.Size) } // whatever the host says
	op := stage.Pull(d.Fleet.On(h.Name).Site(), d.Schedule.Release, listing, *d.Archive, sent, received)
	if err := d.upload(ctx, h, op, rest); err != nil {
		return err
	}
	traffic.Pulled = d.Archive.Size
	d.Say(h.Name, fmt.Sprintf("pulled %s, sent %s, verified %d files and folders", deploy.Size(d.Archive.Size), deploy.Size(traffic.Sent), d.Schedule.Artifact.Inodes))
	return nil
}
