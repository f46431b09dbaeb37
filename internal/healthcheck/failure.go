package healthcheck

import (
	"context"
	"errors"
	"fmt"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/probe"
	"github.com/slipway/slipway/internal/transport"
)

// attempt is how it went to ask a check that did not pass.
type attempt struct {
	how     string   // "30s"
	moments []string // pieces of how that differ by chance
	last    error    // what was seen last; nil when it succeeded, but not often enough
	times   int      // how often it failed
	soaking bool     // it had passed before
}

// failure says what a check saw last, and how to see it oneself.
func (h *Host) failure(ctx context.Context, c Check, a attempt) *deploy.Error {
	k := kindOf(c)
	failure := &deploy.Error{
		Host: h.Name, Phase: h.Phase, Step: deploy.PartVerify.Of(c.Name), Check: c.Name, At: c.At,
		Own: append(k.own(), a.moments...),
	}
	explained := k.explain(h, a.how, a.last)
	if explained != nil {
		failure.Tail, failure.Times = []string{explained.shown}, a.times
	}
	var step *deploy.Error
	switch {
	case ctx.Err() != nil:
		failure.Cause = context.Cause(ctx)
	case a.last == nil:
		failure.Cause = fmt.Errorf("%s, not %d successes in a row", a.how, c.Successes)
	case explained != nil:
		failure.Cause, failure.Hint, failure.Fault = explained.cause, explained.hint, explained.fault
	case errors.As(a.last, &step):
		failure.Cause = fmt.Errorf("%s, %w", a.how, errors.Unwrap(step))
		failure.Tail, failure.Hint, failure.Fault = step.Tail, step.Hint, step.Fault
	case errors.Is(a.last, transport.ErrForwardingRefused):
		failure.Cause = a.last
		failure.Hint = "allow it on the host (AllowTcpForwarding local), or verify with `run:` or `from: runner`"
	default:
		failure.Cause, failure.Hint = fmt.Errorf("%s, no answer: %w", a.how, a.last), silentHint(c, a)
	}
	return failure
}

// silentHint is the hint of a check that nothing answers, or nothing any more.
func silentHint(c Check, a attempt) string {
	switch {
	case probe.AnotherName(a.last):
		return "the certificate is of another name: ask for that, or send it as `headers: {Host: NAME}`"
	case probe.Untrusted(a.last):
		return "give the authority's certificate as `ca:`, a file beside the deploy file; or `insecure: true`, where it need not prove anything"
	case errors.Is(a.last, probe.ErrNotTLS):
		return "ask for `http://`, or the port that speaks TLS"
	case c.Metric != nil && !c.Runner:
		return "does what is asked listen there, as seen from the host?"
	case c.Runner:
		return "is the address reached from where Slipway runs? It knows no proxy, and tunnels of the runner end before its container"
	case a.soaking:
		return "it came up and died: its own log on the host says why"
	}
	return "did the program start, and does it listen there? Its own log on the host says why not"
}
