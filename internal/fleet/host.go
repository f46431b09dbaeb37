package fleet

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/survey"
	"github.com/slipway/slipway/internal/transport"
	"github.com/slipway/slipway/internal/transport/pool"
	"github.com/slipway/slipway/internal/transport/retry"
)

// Host is one host of the fleet.
type Host struct {
	deploy.Host
	Facts deploy.Facts
	Span  deploy.Span // connecting and asking; Err says why there are no facts

	conn     *pool.Conn             // nil when it could not be connected
	fenced   transport.Conn         // nil before the lock is taken
	patience time.Duration          // for how long it is waited for
	away     atomic.Bool            // it did not answer within patience
	lost     atomic.Bool            // its last command was cut off by the link
	emit     deploy.Emit            // nil: nobody is told
	awaited  atomic.Pointer[string] // what Gather waits for there; nil is nothing
}

func (h *Host) gather(ctx context.Context, conn *pool.Conn, question survey.Question) {
	h.awaits(aPlace)
	defer h.awaited.Store(nil)
	defer conn.Lease(ctx)()
	h.awaits(aConnection)
	h.Span = deploy.Span{Host: h.Name, Phase: deploy.Preflight, Start: time.Now(), Outcome: deploy.Succeeded}
	err := func() error {
		if err := conn.Connect(ctx); err != nil {
			_ = conn.Close()
			return err
		}
		h.conn = conn
		h.awaits(anAnswer)
		return h.ask(ctx, question)
	}()
	h.Span.Duration = time.Since(h.Span.Start)
	if err != nil {
		h.Span.Outcome = deploy.Failed
		h.Span.Err = deploy.OnHost(h.Name, deploy.Preflight, "", err)
	}
}

func (h *Host) ask(ctx context.Context, question survey.Question) error {
	return h.do(ctx, h.conn, survey.Take(h.Site(), question, &h.Facts))
}

// Do carries an operation out on the host. It repeats one that the link cut off, if that may be repeated. A host that is away
// gets one try of each operation, until it answers.
func (h *Host) Do(ctx context.Context, op release.Operation) error { return h.do(ctx, h.Conn(), op) }

func (h *Host) do(ctx context.Context, conn transport.Conn, op release.Operation) error {
	patience, away := h.patience, h.away.Load()
	if away {
		patience = 0
	}
	err := release.Do(ctx, watched{conn, h}, op, patience)
	h.away.Store(retry.LinkFailed(err) && (away || ctx.Err() == nil))
	return err
}

// Reach waits for the host to answer, for as long as it may be away; waited says that it did not at first.
func (h *Host) Reach(ctx context.Context) (waited bool, err error) {
	look := release.Operation{Name: "look", Script: ":"}
	look.Next = func(error) (release.Operation, bool) {
		waited = true
		return look, false
	}
	err = h.Do(ctx, look)
	return err == nil && waited, err
}

// Away reports whether the host did not answer within its patience, and has not answered since.
func (h *Host) Away() bool { return h.away.Load() }

// Connected reports whether Gather could connect to the host. If not, there is no Conn.
func (h *Host) Connected() bool { return h.conn != nil }

// Conn is the connection; once there is a Fence, one on which every command is refused when the lock is lost.
func (h *Host) Conn() transport.Conn {
	if h.fenced != nil {
		return h.fenced
	}
	return h.conn
}

// Fence sets the connection that refuses commands once the lock is lost; nil is none any more.
func (h *Host) Fence(fenced transport.Conn) { h.fenced = fenced }

// Lease keeps the host connected until done is called, for commands that belong together: see pool.Conn.Lease.
func (h *Host) Lease(ctx context.Context) (done func()) { return h.conn.Lease(ctx) }

// Site is where on the host everything lies.
func (h *Host) Site() release.Site { return release.Site{Root: h.DeployPath, Umask: h.Umask} }
