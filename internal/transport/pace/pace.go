// Package pace bounds how many bytes a second go to all hosts together: a release is sent to many at once, and the runner's uplink is
// others', too. It counts what commands take on standard input, which is all that is large. It must not know what is sent.
package pace

import (
	"context"
	"io"
	"time"

	"golang.org/x/time/rate"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/transport"
)

// A piece is what one host gets before the others have their turn: a twentieth of a second's bytes, within these bounds.
const (
	leastPiece = 1 << 10
	mostPiece  = 32 << 10 // what io.Copy reads at once
)

// late is the part of a second by which a busy runner may wake a waiting host too late: what would have gone by then is made up for.
const late = 200

// Dialer gives a dialer whose connections share so many bytes a second, more than none.
func Dialer(to transport.Dialer, perSecond int64) transport.Dialer {
	piece := min(max(perSecond/20, leastPiece), mostPiece)
	return dialer{Dialer: to, limiter: rate.NewLimiter(rate.Limit(perSecond), int(max(piece, perSecond/late))), piece: int(piece)}
}

type dialer struct {
	transport.Dialer
	limiter *rate.Limiter
	piece   int // bytes
}

// Connect implements transport.Dialer.
func (d dialer) Connect(ctx context.Context, host deploy.Host) (transport.Conn, error) {
	to, err := d.Dialer.Connect(ctx, host)
	if err != nil {
		return nil, err
	}
	return conn{Conn: to, pace: d}, nil
}

type conn struct {
	transport.Conn
	pace dialer
}

// Run implements transport.Conn. Whatever waits for its turn when the command is over waits no longer.
func (c conn) Run(ctx context.Context, cmd transport.Command) error {
	if cmd.Stdin != nil {
		reading, stop := context.WithCancel(ctx)
		defer stop()
		cmd.Stdin = &reader{ctx: reading, from: cmd.Stdin, pace: c.pace}
	}
	return c.Conn.Run(ctx, cmd)
}

// reader hands on no byte before its time. That a host is kept waiting here is no silence of its own.
type reader struct {
	ctx  context.Context //nolint:containedctx // of the one command that reads it
	from io.Reader
	pace dialer
}

func (r *reader) Read(p []byte) (int, error) {
	n, err := r.from.Read(p[:min(len(p), r.pace.piece)])
	if n == 0 {
		return n, err
	}
	turn := r.pace.limiter.ReserveN(time.Now(), n)
	wait := time.NewTimer(turn.Delay())
	defer wait.Stop()
	select {
	case <-wait.C:
		return n, err
	case <-r.ctx.Done():
		turn.Cancel() // others may have it
		return 0, context.Cause(r.ctx)
	}
}
