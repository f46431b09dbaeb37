package fleet

import (
	"context"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/transport"
	"github.com/slipway/slipway/internal/transport/retry"
)

// Report sets who is told when a host stops answering and when it answers again. The fleet says so at once, while it still waits.
// Call it before anything is done on the hosts.
func (f *Fleet) Report(emit deploy.Emit) {
	for _, h := range f.hosts {
		h.emit = emit
	}
}

// watched is a connection that notes whether its host answers.
type watched struct {
	transport.Conn
	host *Host
}

func (w watched) Run(ctx context.Context, command transport.Command) error {
	err := w.Conn.Run(ctx, command)
	w.host.seen(ctx, err)
	return err
}

// seen notes by how a command ended whether its host answers.
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
