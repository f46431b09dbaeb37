package report

import (
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/report/failure"
	"github.com/slipway/slipway/internal/report/layout"
	"github.com/slipway/slipway/internal/report/outcome"
	"github.com/slipway/slipway/internal/report/sanitize"
	"github.com/slipway/slipway/internal/report/shipped"
)

// Headline is the verdict on a deployment in one sentence, for places outside of the job: without secrets.
func Headline(options Options, res deploy.Result) string {
	res = safeResult(options, res)
	_, text := outcome.Heading(res, failure.Of(res, &failure.Tails{}))
	if res.Reconcile {
		text = outcome.State(res)
	}
	return layout.OneLine(text)
}

// ShippedComment is what one of the pull requests that a deployment shipped is told, in Markdown and without secrets.
func ShippedComment(options Options, res deploy.Result, pull int) string {
	return shipped.Comment(safeResult(options, res), pull)
}

func safeResult(options Options, res deploy.Result) deploy.Result {
	return sanitize.Sanitizer{Redactor: options.Redactor}.Event(deploy.Finished{Result: res}).(deploy.Finished).Result
}
