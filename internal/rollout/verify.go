package rollout

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/probe"
	"slipway/internal/transport"
)

// pass asks one check until it passed as often in a row as it must, or its time is over. A try that began in time is waited
// for: on a slow host one answer is worth more than none. The last answer is the cause.
func (t *turn) pass(ctx context.Context, check deploy.Check, number int, vars map[string]string) *deploy.Error {
	start := time.Now()
	var last error
	failures, row := 0, 0
	for {
		err := t.ask(ctx, check, number, vars)
		if err == nil {
			if row++; row >= check.Successes {
				return nil
			}
		} else {
			last, row = err, 0
			failures++
		}
		late := time.Since(start)+check.Interval > check.Within
		if late || errors.Is(err, transport.ErrForwardingRefused) || !pause(ctx, check.Interval) {
			break
		}
	}
	if ctx.Err() != nil {
		last = context.Cause(ctx)
	}
	return t.notPassed(check, time.Since(start), failures, last)
}

// pause waits; it is false when the context ended first.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// runTimeout is how long one try of a check that is a script may take at least.
const runTimeout = 10 * time.Second

func (t *turn) ask(ctx context.Context, check deploy.Check, number int, vars map[string]string) error {
	dial := probe.Dial(t.conn.Dial)
	if check.Runner {
		dial = (&net.Dialer{}).DialContext
	}
	switch {
	case check.HTTP != nil:
		return probe.HTTP(ctx, *check.HTTP, dial)
	case check.TCP != "":
		return probe.TCP(ctx, check.TCP, dial)
	}
	s := *check.Run
	s.Timeout = min(s.Timeout, max(check.Within, runTimeout))
	s.Name, s.Phase, s.Number = "verify "+t.done.Host+" "+check.Name, deploy.Activate, number
	span := t.run.try(ctx, t.host.Name, s, scene{release: t.release, vars: vars, undo: t.undo})
	if span.Err == nil {
		return nil
	}
	return span.Err
}

// notPassed says what the check saw last, and how to see it oneself.
func (t *turn) notPassed(check deploy.Check, waited time.Duration, failures int, last error) *deploy.Error {
	failure := &deploy.Error{Host: t.host.Name, Phase: t.done.Phase, Step: "verify " + check.Name, At: check.At}
	var wrong *probe.WrongAnswer
	var step *deploy.Error
	seconds := min(waited, check.Within).Round(time.Second) // what differs by chance would keep hosts' failures apart
	switch {
	case last == nil:
		failure.Cause = fmt.Errorf("%s, not %d successes in a row", seconds, check.Successes)
	case errors.As(last, &wrong):
		failure.Cause = fmt.Errorf("%s, %w", seconds, wrong)
		failure.Tail = []string{fmt.Sprintf("%s %s -> %s %s", method(check), check.HTTP.URL, wrong.Got, wrong.Body)}
		failure.Times = failures
	case errors.As(last, &step):
		failure.Cause, failure.Tail, failure.Hint = fmt.Errorf("%s, %w", seconds, errors.Unwrap(step)), step.Tail, step.Hint
	case errors.Is(last, transport.ErrForwardingRefused):
		failure.Cause = last
		failure.Hint = "allow it on the host (AllowTcpForwarding local), or verify with `run:` or `from: runner`"
	default:
		failure.Cause = fmt.Errorf("%s, no answer: %w", seconds, last)
	}
	return failure
}

func method(check deploy.Check) string {
	if check.HTTP.Method == "" {
		return "GET"
	}
	return check.HTTP.Method
}
