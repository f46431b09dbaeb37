package healthcheck

import (
	"context"
	"errors"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/transport"
)

// Pass asks one check until it passes, or its time is over. A try that began in time is waited for: on a slow host one answer is
// worth more than none. The last answer is the cause of the failure. Time in which the link was down does not count.
func (h *Host) Pass(ctx context.Context, c Check) *deploy.Error {
	k := kindOf(c)
	start := time.Now()
	var last error
	failures, row := 0, 0
	for {
		began := time.Now()
		err := k.ask(ctx, h, c.Within-time.Since(start))
		switch again, down := h.unheard(ctx, k, err); {
		case down != nil:
			how := asked(start, c)
			return h.failure(ctx, c, attempt{how: how, moments: []string{how}, last: down})
		case again:
			start = start.Add(time.Since(began))
			continue
		}
		if err == nil {
			if row++; row >= c.Successes {
				if m, ok := k.(metricKind); ok && !c.Watched() { // one that is watched has its time before it
					m.warnAbsent(h)
				}
				return nil
			}
		} else {
			last, row = err, 0
			failures++
		}
		late := time.Since(start)+c.Interval > c.Within
		if late || errors.Is(err, transport.ErrForwardingRefused) || !pause(ctx, c.Interval) {
			if h.letsPass(ctx, k, last) {
				return nil
			}
			how := asked(start, c)
			return h.failure(ctx, c, attempt{how: how, moments: []string{how}, last: last, times: failures})
		}
	}
}

// letsPass reports whether a check is one that passes where nobody answers, and says so.
func (h *Host) letsPass(ctx context.Context, k kind, last error) bool {
	m, ok := k.(metricKind)
	if !ok || last == nil || ctx.Err() != nil || !m.excused(last) {
		return false
	}
	m.warnUnseen(h, last)
	return true
}

// asked is how long a check was asked, in whole seconds: hosts that failed alike are told together.
func asked(start time.Time, c Check) string {
	return min(time.Since(start), c.Within).Round(time.Second).String()
}

// unheard reports whether it was the link to the host that made asking fail, and that it is up again; down says that it stays
// down.
func (h *Host) unheard(ctx context.Context, k kind, err error) (again bool, down error) {
	if err == nil || !k.viaLink() || k.explain(h, "", err) != nil || errors.Is(err, transport.ErrForwardingRefused) {
		return false, nil
	}
	return h.Reach(ctx)
}
