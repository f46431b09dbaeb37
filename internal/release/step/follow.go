package step

import (
	"context"
	"errors"

	"slipway/internal/release"
	"slipway/internal/transport"
)

// Follow joins an instance that was started before, running or ended, and follows it to its end like Run. Its log is
// given out from a byte on: what Run or Follow gave as next when the connection was lost, or 0.
//
// The error Is ErrUnknown when the step's wrapper is gone and left no status, ErrNeverStarted when the step did not
// begin: then it is made sure that it never will. One instance has one follower at a time who may find that out.
func Follow(
	ctx context.Context, conn transport.Conn, site release.Site, inst Instance, from int64, out func(line string),
) (status Status, next int64, err error) {
	return Status{}, from, errors.ErrUnsupported
}
