package fleet

import (
	"context"
	"sync/atomic"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/release"
	"slipway/internal/release/survey"
	"slipway/internal/transport"
	"slipway/internal/transport/pool"
	"slipway/internal/transport/retry"
)

// Host is one host of the fleet.
type Host struct {
	deploy.Host
	Facts deploy.Facts
	Span  deploy.Span // connecting and asking; Err says why there are no facts

	conn     *pool.Conn     // nil when it could not be connected
	fenced   transport.Conn // nil before the lock is taken
	patience time.Duration  // for how long it is waited for
	away     atomic.Bool
}

func (h *Host) gather(ctx context.Context, conn *pool.Conn, question survey.Question) {
	defer conn.Lease(ctx)()
	h.Span = deploy.Span{Host: h.Name, Phase: deploy.Preflight, Start: time.Now(), Outcome: deploy.Succeeded}
	err := func() error {
		if err := conn.Connect(ctx); err != nil {
			_ = conn.Close()
			return err
		}
		h.conn = conn
		return h.ask(ctx, question)
	}()
	h.Span.Duration = time.Since(h.Span.Start)
	if err != nil {
		h.Span.Outcome = deploy.Failed
		h.Span.Err = deploy.OnHost(h.Name, deploy.Preflight, "", err)
	}
}

func (h *Host) ask(ctx context.Context, question survey.Question) error {
	return h.Again(ctx, func() (err error) {
		h.Facts, err = survey.Take(ctx, h.conn, h.Site(), question)
		return err
	})
}

// Again does what may be done twice until the link no longer fails it. A host that is away has only one more try from then on,
// until it answers.
func (h *Host) Again(ctx context.Context, do func() error) error {
	patience, away := h.patience, h.away.Load()
	if away {
		patience = 0
	}
	err := retry.Do(ctx, patience, do)
	h.away.Store(retry.LinkFailed(err) && (away || ctx.Err() == nil))
	return err
}

// Away tells whether the host was waited for in vain, and has not answered since.
func (h *Host) Away() bool { return h.away.Load() }

// Connected tells whether the host could be connected at first: only then there is a Conn.
func (h *Host) Connected() bool { return h.conn != nil }

// Conn is the connection; once there is a Fence, one on which every command is refused when the lock is lost.
func (h *Host) Conn() transport.Conn {
	if h.fenced != nil {
		return h.fenced
	}
	return h.conn
}

// Fence has commands go through a connection that knows of the lock.
func (h *Host) Fence(fenced transport.Conn) { h.fenced = fenced }

// Lease keeps the host connected until done is called, for commands that belong together: see pool.Conn.Lease.
func (h *Host) Lease(ctx context.Context) (done func()) { return h.conn.Lease(ctx) }

// Site is where on the host everything lies.
func (h *Host) Site() release.Site { return release.Site{Root: h.DeployPath} }
