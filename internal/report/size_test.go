package report

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/ci/citest"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/report/sanitize"
)

// huge is a deployment that fails on 200 hosts, each in its own long words.
func huge(words int) []deploy.Event {
	var hosts []string
	for i := range 200 {
		hosts = append(hosts, fmt.Sprintf("web%03d", i))
	}
	s := newScript(hosts...).preflight().phase(deploy.Prepare)
	d := deploy.StepDone{Phase: deploy.Prepare, Step: "One"}
	for _, h := range hosts {
		bad := fails(span(deploy.Prepare, "One", h, time.Second), "exit 1", "exit 1", "")
		for i := range sanitize.TailLines {
			bad.Err.Tail = append(bad.Err.Tail, fmt.Sprintf("%s %d %s", strings.TrimPrefix(h, "web"), i, strings.Repeat("words ", words)))
		}
		d.Spans = append(d.Spans, bad)
	}
	return s.done(d).end(deploy.OutcomeFailed, 1, "")
}

// TestSizes: what CI would drop whole is made shorter, the least useful first.
func TestSizes(t *testing.T) {
	t.Parallel()
	for _, words := range []int{1, 300, 500} { // 500 make lines longer than what is shown of one
		j := newJob(t)
		play(t, j.options(), huge(words))
		page := j.file(t, "GITHUB_STEP_SUMMARY")
		if len(page) > ci.MaxSummary || !strings.Contains(page, "## ❌ Not deployed") || !strings.Contains(page, "All 200 hosts") {
			t.Errorf("%d words: a summary of %d bytes", words, len(page))
		}
		pairs, err := citest.ReadFile([]byte(j.file(t, "GITHUB_OUTPUT")))
		if err != nil {
			t.Fatal(err)
		}
		result := pairs[len(pairs)-1]
		var doc struct {
			ExitCode  int `json:"exit_code"`
			Truncated bool
		}
		if err := json.Unmarshal([]byte(result.Value), &doc); err != nil || doc.ExitCode != 1 || !doc.Truncated || len(result.Name+"="+result.Value) >= 64<<10 {
			t.Errorf("%d words: a result of %d bytes, %+v, %v", words, len(result.Value), doc, err)
		}
		if n := strings.Count(j.out.String(), "--- web"); n != 8 {
			t.Errorf("%d failures in the log", n)
		}
	}
}
