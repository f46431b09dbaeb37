package releasetest

import (
	"cmp"
	"context"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/activate"
	"github.com/slipway/slipway/internal/release/lock"
	"github.com/slipway/slipway/internal/release/prune"
	"github.com/slipway/slipway/internal/release/step"
	"github.com/slipway/slipway/internal/release/survey"
	"github.com/slipway/slipway/internal/transport"
)

// Survey asks a host for its facts.
func Survey(ctx context.Context, conn transport.Conn, site release.Site, q survey.Question) (facts deploy.Facts, err error) {
	err = release.Run(ctx, conn, survey.Take(site, q, &facts))
	return facts, err
}

// TakeLock takes the generation after the one that was seen.
func TakeLock(
	ctx context.Context, conn transport.Conn, site release.Site, seen deploy.LockState, owner deploy.LockOwner,
) (taken lock.Taken, err error) {
	err = release.Run(ctx, conn, lock.Take(site, seen, owner, &taken))
	return taken, err
}

// ReadLock reads the state of the lock.
func ReadLock(ctx context.Context, conn transport.Conn, site release.Site) (state deploy.LockState, err error) {
	err = release.Run(ctx, conn, lock.Read(site, &state))
	return state, err
}

// Prune removes all releases but those to keep. The error is also what could not be removed.
func Prune(ctx context.Context, conn transport.Conn, site release.Site, keep []deploy.ReleaseID) (removed []deploy.ReleaseID, err error) {
	var result prune.Result
	err = release.Run(ctx, conn, prune.Prune(site, keep, "", &result))
	return result.Removed, cmp.Or(err, result.Stuck)
}

// LoadBlock reads a release's activate block.
func LoadBlock(ctx context.Context, conn transport.Conn, site release.Site, id deploy.ReleaseID) (block activate.Block, err error) {
	err = release.Run(ctx, conn, activate.Load(site, id, &block))
	return block, err
}

// RunStep starts a step and follows it over one connection; next is the byte of its log to go on from.
func RunStep(
	ctx context.Context, conn transport.Conn, site release.Site, inst step.Instance, out func(line string),
) (status step.Status, next int64, err error) {
	watch := step.NewWatch(site, inst, out)
	err = release.Run(ctx, conn, watch.Start())
	return watch.Status, watch.Next, err
}

// FollowStep joins a step over one connection, from a byte of its log on.
func FollowStep(
	ctx context.Context, conn transport.Conn, site release.Site, inst step.Instance, from int64, out func(line string),
) (status step.Status, next int64, err error) {
	watch := step.NewWatch(site, inst, out)
	watch.Next = from
	err = release.Run(ctx, conn, watch.Join())
	return watch.Status, watch.Next, err
}
