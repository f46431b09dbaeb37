package sanitize

import (
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
)

// Preview is a preview whose texts are all safe to print. Of a diff every line is a line that a host or an artifact gave.
func (s Sanitizer) Preview(p deploy.Preview) deploy.Preview {
	p.Header, p.Back = events{s}.header(p.Header), s.back(p.Back)
	p.From, p.CopyOf, p.Copy = s.Line(p.From), s.Own(p.CopyOf), s.own(p.Copy)
	p.Upload, p.Fleet, p.Ahead, p.Warnings = s.own(p.Upload), s.own(p.Fleet), s.own(p.Ahead), s.own(p.Warnings)
	p.Told = s.own(p.Told)
	p.Live, p.Steps, p.Batches, p.Files = slices.Clone(p.Live), slices.Clone(p.Steps), slices.Clone(p.Batches), slices.Clone(p.Files)
	p.Deltas = slices.Clone(p.Deltas)
	for i := range p.Deltas {
		p.Deltas[i].Hosts = s.own(p.Deltas[i].Hosts)
	}
	for i := range p.Live {
		p.Live[i].Host, p.Live[i].Foreign = s.Own(p.Live[i].Host), s.Line(p.Live[i].Foreign)
	}
	for i := range p.Steps {
		step := &p.Steps[i]
		step.Name, step.Uses, step.Hosts, step.Receivers = s.Own(step.Name), s.Own(step.Uses), s.own(step.Hosts), s.own(step.Receivers)
		step.Outlook, step.Unknown = s.Line(step.Outlook), s.Line(step.Unknown)
	}
	for i := range p.Batches {
		p.Batches[i].Hosts = s.own(p.Batches[i].Hosts)
	}
	for i := range p.Files {
		files := &p.Files[i]
		files.Hosts, files.Unknown = s.own(files.Hosts), s.Line(files.Unknown)
		files.Added, files.Changed, files.Removed = s.lines(files.Added), s.lines(files.Changed), s.lines(files.Removed)
		files.Diffs = slices.Clone(files.Diffs)
		for j, diff := range files.Diffs {
			files.Diffs[j] = deploy.FileDiff{Path: s.Line(diff.Path), Text: s.text(diff.Text)}
		}
	}
	p.Secrets = slices.Clone(p.Secrets)
	for i := range p.Secrets {
		c := &p.Secrets[i]
		c.Hosts = s.own(c.Hosts)
		c.Changed, c.Unchanged, c.Removed, c.Unknown = s.lines(c.Changed), s.lines(c.Unchanged), s.lines(c.Removed), s.lines(c.Unknown)
	}
	var refusals deploy.Errors
	for _, err := range p.Refusals {
		refusals = append(refusals, events{s}.failure(err))
	}
	p.Refusals = refusals
	return p
}

// back holds what steps said of themselves, and what GitHub or hosts said instead of an answer.
func (s Sanitizer) back(b deploy.Back) deploy.Back {
	b.From, b.To, b.Commits.Unknown = s.Own(b.From), s.Own(b.To), s.short(b.Commits.Unknown)
	if whole := strings.Join(b.Applied.What, ", "); s.Line(whole) != whole { // a secret may lie across them
		b.Applied.What = []string{s.short(whole)}
	}
	b.Applied.Unknown = s.lines(b.Applied.Unknown)
	return b
}

func (s Sanitizer) lines(texts []string) []string {
	texts = slices.Clone(texts)
	for i := range texts {
		texts[i] = s.short(texts[i])
	}
	return texts
}

// text is several lines. A secret of several is looked for in the whole, before the lines are cleaned each for itself.
func (s Sanitizer) text(text string) string {
	lines := strings.Split(strings.TrimRight(s.Redactor.String(text), "\n"), "\n")
	return strings.Join(s.lines(lines), "\n")
}
