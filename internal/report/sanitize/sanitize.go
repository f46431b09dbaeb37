// Package sanitize makes events safe to print: no secrets, nothing that acts on a terminal or a CI, nothing without a bound. It
// is done once, at the door of report; what is cut or compared further in is clean by then.
package sanitize

import (
	"errors"
	"slices"

	"slipway/internal/ci"
	"slipway/internal/deploy"
	"slipway/internal/report/layout"
	"slipway/internal/secret"
)

// Sanitizer takes secrets out of texts. The zero Sanitizer knows none.
type Sanitizer struct{ Redactor *secret.Redactor }

// Line makes a line printable. Secrets are looked for before cleaning, as the host printed them, and after it, as people would
// read them: colours inside a secret are gone by then.
func (s Sanitizer) Line(line string) string {
	return s.Redactor.String(ci.Clean(s.Redactor.String(line)))
}

// Own is Line for words of Slipway's own, and of the deploy file's: see secret.Redactor.Own.
func (s Sanitizer) Own(line string) string { return s.Redactor.Own(ci.Clean(line)) }

// Event is an event whose texts are all safe to print. It is done once, at the door: what is cut to a width or compared
// further in is clean by then, and no half of a secret is left by a cut.
func (s Sanitizer) Event(event deploy.Event) deploy.Event {
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

// short is Line with a bound, for what a host says.
func (s Sanitizer) short(text string) string { return Shorten(s.Line(text)) }

// remote is what is shown of a line that a host printed: what a terminal would show of it in the end.
func (s Sanitizer) remote(line string) string { return s.short(ci.Draw(s.Redactor.String(line))) }

func (s Sanitizer) own(texts []string) []string {
	texts = slices.Clone(texts)
	for i := range texts {
		texts[i] = s.Own(texts[i])
	}
	return texts
}

func (s Sanitizer) header(h deploy.Header) deploy.Header {
	for _, text := range []*string{&h.Version, &h.Command, &h.App, &h.Environment, &h.URL, &h.Revision, &h.Actor, &h.RunURL, &h.RunID, &h.WorkflowRevision} {
		*text = s.Own(*text)
	}
	h.Hosts = s.own(h.Hosts)
	return h
}

func (s Sanitizer) failure(e *deploy.Error) *deploy.Error {
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
func (s Sanitizer) causes(cause error) error {
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
func (s Sanitizer) note(n deploy.Note) deploy.Note {
	whole := s.short(n.String())
	if whole != n.String() {
		return deploy.Note{Short: whole, Nothing: n.Nothing}
	}
	return n
}

// tail are the last of the lines that a host printed one after the other, of which a secret may take several.
func (s Sanitizer) tail(lines []string) []string {
	var safe []string
	together := s.Redactor.Lines()
	for _, line := range lines {
		safe = append(safe, together.Add(line, false)...)
	}
	safe = append(safe, together.Flush()...)
	safe = slices.Clone(safe[max(0, len(safe)-TailLines):])
	for i := range safe {
		safe[i] = s.remote(safe[i])
	}
	return safe
}

func (s Sanitizer) span(span deploy.Span) deploy.Span {
	for _, text := range []*string{&span.Host, &span.Step, &span.Status, &span.From} {
		*text = Shorten(s.Own(*text))
	}
	span.Note = s.note(span.Note)
	span.Err = s.failure(span.Err)
	return span
}

func (s Sanitizer) spans(spans []deploy.Span) []deploy.Span {
	spans = slices.Clone(spans)
	for i := range spans {
		spans[i] = s.span(spans[i])
	}
	return spans
}

func (s Sanitizer) step(e deploy.StepDone) deploy.StepDone {
	e.Step, e.Note, e.At.File = s.Own(e.Step), s.Own(e.Note), s.Own(e.At.File)
	e.Command = s.Own(layout.FirstLine(e.Command))
	e.Spans = s.spans(e.Spans)
	return e
}

func (s Sanitizer) host(e deploy.HostDone) deploy.HostDone {
	e.Host, e.Foreign, e.Spans = s.Own(e.Host), s.short(e.Foreign), s.spans(e.Spans)
	return e
}

func (s Sanitizer) result(res deploy.Result) deploy.Result {
	res.Header = s.header(res.Header)
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
