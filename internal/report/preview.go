package report

import (
	"errors"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/report/layout"
	"github.com/slipway/slipway/internal/report/markdown"
	"github.com/slipway/slipway/internal/report/outputs"
	"github.com/slipway/slipway/internal/report/preview"
)

// Preview reports what a deployment would do: the log, the summary and the output `changes`.
func Preview(options Options, view deploy.Preview, exitCode int) error {
	r := newReporter(options, time.Now, nil)
	view = r.clean.Preview(view)
	for _, files := range view.Files {
		if files.Count() == 0 {
			continue
		}
		r.options.Log.Group("files on " + layout.Named(files.Hosts, " "))
		for _, line := range preview.FileLines(files) {
			r.options.Log.Remote(line)
		}
		r.options.Log.EndGroup()
	}
	for _, line := range preview.Lines(view) {
		r.log.Say(line)
	}
	var err error
	if files := r.options.Files; files != nil {
		err = errors.Join(outputs.WritePlanned(files, view.Changes(), exitCode), files.AppendSummary(preview.Markdown(view)))
	}
	return errors.Join(err, r.Close())
}

// PreviewJSON is a preview as one JSON document, without secrets.
func PreviewJSON(options Options, view deploy.Preview) ([]byte, error) {
	r := newReporter(options, time.Now, nil)
	text, err := preview.JSON(r.clean.Preview(view))
	return text, errors.Join(err, r.Close())
}

// PreviewComment is a preview as a comment on a pull request, of at most so many bytes, without secrets.
func PreviewComment(options Options, view deploy.Preview, most int) (string, error) {
	r := newReporter(options, time.Now, nil)
	source := markdown.Link("the run's page", options.Run.URL) + "\n"
	return preview.Page(r.clean.Preview(view), most-len(source)) + source, r.Close()
}
