package rollout

import (
	"context"
	"errors"
	"fmt"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/probe"
	"slipway/internal/release/activate"
	"slipway/internal/transport"
)

// prove asks a host's checks after its restart, and goes on asking for as long as its block says. What goes back to a
// release does not go on: that one stood its time when it was activated, and each second more is one of the failed release elsewhere.
func (t *turn) prove(ctx context.Context, block activate.Block) *deploy.Error {
	start := time.Now()
	if err := t.verify(ctx, block.Activation.Verify, block.Vars); err != nil || t.undo {
		return err
	}
	return t.stable(ctx, block, time.Since(start))
}

// verify asks every check of a host; all must pass. One span says how many did, or which one did not.
func (t *turn) verify(ctx context.Context, checks []deploy.Check, vars map[string]string) *deploy.Error {
	if len(checks) == 0 {
		return nil
	}
	name := checks[0].Name
	if len(checks) > 1 {
		name = fmt.Sprintf("%d/%d", len(checks), len(checks))
	}
	return t.part(deploy.PartVerify, name, func(span *deploy.Span) *deploy.Error {
		for i, check := range checks {
			if err := t.pass(ctx, question{Check: check, number: i + 1, vars: vars}); err != nil {
				span.Step, span.Status = deploy.PartVerify.Of(check.Name), causeOf(err)
				return err
			}
		}
		return nil
	})
}

func causeOf(err *deploy.Error) string {
	if cause := errors.Unwrap(err); cause != nil {
		return cause.Error()
	}
	return err.Error()
}

// question is a check as a host is asked it.
type question struct {
	deploy.Check
	number int // among the host's checks, from 1
	vars   map[string]string
}

// pass asks one check until it passed as often in a row as it must, or its time is over. A try that began in time is waited
// for: on a slow host one answer is worth more than none. The last answer is the cause. Time in which the link was away does
// not count.
func (t *turn) pass(ctx context.Context, q question) *deploy.Error {
	start := time.Now()
	var last error
	failures, row := 0, 0
	for {
		began := time.Now()
		err := t.ask(ctx, q, q.Within-time.Since(start))
		switch back, gone := t.unheard(ctx, q, err); {
		case gone != nil:
			return t.notPassed(ctx, q, waitedFor(start, q), gone)
		case back:
			start = start.Add(time.Since(began))
			continue
		}
		if err == nil {
			if row++; row >= q.Successes {
				return nil
			}
		} else {
			last, row = err, 0
			failures++
		}
		late := time.Since(start)+q.Interval > q.Within
		if late || errors.Is(err, transport.ErrForwardingRefused) || !pause(ctx, q.Interval) {
			break
		}
	}
	failure := t.notPassed(ctx, q, waitedFor(start, q), last)
	if failure.Tail != nil && q.HTTP != nil {
		failure.Times = failures
	}
	return failure
}

// waitedFor is how long a check was asked, in whole seconds: what differs by chance would keep hosts' failures apart.
func waitedFor(start time.Time, q question) string {
	return min(time.Since(start), q.Within).Round(time.Second).String()
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

// ask asks once. A script may take as long as is left, or runTimeout.
func (t *turn) ask(ctx context.Context, q question, left time.Duration) error {
	origin := probe.Host(t.run.fleet.On(t.host.Name).Conn().Dial)
	if q.Runner {
		origin = probe.Runner()
	}
	switch {
	case q.HTTP != nil:
		return origin.HTTP(ctx, *q.HTTP)
	case q.TCP != "":
		return origin.TCP(ctx, q.TCP)
	}
	s := *q.Run
	s.Timeout = max(left, runTimeout)
	s.Name, s.Phase, s.Number = "verify "+t.done.Host+" "+q.Name, deploy.Activate, q.number
	span := t.run.steps.Try(ctx, t.host.Name, s, t.scene(q.vars))
	if span.Err == nil {
		return nil
	}
	return span.Err
}

// unheard tells whether it was the link to the host that failed a question, and not the site, and that it is back; its error,
// that it does not come back. A script outlives its link by itself.
func (t *turn) unheard(ctx context.Context, q question, err error) (back bool, gone error) {
	var wrong *probe.WrongAnswer
	if err == nil || q.Runner || q.Run != nil || errors.As(err, &wrong) || errors.Is(err, transport.ErrForwardingRefused) {
		return false, nil
	}
	return t.run.fleet.On(t.host.Name).Reach(ctx)
}
