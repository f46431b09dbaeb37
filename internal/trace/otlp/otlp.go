// Package otlp sends a deployment as one trace, by OTLP over HTTP with JSON, once it is over.
//
// Terms: a span is something that took time (not a deploy.Span, of which each becomes one); the root is the span of the whole attempt. The package
// must not know how a deployment is carried out: it takes its result, as report does.
package otlp

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/slipway/slipway/internal/call"
	filled "github.com/slipway/slipway/internal/call/request"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/report/sanitize"
	"github.com/slipway/slipway/internal/secret"
)

// spansAtOnce is how many spans one request holds: some 300 kB, where receivers take a few MB.
const spansAtOnce = 500

// How long sending may take.
const (
	longest     = 10 * time.Second
	longestLate = 2 * time.Second // once the run is cancelled
)

// policy bounds one request, beside the time that all of them have together.
var policy = call.Policy{Timeout: 5 * time.Second, Retries: 3, Wait: 500 * time.Millisecond}

// Receiver is where traces go.
type Receiver struct {
	URL      string                   // the whole, with /v1/traces
	Headers  map[string]secret.Secret // by name
	Redactor *secret.Redactor         // nil: no secrets

	limit time.Duration // how long sending may take; 0 is longest
}

// Send sends the trace of a deployment. Spans have IDs of their own, so what may have arrived is sent again. An error names the receiver's
// host alone.
func (r Receiver) Send(run context.Context, res deploy.Result) error {
	finished, _ := sanitize.Sanitizer{Redactor: r.Redactor}.Event(deploy.Finished{Result: res}).(deploy.Finished)
	spans := spansOf(finished.Result)
	ctx, cancel := call.Bounded(run, cmp.Or(r.limit, longest), longestLate)
	defer cancel()
	for part := range slices.Chunk(spans, spansAtOnce) {
		if err := r.send(ctx, finished.Result, part); err != nil {
			return err
		}
	}
	return nil
}

// send sends some of the spans.
func (r Receiver) send(ctx context.Context, res deploy.Result, spans []span) error {
	about := attributes{}.text("service.name", "slipway").text("service.version", res.Version).text("deployment.environment.name", res.Environment)
	body, err := json.Marshal(request{[]resourceSpans{{
		Resource: resource{about}, ScopeSpans: []scopeSpans{{Scope: scope{"slipway", res.Version}, Spans: spans}},
	}}})
	if err != nil {
		return err
	}
	address, err := url.Parse(r.URL)
	if err != nil {
		return errors.New("its address is none")
	}
	header := http.Header{}
	for name, value := range r.Headers {
		header.Set(name, value.Reveal())
	}
	header.Set("Content-Type", "application/json")
	_, err = call.Send(ctx, filled.Filled{Method: http.MethodPost, URL: address, Header: header, Body: body, Idempotent: true}, policy, func(string) {})
	if err != nil {
		return fmt.Errorf("%s: %s", address.Host, r.Redactor.String(call.Plainly(err)))
	}
	return nil
}
