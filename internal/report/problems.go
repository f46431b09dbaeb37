package report

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/report/layout"
	"github.com/slipway/slipway/internal/report/markdown"
	"github.com/slipway/slipway/internal/report/outputs"
	"github.com/slipway/slipway/internal/report/summary"
)

// Problems reports mistakes in what a person wrote, found before any host was contacted: a line and an annotation for
// each, a summary, and the outputs of a run that ended with exit 2. Its error says which of the CI's files could not be
// written.
func Problems(options Options, problems deploy.Problems) error {
	r := newReporter(options, time.Now, nil)
	problems = r.safe(problems)
	head := problemsHead(problems)
	var list []ci.Annotation
	for _, p := range problems {
		for _, line := range problemLines(p) {
			r.log.Say(line)
		}
		list = append(list, ci.Annotation{Level: deploy.LevelError, At: p.At, Message: strings.TrimSpace(p.Message + "\n" + p.Hint)})
	}
	r.options.Log.Annotate(list...)
	r.log.Say("", "FAILED (exit 2): "+head+". Nothing was changed on any host.")
	return errors.Join(r.writeProblems(problems, head), r.Close())
}

// ProblemsComment says on a pull request why a run could not plan, in at most so many bytes.
func ProblemsComment(options Options, problems deploy.Problems, most int) (string, error) {
	r := newReporter(options, time.Now, nil)
	problems = r.safe(problems)
	source := "\n" + markdown.Link("the run's page", options.Run.URL) + "\n"
	title := "Plan: none, as the last run found " + problemsHead(problems)
	return problemsPage(title, "What an earlier run planned stood here.", problems, most-len(source)) + source, r.Close()
}

// safe are problems whose texts are safe to print. The message may quote what people wrote. Where it is and what to do are our own
// words: a user called deploy leaves `deploy_path` what it is.
func (r *Reporter) safe(problems deploy.Problems) deploy.Problems {
	problems = slices.Clone(problems)
	for i, p := range problems {
		problems[i].Message, problems[i].Hint = r.clean.Line(p.Message), r.clean.Own(p.Hint)
		problems[i].At.File = r.clean.Own(p.At.File)
	}
	return problems
}

// problemsHead counts: "3 mistakes in slipway.yml", "refused by 3 rules in slipway.yml".
func problemsHead(problems deploy.Problems) string {
	var files []string
	for _, p := range problems {
		if p.At.File != "" && !slices.Contains(files, p.At.File) {
			files = append(files, p.At.File)
		}
	}
	text := layout.Plural(len(problems), "mistake")
	if !slices.ContainsFunc(problems, func(p deploy.Problem) bool { return !p.Rule }) {
		text = "refused by " + layout.Plural(len(problems), "rule")
	}
	switch {
	case len(files) == 0:
	case len(files) <= 3:
		text += " in " + strings.Join(files, ", ")
	default:
		text += fmt.Sprintf(" in %d places", len(files))
	}
	return text
}

// problemLines are where, what, and what to do.
func problemLines(p deploy.Problem) []string {
	text := p.Message
	if !p.At.IsZero() {
		text = p.At.String() + ": " + text
	}
	lines := layout.Wrap(layout.OneLine(text), 4)
	if p.Hint != "" {
		lines = append(lines, layout.Labelled("hint", layout.OneLine(p.Hint))...)
	}
	return lines
}

func (r *Reporter) writeProblems(problems deploy.Problems, head string) error {
	files := r.options.Files
	if files == nil {
		return nil
	}
	page := problemsPage("Not deployed: "+head, "Nothing was changed on any host.", problems, summary.Max)
	return errors.Join(outputs.WriteRefused(files), files.AppendSummary(page))
}

// problemsPage lists mistakes below a title and a sentence, as many as fit.
func problemsPage(title, sentence string, problems deploy.Problems, most int) string {
	const more = "- and more, see the log\n"
	page := "## ❌ " + markdown.Plain(title) + "\n\n" + sentence + "\n\n"
	for _, p := range problems {
		line := "- "
		if !p.At.IsZero() {
			line += markdown.Code(p.At.String()) + " "
		}
		line += markdown.Words(layout.OneLine(p.Message))
		if p.Hint != "" {
			line += "  \n  " + markdown.Words(layout.OneLine(p.Hint))
		}
		if len(page)+len(line)+len("\n"+more) > most {
			return page + more
		}
		page += line + "\n"
	}
	return page
}
