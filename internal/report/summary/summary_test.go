package summary

import (
	"strings"
	"testing"

	"slipway/internal/deploy"
	"slipway/internal/report/failure"
)

func TestSummaryDropsTailsFirst(t *testing.T) {
	t.Parallel()
	res := deploy.Result{Header: deploy.Header{App: "shop"}, Outcome: deploy.OutcomeFailed}
	f := failure.Failure{Step: "One", Hosts: []string{"web1"}, Status: "exit 1", Tail: []string{strings.Repeat("x", Max)}}
	page := Page{Result: res, Failures: []failure.Failure{f}}.Markdown()
	if len(page) > Max || !strings.Contains(page, "### One failed on web1") || strings.Contains(page, "xxx") {
		t.Errorf("%d bytes: %.300s", len(page), page)
	}
}
