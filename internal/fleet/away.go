package fleet

import (
	"context"

	"slipway/internal/deploy"
	"slipway/internal/transport"
	"slipway/internal/transport/retry"
)

// Report has the fleet say when a host that answered does no longer, and when it does again: at once, not when waiting for it is
// over. It is called before anything is done on the hosts.
func (f *Fleet) Report(emit deploy.Emit) {
	for _, h := range f.hosts {
		h.emit = emit
	}
}

// watched is a connection whose host is seen to answer, or not to.
type watched struct {
	transport.Conn
	host *Host
}

func (w watched) Run(ctx context.Context, command transport.Command) error {
	err := w.Conn.Run(ctx, command)
	w.host.seen(ctx, err)
	return err
}

// seen takes the end of a command as a sign of life, or of none.
func (h *Host) seen(ctx context.Context, err error) {
	lost := retry.LinkFailed(err)
	switch {
	case h.emit == nil:
	case lost && ctx.Err() == nil && !h.lost.Swap(true):
		h.emit(deploy.HostAway{Host: h.Name, Wait: h.patience})
	case !lost && ctx.Err() == nil && h.lost.Swap(false):
		h.emit(deploy.HostBack{Host: h.Name})
	}
}
