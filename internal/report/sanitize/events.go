package sanitize

import (
	"errors"
	"slices"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/report/layout"
)

// Event is an event whose texts are all safe to print. It is done once, at the door: what is cut to a width or compared
// further in is clean by then, and no half of a secret is left by a cut.
func (s Sanitizer) Event(event deploy.Event) deploy.Event { return events{s}.safe(event) }

// events make the texts of events safe, each in the way of its kind.
type events struct{ Sanitizer }

func (s events) safe(event deploy.Event) deploy.Event {
	switch e := event.(type) {
	case deploy.Started:
		e.Header = s.header(e.Header)
		return e
	case deploy.StepStarted:
		e.Step, e.Hosts = s.Own(e.Step), s.own(e.Hosts)
		return e
	case deploy.Output:
		e.Step, e.Host, e.Line = s.Own(e.Step), s.Own(e.Host), s.remote(e.Line)
		return e
	case deploy.Progress:
		e.Step, e.Host = s.Own(e.Step), s.Own(e.Host)
		return e
	case deploy.SpanDone:
		e.Span = s.span(e.Span)
		return e
	case deploy.StepDone:
		return s.step(e)
	case deploy.HostDone:
		return s.host(e)
	case deploy.Noted:
		e.Text, e.At.File = s.Own(e.Text), s.Own(e.At.File)
		return e
	case deploy.HostAway:
		e.Host = s.Own(e.Host)
		return e
	case deploy.HostBack:
		e.Host = s.Own(e.Host)
		return e
	case deploy.Finished:
		e.Result = s.result(e.Result)
		return e
	}
	return event
}

func (s events) header(h deploy.Header) deploy.Header {
	for _, text := range []*string{&h.Version, &h.Command, &h.App, &h.Environment, &h.URL, &h.Folder, &h.Revision, &h.Actor, &h.RunURL, &h.RunID, &h.WorkflowRevision, &h.Provenance.URL, &h.Provenance.Workflow, &h.Provenance.Branch, &h.Provenance.Event, &h.Provenance.Commit, &h.Override.Reason, &h.Override.Against, &h.Replaced.Commit} {
		*text = s.Own(*text)
	}
	h.Hosts, h.Others, h.LeftOut = s.own(h.Hosts), s.own(h.Others), s.own(h.LeftOut)
	return h
}

func (s events) failure(e *deploy.Error) *deploy.Error {
	if e == nil {
		return nil
	}
	c := *e
	for _, text := range []*string{&c.Op, &c.Host, &c.Step, &c.Check, &c.Hint, &c.At.File} {
		*text = s.Own(*text)
	}
	if c.Cause != nil {
		c.Cause = s.causes(c.Cause)
	}
	c.Own = slices.Clone(c.Own) // of which Cause holds pieces: as they stand there
	for i := range c.Own {
		c.Own[i] = s.Line(c.Own[i])
	}
	c.Tail, c.Log = s.tail(c.Tail), s.tail(c.Log)
	return &c
}

// causes are the lines of a cause, as many as are kept of a tail.
func (s events) causes(cause error) error {
	lines := deploy.CausesOf(errors.New(s.Redactor.String(cause.Error())))
	more := len(lines) - TailLines
	lines = slices.Clone(lines[:min(len(lines), TailLines)])
	for i := range lines {
		lines[i] = s.short(lines[i])
	}
	if more > 0 {
		lines = append(lines, layout.Plural(more, "more line"))
	}
	return lines
}

// note is a note that is safe to print. One in which something is hidden has no parts any more: a secret may lie across them.
func (s events) note(n deploy.Note) deploy.Note {
	whole := s.short(n.String())
	if whole != n.String() {
		return deploy.Note{Short: whole, Nothing: n.Nothing}
	}
	return n
}

func (s events) span(span deploy.Span) deploy.Span {
	for _, text := range []*string{&span.Host, &span.Step, &span.Status, &span.From} {
		*text = Shorten(s.Own(*text))
	}
	span.Note = s.note(span.Note)
	span.Err = s.failure(span.Err)
	return span
}

func (s events) spans(spans []deploy.Span) []deploy.Span {
	spans = slices.Clone(spans)
	for i := range spans {
		spans[i] = s.span(spans[i])
	}
	return spans
}

func (s events) step(e deploy.StepDone) deploy.StepDone {
	e.Step, e.Note, e.At.File = s.Own(e.Step), s.Own(e.Note), s.Own(e.At.File)
	e.Command = s.Own(layout.FirstLine(e.Command))
	e.Spans = s.spans(e.Spans)
	return e
}

func (s events) host(e deploy.HostDone) deploy.HostDone {
	e.Host, e.Foreign, e.Spans = s.Own(e.Host), s.short(e.Foreign), s.spans(e.Spans)
	return e
}

func (s events) result(res deploy.Result) deploy.Result {
	res.Header, res.Back, res.Shipped = s.header(res.Header), s.back(res.Back), s.Shipped(res.Shipped)
	res.Step, res.Warnings = s.Own(res.Step), s.own(res.Warnings)
	res.Next = deploy.Next{Text: s.Own(res.Next.Text), Command: s.Own(res.Next.Command)}
	res.Hosts = slices.Clone(res.Hosts)
	for i := range res.Hosts {
		h := &res.Hosts[i]
		h.Host, h.Foreign, h.Roles = s.Own(h.Host), s.short(h.Foreign), s.own(h.Roles)
	}
	res.Steps, res.Parts, res.Errors = slices.Clone(res.Steps), slices.Clone(res.Parts), slices.Clone(res.Errors)
	for i := range res.Steps {
		res.Steps[i] = s.step(res.Steps[i])
	}
	for i := range res.Parts {
		res.Parts[i] = s.host(res.Parts[i])
	}
	for i := range res.Errors {
		res.Errors[i] = s.failure(res.Errors[i])
	}
	return res
}
