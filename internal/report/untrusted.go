package report

import (
	"errors"
	"slices"

	"slipway/internal/deploy"
)

// cleaned is an event whose texts are all safe to print. It is done once, at the door: what is cut to a width or compared
// further in is clean by then, and no half of a secret is left by a cut.
func (r *Reporter) cleaned(event deploy.Event) deploy.Event {
	switch e := event.(type) {
	case deploy.Started:
		e.Header = r.cleanHeader(e.Header)
		return e
	case deploy.StepStarted:
		e.Step, e.Hosts = r.safe(e.Step), r.cleanAll(e.Hosts)
		return e
	case deploy.Output:
		e.Step, e.Host, e.Line = r.safe(e.Step), r.safe(e.Host), r.safe(e.Line)
		return e
	case deploy.Progress:
		e.Step, e.Host = r.safe(e.Step), r.safe(e.Host)
		return e
	case deploy.SpanDone:
		e.Span = r.cleanSpan(e.Span)
		return e
	case deploy.StepDone:
		return r.cleanStep(e)
	case deploy.HostDone:
		return r.cleanHost(e)
	case deploy.Noted:
		e.Text, e.At.File = r.safe(e.Text), r.safe(e.At.File)
		return e
	case deploy.Finished:
		e.Result = r.cleanResult(e.Result)
		return e
	}
	return event
}

func (r *Reporter) cleanAll(texts []string) []string {
	texts = slices.Clone(texts)
	for i := range texts {
		texts[i] = r.safe(texts[i])
	}
	return texts
}

func (r *Reporter) cleanHeader(h deploy.Header) deploy.Header {
	for _, text := range []*string{&h.Version, &h.Command, &h.App, &h.Environment, &h.URL, &h.Revision, &h.Actor, &h.RunURL, &h.RunID} {
		*text = r.safe(*text)
	}
	h.Hosts = r.cleanAll(h.Hosts)
	return h
}

func (r *Reporter) cleanError(e *deploy.Error) *deploy.Error {
	if e == nil {
		return nil
	}
	c := *e
	for _, text := range []*string{&c.Op, &c.Host, &c.Step, &c.Hint, &c.At.File} {
		*text = r.safe(*text)
	}
	if c.Cause != nil {
		c.Cause = errors.New(r.safe(c.Cause.Error()))
	}
	c.Tail = r.cleanAll(c.Tail[max(0, len(c.Tail)-tailLines):])
	for i := range c.Tail {
		c.Tail[i] = shorten(c.Tail[i])
	}
	return &c
}

func (r *Reporter) cleanSpan(s deploy.Span) deploy.Span {
	s.Host, s.Step, s.Status, s.From, s.Note = r.safe(s.Host), r.safe(s.Step), r.safe(s.Status), r.safe(s.From), r.safe(s.Note)
	s.Err = r.cleanError(s.Err)
	return s
}

func (r *Reporter) cleanSpans(spans []deploy.Span) []deploy.Span {
	spans = slices.Clone(spans)
	for i := range spans {
		spans[i] = r.cleanSpan(spans[i])
	}
	return spans
}

func (r *Reporter) cleanStep(e deploy.StepDone) deploy.StepDone {
	e.Step, e.Note, e.At.File = r.safe(e.Step), r.safe(e.Note), r.safe(e.At.File)
	e.Command = r.safe(firstLine(e.Command))
	e.Spans = r.cleanSpans(e.Spans)
	return e
}

func (r *Reporter) cleanHost(e deploy.HostDone) deploy.HostDone {
	e.Host, e.Spans = r.safe(e.Host), r.cleanSpans(e.Spans)
	return e
}

func (r *Reporter) cleanResult(res deploy.Result) deploy.Result {
	res.Header = r.cleanHeader(res.Header)
	res.Step, res.Next, res.Warnings = r.safe(res.Step), r.safe(res.Next), r.cleanAll(res.Warnings)
	res.Hosts = slices.Clone(res.Hosts)
	for i := range res.Hosts {
		res.Hosts[i].Host, res.Hosts[i].Roles = r.safe(res.Hosts[i].Host), r.cleanAll(res.Hosts[i].Roles)
	}
	res.Steps, res.Parts, res.Errors = slices.Clone(res.Steps), slices.Clone(res.Parts), slices.Clone(res.Errors)
	for i := range res.Steps {
		res.Steps[i] = r.cleanStep(res.Steps[i])
	}
	for i := range res.Parts {
		res.Parts[i] = r.cleanHost(res.Parts[i])
	}
	for i := range res.Errors {
		res.Errors[i] = r.cleanError(res.Errors[i])
	}
	return res
}
