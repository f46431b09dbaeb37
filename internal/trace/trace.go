// Package trace names a deployment's trace and the spans of it. Every name is made of what it is the name of, so that a step on a host
// can be told its span before anybody has sent one, and a later attempt knows the first one's.
//
// The package must not know how spans are sent, nor what happens in them.
package trace

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
)

// Variable is the variable by which a program is told its parent (W3C Trace Context, as OpenTelemetry has it in an environment).
const Variable = "TRACEPARENT"

// Trace is that of one attempt of a deployment: all attempts are one trace, each with a root of its own, and so are all shards of an
// attempt. The zero Trace is none.
type Trace struct {
	Deployment deploy.DeploymentID
	Attempt    int
	Reconcile  bool // what cleans up behind the attempt
	Shard      int  // of several jobs that make the deployment, the number of the one that prepares a part of the hosts; 0 is none
}

// Of is the trace of a deployment.
func Of(h deploy.Header) Trace {
	return Trace{Deployment: h.Deployment, Attempt: max(1, h.Attempt), Reconcile: h.Reconcile, Shard: h.Shard.Number}
}

// IsZero reports whether there is none.
func (t Trace) IsZero() bool { return t.Deployment == "" }

// ID is that of the trace: 32 hexadecimal digits.
func (t Trace) ID() string { return t.hash(16, "trace", string(t.Deployment)) }

// Root is the span of the whole attempt. It, as every span, is 16 hexadecimal digits.
func (t Trace) Root() string { return t.span("root") }

// Phase is the span of a phase.
func (t Trace) Phase(phase deploy.Phase) string { return t.span("phase", string(phase)) }

// Batch is the span of a batch of activate, counted from 1.
func (t Trace) Batch(number int) string { return t.span("batch", strconv.Itoa(number)) }

// Host is the span of a host that goes into service, or back.
func (t Trace) Host(phase deploy.Phase, host string) string {
	return t.span("host", string(phase), host)
}

// Step is the span of a step on a host.
func (t Trace) Step(phase deploy.Phase, host, step string) string {
	return t.span("step", string(phase), host, step)
}

// Part is the span of a part of a host's activation or unwinding. step is its name where the host may have several of the part.
func (t Trace) Part(phase deploy.Phase, host string, part deploy.Part, step string) string {
	if part != deploy.PartRestart { // there is one, and what it is called depends on how it ends
		step = ""
	}
	return t.span("part", string(phase), host, string(part), step)
}

// Again is a further span of the name that a span has.
func (t Trace) Again(span string, number int) string { return t.span(span, strconv.Itoa(number)) }

// Parent tells a program that it belongs to a span: the value of Variable.
func (t Trace) Parent(span string) string { return "00-" + t.ID() + "-" + span + "-01" }

func (t Trace) span(of ...string) string {
	attempt := []string{"span", string(t.Deployment), strconv.Itoa(t.Attempt), strconv.FormatBool(t.Reconcile)}
	if t.Shard > 0 {
		attempt = append(attempt, "shard", strconv.Itoa(t.Shard))
	}
	return t.hash(8, append(attempt, of...)...)
}

func (Trace) hash(bytes int, parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:bytes])
}
