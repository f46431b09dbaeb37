package otlp

import (
	"cmp"
	"fmt"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/trace"
)

// mostSpans bounds a trace. What is beyond it is left out, and counted in the root.
const mostSpans = 10_000

// builder makes the spans of a result.
type builder struct {
	trace  trace.Trace
	res    deploy.Result
	spans  []span         // the root first
	used   map[string]int // how often an ID is asked for
	phases map[deploy.Phase]bool
	left   int // spans that are too many
}

// spansOf are the spans of a deployment, parents before their children: the whole, its phases, batches, hosts, and what was done on each.
func spansOf(res deploy.Result) []span {
	b := &builder{trace: trace.Of(res.Header), res: res, used: map[string]int{}, phases: map[deploy.Phase]bool{}}
	b.root()
	for _, p := range res.Phases {
		code := statusOK
		if !p.OK {
			code = statusError
		}
		b.add(b.trace.Phase(p.Phase), b.trace.Root(), string(p.Phase), p.Start, p.Duration, attributes{}.text("slipway.phase", string(p.Phase)), status{Code: code})
		b.phases[p.Phase] = true
	}
	b.batches()
	for _, s := range res.Steps {
		for _, done := range s.Spans {
			name := cmp.Or(done.Step, "connect")
			b.work(b.trace.Step(done.Phase, done.Host, done.Step), b.parent(done.Phase), name, done)
		}
	}
	for _, p := range res.Parts {
		b.host(p)
	}
	if b.left > 0 {
		b.spans[0].Attributes = attributes(b.spans[0].Attributes).number("slipway.spans_left_out", b.left)
	}
	return b.spans
}

// root is the span of the whole attempt. One that goes on from an earlier one names that.
func (b *builder) root() {
	res := b.res
	how := status{Code: statusOK}
	word := "succeeded"
	if res.ExitCode != deploy.ExitDone {
		how, word = status{statusError, deploy.Joined(": ", string(res.Outcome), string(res.Failed), res.Step)}, "failed"
	}
	name := deploy.Joined(" ", res.Command, cmp.Or(res.Environment, res.App))
	if res.Reconcile {
		name = "clean up " + name
	}
	about := attributes{}.
		text("deployment.id", string(res.Deployment)).text("deployment.name", res.App).text("deployment.status", word).
		text("deployment.environment.name", res.Environment).text("vcs.ref.head.revision", res.Revision).
		text("cicd.pipeline.run.id", res.RunID).text("cicd.pipeline.run.url.full", res.RunURL).
		text("slipway.command", res.Command).text("slipway.outcome", string(res.Outcome)).text("slipway.release", string(res.Release)).
		text("slipway.previous_release", string(res.Previous())).text("slipway.actor", res.Actor).text("slipway.shard", res.Shard.String()).
		number("slipway.exit_code", res.ExitCode).number("slipway.attempt", b.trace.Attempt)
	b.add(b.trace.Root(), "", name, res.Start, res.Duration, about, how)
	first := b.trace
	first.Attempt, first.Reconcile = 1, false
	if first != b.trace {
		b.spans[0].Links = []link{{TraceID: first.ID(), SpanID: first.Root()}}
	}
}

// parent is the span of a phase, or of the whole where that phase has none.
func (b *builder) parent(phase deploy.Phase) string {
	if b.phases[phase] {
		return b.trace.Phase(phase)
	}
	return b.trace.Root()
}

// batches are spans of their own where there are several.
func (b *builder) batches() {
	together := map[int][]deploy.Span{}
	last := 0
	for _, p := range b.res.Parts {
		together[p.Batch] = append(together[p.Batch], p.Spans...)
		last = max(last, p.Batch)
	}
	if last < 2 {
		return
	}
	for number := 1; number <= last; number++ {
		spans := ran(together[number])
		if len(spans) == 0 {
			continue
		}
		how := status{Code: statusOK}
		if len(deploy.FailedSpans(spans)) > 0 {
			how.Code = statusError
		}
		b.add(b.trace.Batch(number), b.parent(deploy.Activate), fmt.Sprintf("batch %d", number), first(spans), deploy.Elapsed(spans), attributes{}.number("slipway.batch", number), how)
	}
}

// host is a host that went into service, or back, with its parts.
func (b *builder) host(p deploy.HostDone) {
	spans := ran(p.Spans)
	if len(spans) == 0 {
		return
	}
	parent := b.parent(p.Phase)
	if p.Batch > 0 && b.used[b.trace.Batch(p.Batch)] > 0 {
		parent = b.trace.Batch(p.Batch)
	}
	how := status{Code: statusOK}
	if len(deploy.FailedSpans(spans)) > 0 {
		how.Code = statusError
	}
	about := attributes{}.text("host.name", p.Host).text("slipway.phase", string(p.Phase)).text("slipway.release", string(p.Release))
	id := b.add(b.trace.Host(p.Phase, p.Host), parent, p.Host, first(spans), deploy.Elapsed(spans), about, how)
	for _, done := range spans {
		b.work(b.trace.Part(p.Phase, p.Host, done.Part, done.Step), id, done.Step, done)
	}
}

// work is what was done on one host.
func (b *builder) work(id, parent, name string, done deploy.Span) {
	if len(ran([]deploy.Span{done})) == 0 {
		return
	}
	how := status{Code: statusOK}
	if done.Outcome != deploy.Succeeded {
		why := done.Status
		if done.Err != nil && done.Err.Cause != nil {
			why = done.Err.Cause.Error()
		}
		how = status{statusError, cut(why)}
	}
	about := attributes{}.text("host.name", done.Host).text("slipway.phase", string(done.Phase)).text("slipway.outcome", string(done.Outcome)).
		text("slipway.note", done.Note.String()).text("slipway.from", done.From)
	if done.Kept > 0 {
		about = about.number("slipway.kept_from_attempt", done.Kept)
	}
	if done.Joined > 0 {
		about = about.number("slipway.joined_from_attempt", done.Joined)
	}
	b.add(id, parent, name, done.Start, done.Duration, about, how)
}

// add adds a span, and gives its ID: one that was asked for before is followed by another.
func (b *builder) add(id, parent, name string, start time.Time, took time.Duration, about attributes, how status) string {
	if b.used[id]++; b.used[id] > 1 {
		id = b.trace.Again(id, b.used[id])
	}
	if len(b.spans) >= mostSpans {
		b.left++
		return id
	}
	b.spans = append(b.spans, span{
		TraceID: b.trace.ID(), SpanID: id, Parent: parent, Name: cut(name), Kind: kindInternal,
		Start: nanoseconds(start), End: nanoseconds(start.Add(max(took, 0))), Attributes: about, Status: how,
	})
	return id
}

// ran are the spans of what began at all.
func ran(spans []deploy.Span) (list []deploy.Span) {
	for _, s := range spans {
		if s.Outcome != deploy.NotRun && !s.Start.IsZero() {
			list = append(list, s)
		}
	}
	return list
}

// first is when the first of spans began.
func first(spans []deploy.Span) time.Time {
	start := spans[0].Start
	for _, s := range spans {
		if s.Start.Before(start) {
			start = s.Start
		}
	}
	return start
}
