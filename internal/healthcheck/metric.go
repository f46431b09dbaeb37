package healthcheck

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/metric"
	"github.com/slipway/slipway/internal/probe"
	"github.com/slipway/slipway/internal/transport"
)

// metricKind makes a request and judges a value in its answer.
type metricKind struct {
	httpKind
	seen *seen
}

// seen is what the answers had so far.
type seen struct {
	value  bool           // one had a value
	absent *metric.Absent // why the last had none, which passed
}

func metricOf(c Check) metricKind { return metricKind{httpKind{c}, &seen{}} }

// reading is what one try found.
type reading struct {
	value string // "" where there is none
	// err is why the value does not hold: a *metric.Beyond says that it is not as it must be, anything else that nobody knows.
	err error
	// shown is the answer in one line, where it is what was wrong.
	shown string
}

// ask asks once. No value at all will do where the check says so.
func (k metricKind) ask(ctx context.Context, h *Host, left time.Duration) error {
	return k.read(ctx, h, left).failure()
}

func (k metricKind) read(ctx context.Context, h *Host, left time.Duration) reading {
	answer, err := origin(k.Check, h).Whole(ctx, *k.HTTP, left)
	if err != nil {
		return reading{err: err}
	}
	value, err := metric.Judge(*k.Metric, answer.Body)
	var absent *metric.Absent
	if errors.As(err, &absent) && k.Metric.MissingPasses {
		k.seen.absent = absent
		return reading{}
	}
	k.seen.value = k.seen.value || value != ""
	return reading{value: value, err: err, shown: k.line(h, answer.Status, string(answer.Body[:min(len(answer.Body), probe.BodyLine)]))}
}

// failure is err with what is shown of it.
func (r reading) failure() error {
	if r.err == nil || r.shown == "" {
		return r.err
	}
	return &wrongValue{error: r.err, shown: r.shown}
}

// wrongValue is an answer that came, and whose value does not hold.
type wrongValue struct {
	error
	shown string
}

func (e *wrongValue) Unwrap() error { return e.error }

func (k metricKind) explain(h *Host, how string, err error) *explanation {
	var wrong *wrongValue
	switch {
	case errors.Is(err, probe.ErrLong):
		return &explanation{cause: fmt.Errorf("%s, %w", how, err), hint: "ask for one value: a query's aggregate, and no range"}
	case !errors.As(err, &wrong):
		return k.refused(h, how, err)
	}
	e := &explanation{cause: fmt.Errorf("%s, %w", how, wrong.error), shown: wrong.shown}
	var beyond *metric.Beyond
	var absent *metric.Absent
	switch {
	case errors.As(err, &beyond):
		e.cause = fmt.Errorf("%s, %w", how, &metric.Beyond{Value: beginning(h, beyond.Value), Wanted: beyond.Wanted})
		e.hint, e.fault = "what its graph shows of the time before the switch counts, too: see docs/metrics.md", deploy.FaultContent
		if beyond.NoNumber {
			e.hint = "that is no number: is `json` the right place of the answer?"
		}
	case errors.As(err, &absent):
		e.hint = "does `json` fit the answer that is shown? A query that finds no series has no value: end it in `or vector(0)`, raise `within` until there is one, or say `missing: pass`"
	default:
		e.hint = "does the address lead to the API, and `json` to a number? A page to log in at is no JSON"
	}
	return e
}

// refused explains an answer without a value by its status. Which release it is of says nothing here.
func (k metricKind) refused(h *Host, how string, err error) *explanation {
	e := k.httpKind.explain(h, how, err)
	var wrong *probe.WrongAnswer
	if !errors.As(err, &wrong) {
		return e
	}
	e.fault = ""
	switch wrong.Status {
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		e.hint = "the query is refused: try it on the server's own page, and write it as `params: {query: ...}`, which encodes it"
	case http.StatusUnauthorized, http.StatusForbidden:
		e.hint = "give what it wants to see in `headers`, which may name a secret"
	}
	return e
}

// excused reports whether a failure says that nobody answered, and no value will do: it is asked at a bad time. What is answered to
// a wrong question is a mistake, and never excused.
func (k metricKind) excused(err error) bool {
	var wrong *probe.WrongAnswer
	switch {
	case !k.Metric.MissingPasses, errors.As(err, new(*wrongValue)), probe.Untrusted(err), errors.Is(err, probe.ErrNotTLS), errors.Is(err, probe.ErrLong),
		errors.Is(err, transport.ErrForwardingRefused):
		return false
	case errors.As(err, &wrong):
		return wrong.Status >= http.StatusInternalServerError || wrong.Status == http.StatusTooManyRequests || wrong.Status == http.StatusRequestTimeout
	}
	return true
}

// warnAbsent says that a metric passed which never had a value: where its path is wrong it always will.
func (k metricKind) warnAbsent(h *Host) {
	if k.seen.value || k.seen.absent == nil || h.Warn == nil {
		return
	}
	h.Warn(fmt.Sprintf("%s: there was no value at any time, and `missing: pass` lets that pass: is `json` the right place of the answer? (%s)", k.Name, beginning(h, k.seen.absent.Why)))
}

// warnUnseen says that a metric passed of which nobody knows anything.
func (k metricKind) warnUnseen(h *Host, err error) {
	if h.Warn != nil {
		h.Warn(fmt.Sprintf("%s: nobody answered, and `missing: pass` lets that pass: nobody knows whether it holds (%s)", k.Name, beginning(h, err.Error())))
	}
}
