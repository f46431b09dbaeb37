package summary

import (
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/report/failure"
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

// What was done from the runner has a row of its own, a failure that fails nothing a sign of its own.
func TestRowOfTheRunner(t *testing.T) {
	t.Parallel()
	res := deploy.Result{Header: deploy.Header{App: "shop"}, Outcome: deploy.OutcomeActivated, Hosts: []deploy.HostResult{{Host: "web1", Outcome: deploy.HostActivated}}}
	purge := deploy.Span{Host: deploy.RunnerName, Phase: deploy.Finish, Step: "Purge CDN", Outcome: deploy.Succeeded}
	for want, change := range map[string]func(*deploy.Span){
		"| _from the runner_ | ✅": func(*deploy.Span) {},
		"| _from the runner_ | ⚠️ Purge CDN: 500 Internal Server Error": func(s *deploy.Span) {
			s.Outcome, s.Status, s.Excused = deploy.Failed, "500 Internal Server Error", true
		},
		"| _from the runner_ | ❌ Purge CDN: 500 Internal Server Error": func(s *deploy.Span) { s.Outcome, s.Status = deploy.Failed, "500 Internal Server Error" },
	} {
		span := purge
		change(&span)
		res.Steps = []deploy.StepDone{{Phase: deploy.Finish, Step: "Purge CDN", Spans: []deploy.Span{span}}}
		if page := (Page{Result: res}).Markdown(); !strings.Contains(page, want) {
			t.Errorf("wanted %q in\n%s", want, page)
		}
	}
	res.Steps = nil
	if page := (Page{Result: res}).Markdown(); strings.Contains(page, "from the runner") {
		t.Errorf("nothing was done from the runner:\n%s", page)
	}
}

// What was sent, and why it was no more, is a row of the facts.
func TestUpload(t *testing.T) {
	t.Parallel()
	for want, all := range map[string]deploy.Traffic{
		"":             {Reused: 5},
		"sent 5.00 MB": {Sent: 5_000_000},
		"sent 12.0 kB, reused 38.2 MB, patched 1 file":   {Sent: 12_000, Reused: 38_200_000, Patched: 1},
		"sent 12.0 kB, reused 38.2 MB, patched 78 files": {Sent: 12_000, Reused: 38_200_000, Patched: 78},
	} {
		if got := upload(all); got != want {
			t.Errorf("%+v is %q, wanted %q", all, got, want)
		}
	}
}
