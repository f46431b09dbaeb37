package summary

import (
	"fmt"
	"slices"
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

// In the log, the hosts that are unlike the rest are a bounded number of rows, and no more are called alike than are.
func TestLinesOfManyHosts(t *testing.T) {
	t.Parallel()
	for failed, want := range map[int]string{
		0:  "    and 50 hosts like each other",
		3:  "    and 47 hosts like each other",
		30: "    and 10 hosts more that are unlike the rest\n    and 20 hosts like each other",
		50: "    and 30 hosts more that are unlike the rest",
	} {
		res := deploy.Result{Outcome: deploy.OutcomeFailed}
		for i := range 50 {
			h := deploy.HostResult{Host: fmt.Sprintf("web%02d", i), Outcome: deploy.HostUnchanged}
			if i < failed {
				h.Outcome = deploy.HostFailed
			}
			res.Hosts = append(res.Hosts, h)
			res.Steps = append(res.Steps, deploy.StepDone{Spans: []deploy.Span{{Host: h.Host, Phase: deploy.Prepare, Step: "Install", Outcome: deploy.Succeeded}}})
		}
		lines := Page{Result: res}.Lines()
		rows := slices.DeleteFunc(slices.Clone(lines), func(line string) bool { return !strings.HasPrefix(line, "    web") })
		if got := strings.Join(lines, "\n"); !strings.HasSuffix(got, want) || strings.Count(got, "    and ") != strings.Count(want, "    and ") || len(rows) != min(failed, maxRows) {
			t.Errorf("%d failed, %d rows:\n%s", failed, len(rows), got)
		}
	}
}
