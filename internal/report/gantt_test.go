package report

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"slipway/internal/deploy"
)

// The lines of Mermaid's gantt language that a chart may consist of (gantt.jison): nothing else, so that no name is read as
// a statement, a comment or a second field.
var (
	ganttHead    = []string{"gantt", "    dateFormat HH:mm:ss.SSS", "    axisFormat %M:%S"}
	ganttSection = regexp.MustCompile(`^    section [^:;,#%<>\n]+$`)
	ganttTask    = regexp.MustCompile(`^    ([^:;,#%<>\n]+) :(done|crit), (\d\d:\d\d:\d\d\.\d{3}), (\d\d:\d\d:\d\d\.\d{3})$`)
	ganttKeyword = regexp.MustCompile(`(?i)^\s*(gantt|dateFormat|axisFormat|tickInterval|inclusiveEndDates|topAxis|excludes|includes|todayMarker|weekday|weekend|title|section|click|href|call|acc)`)
)

func checkGantt(t testing.TB, chart string) (bars int) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(chart, "\n"), "\n")
	for i, want := range ganttHead {
		if lines[i] != want {
			t.Fatalf("line %d is %q, want %q", i, lines[i], want)
		}
	}
	if len(lines) < 5 || !ganttSection.MatchString(lines[3]) {
		t.Fatalf("no section first:\n%s", chart)
	}
	for _, line := range lines[3:] {
		if ganttSection.MatchString(line) && !strings.Contains(line, " :") {
			continue
		}
		task := ganttTask.FindStringSubmatch(line)
		if len(task) != 5 || ganttKeyword.MatchString(task[1]) || task[3] >= task[4] {
			t.Fatalf("no task: %q", line)
		}
		bars++
	}
	return bars
}

func TestGantt(t *testing.T) {
	t.Parallel()
	for _, s := range scenarios() {
		res := s.events[len(s.events)-1].(deploy.Finished).Result
		chart := gantt(res)
		if bars := checkGantt(t, chart); bars > maxBars {
			t.Errorf("%s: %d bars", s.name, bars)
		}
		if failed := strings.Contains(chart, ":crit"); failed != (res.Failed != "" && res.Outcome != deploy.OutcomeCancelled) {
			t.Errorf("%s: critical %v, failed in %q", s.name, failed, res.Failed)
		}
	}
	if gantt(deploy.Result{}) != "" {
		t.Error("a chart of nothing")
	}
}

func FuzzGantt(f *testing.F) {
	for _, seed := range []string{"click x", "title", "a:b,c;d#e%%f", "<b>", "\n    section x", "", "accTitle: x", "'click", "gantt", " - section"} {
		f.Add(seed, seed, int64(-5))
	}
	f.Fuzz(func(t *testing.T, host, step string, took int64) {
		sp := span(deploy.Prepare, step, host, time.Duration(took))
		sp.Start = began.Add(time.Duration(took) / 2)
		checkGantt(t, gantt(deploy.Result{Start: began, Steps: []deploy.StepDone{{Spans: []deploy.Span{sp}}}}))
	})
}
