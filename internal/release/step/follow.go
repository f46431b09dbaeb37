package step

import (
	"context"
	_ "embed"
	"strconv"

	"slipway/internal/release"
	"slipway/internal/transport"
)

//go:embed follow.sh
var followScript string

var followReasons = map[int]release.Reason{
	91: {Err: ErrNeverStarted, Hint: "run the job again: it starts a new try"},
	92: {Err: ErrUnknown, Hint: reserveHint},
}

// Follow joins an instance that was started before, running or ended, and follows it to its end like Run. Its log is
// given out from a byte on: what Run or Follow gave as next when the connection was lost, or 0.
//
// The error Is ErrUnknown when the step's wrapper is gone and left no status, ErrNeverStarted when the step did not
// begin: then it is made sure that it never will. One instance has one follower at a time who may find that out.
func Follow(
	ctx context.Context, conn transport.Conn, site release.Site, inst Instance, from int64, out func(line string),
) (status Status, next int64, err error) {
	lines := newFollower(from, out)
	status, err = lines.run(ctx, conn, inst, transport.Command{
		Script: processFunctions + dropFunction + logFunctions + followScript,
		Args:   []string{site.Root, inst.Folder(), lines.token, strconv.FormatInt(from, 10)},
	})
	return status, lines.next, release.Failure(conn, "step "+inst.Step.Name, err, followReasons)
}
